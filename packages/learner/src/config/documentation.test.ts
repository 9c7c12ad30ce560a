import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configKeys, resolveConfig } from './config.ts'
import { presetNames, readPreset } from './presets.ts'

const PAGE = readFileSync(new URL('../../../../docs/training.md', import.meta.url), 'utf8')
const SETTINGS = PAGE.slice(PAGE.indexOf('## Settings'), PAGE.indexOf('## Presets'))
const ROWS = new Map(
  [...SETTINGS.matchAll(/^\| `([\w.]+)`(?: \*)? \| (.+?) \|/gm)].map(([, name, value]) => [
    name,
    value.replace(/`/g, ''),
  ]),
)

describe('docs/training.md', () => {
  it('lists every setting, and no other', () => {
    expect([...ROWS.keys()].sort()).toEqual([...configKeys()].sort())
  })

  it('lists every preset with what it is there for', () => {
    for (const name of presetNames()) {
      const { purpose, recorded } = readPreset(name)
      expect(PAGE).toMatch(
        new RegExp(`^\\| \`${name}\` \\| .*\\| ${literally(purpose)} \\| ${literally(recorded ?? '')}`, 'm'),
      )
    }
  })

  it('says the defaults as they are', () => {
    const config = resolveConfig({}, 'test') as unknown as Record<string, unknown>
    for (const [name, said] of ROWS) {
      const [outer, inner] = name.split('.')
      const value = inner === undefined ? config[outer] : (config[outer] as Record<string, unknown>)[inner]
      if (said === 'auto' || value === null || String(value) === '') continue // the table says what stands in for it
      expect(said, name).toBe(String(value))
    }
  })
})

function literally(text: string): string {
  return text.replace(/[()|.+*?>]/g, '\\$&')
}
