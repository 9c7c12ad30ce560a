import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomStream, randomUnit } from '@vigil/random'

export type Cell = string | number | null
export type Row = Readonly<Record<string, Cell>>

/** A number in [0, 1) of a row, the same every time. */
export function drawn(row: number, lane: number): number {
  return randomUnit(randomStream(7, 'generatedEvent'), row, lane)
}

/** Flows without a leak: a fifth are threats, which are larger and more often udp, but not all. */
export function honestFlows(count: number): Row[] {
  return Array.from({ length: count }, (_, row) => {
    const isThreat = drawn(row, 0) < 0.2
    const size = drawn(row, 1) + (isThreat ? 0.25 : 0)
    return {
      host: `h${Math.floor(drawn(row, 2) * 40)}`,
      proto: drawn(row, 3) < (isThreat ? 0.6 : 0.4) ? 'udp' : 'tcp',
      bytes: Math.floor(size * 1e6),
      duration: drawn(row, 4) < 0.1 ? null : Math.round(drawn(row, 5) * 1e4) / 100,
      label: isThreat ? 'attack' : 'normal',
    }
  })
}

/** Whether a row of honestFlows is a threat. */
export function isThreat({ label }: Row): boolean {
  return label === 'attack'
}

/** Rows as CSV; null is an empty cell. */
export function csvOf(rows: readonly Row[], separator = ','): string {
  const names = Object.keys(rows[0])
  const lines = rows.map((row) => names.map((name) => row[name] ?? '').join(separator))
  return `${[names.join(separator), ...lines].join('\n')}\n`
}

/** A folder of files that is removed after the test. */
export function temporaryFolder(): Disposable & {
  readonly path: string
  put(name: string, content: string | Uint8Array): string
} {
  const path = mkdtempSync(join(tmpdir(), 'vigil-inspect-'))
  return {
    path,
    put(name, content) {
      writeFileSync(join(path, name), content)
      return join(path, name)
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  }
}
