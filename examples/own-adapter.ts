/**
 * Events of your own: an adapter turns them into labels, streams and raw columns; @vigil/data divides and encodes them.
 *
 *   node examples/own-adapter.ts
 *
 * To train on them with `learner:train --dataset=NAME`, move the adapter into packages/data/src/adapters and put its name
 * into the list of adapters (packages/data/src/load-dataset.ts) and of the setting `dataset`.
 */
import { type Adapter, loadEvents } from '@vigil/data'
import type { RawColumn } from '@vigil/features'

/** A login. Here they are made up; a real adapter reads them from `path` in `open`. */
type Login = { readonly user: number; readonly hour: number; readonly country: string; readonly stolen: boolean }

function madeUpLogins(count: number): Login[] {
  return Array.from({ length: count }, (_, i) => {
    const stolen = i % 9 === 0
    return { user: i % 40, hour: stolen ? i % 6 : 8 + (i % 10), country: stolen ? 'far' : 'home', stolen }
  })
}

const logins: Adapter = {
  name: 'logins',
  async open({ rows }) {
    const events = madeUpLogins(rows ?? 1000)
    const countries = [...new Set(events.map(({ country }) => country))]
    const columns: Record<string, RawColumn> = {
      hour: { kind: 'number', values: Float64Array.from(events, ({ hour }) => hour) },
      country: {
        kind: 'token',
        codes: Int32Array.from(events, ({ country }) => countries.indexOf(country)),
        dictionary: countries,
      },
    }
    return {
      rowCount: events.length,
      labels: Uint8Array.from(events, ({ stolen }) => Number(stolen)),
      classes: Uint8Array.from(events, ({ stolen }) => Number(stolen)),
      classNames: ['benign', 'stolen account'],
      streams: Uint32Array.from(events, ({ user }) => user), // one per user
      timeRank: Uint32Array.from(events, (_, row) => row), // already in time order
      times: null,
      posterior: null,
      division: null, // as the request says
      notes: [],
      // The inputs, and how each is encoded. What is known only after the decision must not be among them.
      // Columns of each user's past would be folds: docs/features.md, History.
      history: () => null,
      plan: () => [
        { name: 'hour', source: 'hour', encoder: { kind: 'quantile', knots: 17 } },
        { name: 'country', source: 'country', encoder: { kind: 'vocabulary', size: 63, minimumRows: 5 } },
      ],
      column: async (name) => columns[name],
      close: () => undefined,
    }
  },
}

const request = { path: null, features: 'behaviour', split: 'by-stream', splitSeed: 42, seed: 1, rows: 900 } as const
const { dataset, pipeline } = await loadEvents(logins, request)
const { train, validation, test } = dataset.splits
console.log(`${dataset.rowCount} events, inputs ${pipeline.columns.map(({ name }) => name).join(', ')}`)
console.log(`train ${train.rows.length}, validation ${validation.rows.length}, test ${test.rows.length}`)
