import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { presetNames, readPreset } from './presets.ts'

const PAGE = readFileSync(new URL('../../../../docs/history.md', import.meta.url), 'utf8')

it('docs/history.md lists every preset with what it is there for', () => {
  for (const name of presetNames()) {
    const { purpose, recorded } = readPreset(name)
    expect(PAGE).toMatch(
      new RegExp(`^\\| \`${name}\` \\| .*\\| ${literally(purpose)} \\| ${literally(recorded ?? '')}`, 'm'),
    )
  }
})

function literally(text: string): string {
  return text.replace(/[()|.+*?>]/g, '\\$&')
}
