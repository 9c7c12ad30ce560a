import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('the adapter of the examples gives events that are divided and encoded', () => {
  const file = fileURLToPath(new URL('./own-adapter.ts', import.meta.url))
  const said = execFileSync(process.execPath, [file], { encoding: 'utf8' })
  expect(said).toMatch(/^900 events, inputs hour, country\ntrain \d+, validation \d+, test \d+\n/)
})
