import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

it('the adapter of the examples gives events that are divided and encoded', () => {
  const file = fileURLToPath(new URL('./own-adapter.ts', import.meta.url))
  const said = execFileSync(process.execPath, [file], { encoding: 'utf8' })
  expect(said).toMatch(/^900 events, inputs hour, country\ntrain \d+, validation \d+, test \d+\n/)
})

it('a budget holds on groups whose benign events are like the others, and breaks on the group whose are not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-transfer-'))
  try {
    // Sizes of threats are above 50, of benign events below; but all events of the site s4 are above 50.
    const rows = Array.from({ length: 1500 }, (_, i) => {
      const [site, isThreat] = [`s${i % 5}`, i % 3 === 0]
      return `${site},${isThreat || site === 's4' ? 51 + (i % 49) : i % 49},${isThreat ? 'attack' : 'normal'}`
    })
    writeFileSync(join(folder, 'events.csv'), ['site,size,kind', ...rows].join('\n'))
    writeFileSync(
      join(folder, 'events.yaml'),
      'files: { all: [events.csv] }\nlabel: { column: kind, benign: [normal] }\n',
    )
    const file = fileURLToPath(new URL('./budget-transfer.ts', import.meta.url))
    const said = execFileSync(process.execPath, [file, join(folder, 'events.yaml'), 'site'], { encoding: 'utf8' })
    const rates = said.match(/budget 0\.10 %: false positives [\d.]+ %/g)?.map((line) => line.split(' ')[5])
    expect(rates?.toSorted()).toEqual(['0.00', '0.00', '0.00', '0.00', '100.00'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
