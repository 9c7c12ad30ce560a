/** `npx nx g @vigil/data:adapter NAME`: an adapter for events of one's own that makes some up, and a test that passes. */
import { relative } from 'node:path'

const DATA = 'packages/data/src'

/**
 * @param {{ exists(path: string): boolean, write(path: string, content: string): void }} tree the files of the repository
 * @param {{ name: string, directory: string }} options
 */
export default function adapter(tree, { name, directory }) {
  const variable = name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase())
  const files = { [`${directory}/${name}.ts`]: adapterFile, [`${directory}/${name}.test.ts`]: testFile }
  for (const path of Object.keys(files)) if (tree.exists(path)) throw new Error(`${path} is there already.`)
  const data = relative(directory, DATA)
  const from = data.startsWith('.') ? data : `./${data}`
  for (const [path, content] of Object.entries(files)) tree.write(path, content({ name, variable, from }))
}

const adapterFile = ({ name, variable, from }) => `import type { RawColumn } from '@vigil/features'
import type { Adapter } from '${from}/adapters/adapter.ts'

/** Columns of the events, made up until \`open\` reads them from its \`path\`. */
function readEvents(rowCount: number) {
  const rows = Array.from({ length: rowCount }, (_, row) => row)
  const isThreat = (row: number) => row % 9 === 0
  const columns: Readonly<Record<string, RawColumn>> = {
    size: { kind: 'number', values: Float64Array.from(rows, (row) => (isThreat(row) ? 4000 + row : 100 + (row % 50))) },
    proto: { kind: 'token', codes: Int32Array.from(rows, (row) => row % 2), dictionary: ['tcp', 'udp'] },
  }
  return { rows, isThreat, columns }
}

export const ${variable}: Adapter = {
  name: '${name}',
  async open({ rows: rowCount }) {
    const { rows, isThreat, columns } = readEvents(rowCount ?? 1000)
    return {
      rowCount: rows.length,
      labels: Uint8Array.from(rows, (row) => Number(isThreat(row))),
      classes: Uint8Array.from(rows, (row) => Number(isThreat(row))),
      classNames: ['benign', 'threat'],
      streams: Uint32Array.from(rows, (row) => row % 40),
      timeRank: Uint32Array.from(rows),
      ...{ times: null, posterior: null, division: null, notes: [] },
      history: () => null,
      // What is known only after the decision must not be among the inputs.
      plan: () => [
        { name: 'size', source: 'size', encoder: { kind: 'quantile', knots: 17 } },
        { name: 'proto', source: 'proto', encoder: { kind: 'vocabulary', size: 63, minimumRows: 5 } },
      ],
      column: async (name) => columns[name],
      close: () => undefined,
    }
  },
}
`

const testFile = ({ name, variable, from }) => `import { expect, it } from 'vitest'
import { loadEvents } from '${from}/load-dataset.ts'
import { ${variable} } from './${name}.ts'

it('events of ${name} have labels, streams and inputs', async () => {
  const request = { path: null, features: 'behaviour', split: 'by-stream', splitSeed: 42, seed: 1, rows: 900 } as const
  const { dataset, pipeline } = await loadEvents(${variable}, request)
  expect(dataset.rowCount).toBe(900)
  expect(dataset.labels.reduce((sum, label) => sum + label, 0)).toBe(100)
  expect(pipeline.columns.map((column) => column.name)).toEqual(['size', 'proto'])
  const parts = Object.values(dataset.splits).map(({ rows }) => rows.length)
  expect(parts.reduce((sum, rows) => sum + rows, 0)).toBe(900)
  expect(dataset.dense.every(Number.isFinite)).toBe(true)
})
`
