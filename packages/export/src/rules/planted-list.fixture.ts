/** Events in memory, and a list of rules that nobody has learnt. */
import type { Columns, DecisionList } from './condition.ts'
import type { Examples } from './fit-decision-list.ts'

export const ROWS = 3000

/** Three columns of drawn cells, some of which are missing, and one that says nothing. */
export function drawnColumns(): Columns {
  const drawn = (salt: number, row: number) => {
    const x = Math.sin(row * 78.233 + salt * 12.9898) * 43758.5453
    return x - Math.floor(x)
  }
  const rows = Array.from({ length: ROWS }, (_, row) => row)
  const numbers = (salt: number, scale: number) =>
    Float64Array.from(rows, (row) => (drawn(salt + 50, row) < 0.05 ? Number.NaN : Math.floor(drawn(salt, row) * scale)))
  const dictionary = ['tcp', 'udp', 'ic*mp', 'a\\b?']
  const codes = Int32Array.from(rows, (row) => Math.floor(drawn(3, row) * 5) - 1)
  return new Map([
    ['bytes', { kind: 'number' as const, values: numbers(1, 10_000) }],
    ['port', { kind: 'number' as const, values: numbers(2, 100) }],
    ['proto', { kind: 'token' as const, codes, dictionary }],
    ['noise', { kind: 'number' as const, values: numbers(4, 1000) }],
  ])
}

/** What a person might write. */
export const PLANTED: DecisionList = {
  lines: [
    {
      conditions: [
        { column: 'proto', operator: 'is', value: 'ic*mp' },
        { column: 'bytes', operator: '>', value: 4000 },
      ],
      action: 1,
    },
    { conditions: [{ column: 'proto', operator: 'missing' }], action: 1 },
    { conditions: [{ column: 'port', operator: '<=', value: 20 }], action: 3 },
  ],
  otherwise: 0,
}

/** What the planted list does, written out. */
export function plantedAction(columns: Columns, row: number): number {
  const [bytes, port, proto] = ['bytes', 'port', 'proto'].map((name) => columns.get(name)!)
  if (bytes.kind !== 'number' || port.kind !== 'number' || proto.kind !== 'token') throw new Error('other columns')
  if (proto.codes[row] === 2 && bytes.values[row] > 4000) return 1
  if (proto.codes[row] === -1) return 1
  return port.values[row] <= 20 ? 3 : 0
}

/** Rows from one on, with a team that does as planted. */
export function plantedExamples(columns: Columns, from: number, to: number): Examples {
  const rows = Uint32Array.from({ length: to - from }, (_, i) => from + i)
  return { columns, rows, actions: Uint8Array.from(rows, (row) => plantedAction(columns, row)) }
}
