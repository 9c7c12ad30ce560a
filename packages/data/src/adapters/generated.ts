import { type ColumnPlan, type EventReading, featureError, knownDataset, type RawColumn } from '@vigil/features'
import { randomStream, randomUnit } from '@vigil/random'
import type { Division } from '../dataset.ts'
import { dataError } from '../errors.ts'

const MINIMUM_ROWS = 1_000

/** Generated events hold their inputs as they are, past included, and the number of their stream. */
export const GENERATED_READING: EventReading = {
  ...{ missing: [''], time: null, stream: ['stream'], keys: {}, where: null, labels: [] },
}

type GeneratedName = 'synthetic' | 'quickest' | 'campaign'

/**
 * How many events to generate.
 *
 * @throws {VigilError} REQUEST_INVALID, ROWS_TOO_MANY
 */
export function requireRows(
  name: GeneratedName,
  request: { readonly path: string | null; readonly rows: number | null },
) {
  if (request.path !== null) {
    throw dataError(
      'REQUEST_INVALID',
      `path: ${name} data are generated and need none, received ${request.path}. Choose the dataset that the path holds.`,
    )
  }
  const { rows, rowsMax } = knownDataset(name).generated!
  const rowCount = request.rows ?? rows
  if (Number.isSafeInteger(rowCount) && rowCount >= MINIMUM_ROWS && rowCount <= rowsMax) return rowCount
  throw dataError(
    rowCount > rowsMax ? 'ROWS_TOO_MANY' : 'REQUEST_INVALID',
    `rows: needs an integer from ${MINIMUM_ROWS} to ${rowsMax}, received ${request.rows}. Choose e.g. ${rows}.`,
  )
}

/**
 * Generated streams resemble each other, so each is drawn into a part by itself, 60 / 15 / 25. Balanced parts, as by-stream
 * makes them, would differ in what kinds of streams they hold, and with it in what the best policy gets.
 *
 * @param streams [N] number of each row's stream
 */
export function drawnDivision(streams: Uint32Array, seed: number): Division {
  const random = randomStream(seed, 'split')
  const drawn = new Map<number, number>()
  const parts = Uint8Array.from(streams, (stream) => {
    let part = drawn.get(stream)
    if (part === undefined) {
      const unit = randomUnit(random, stream)
      part = unit < 0.6 ? 0 : unit < 0.75 ? 1 : 2
      drawn.set(stream, part)
    }
    return part
  })
  return { kind: 'given', parts, validation: 0, seed }
}

/** @throws {VigilError} PIPELINE_MISMATCH where there is no such column: the names come from a pipeline that was saved */
export function requireColumn(dataset: GeneratedName, name: string, column: RawColumn | null): RawColumn {
  if (column !== null) return column
  throw featureError(
    'PIPELINE_MISMATCH',
    `Feature pipeline: needs columns of ${dataset} data, received '${name}', which they have not. Use the pipeline that was saved with the run.`,
  )
}

export const quantile = (source: string): ColumnPlan => ({
  name: source,
  source,
  encoder: { kind: 'quantile', knots: 33 },
})
export const standard = (source: string): ColumnPlan => ({ name: source, source, encoder: { kind: 'standard' } })
export const token = (source: string): ColumnPlan => ({
  name: source,
  source,
  encoder: { kind: 'vocabulary', size: 63, minimumRows: 5 },
})
export const count = (source: string, cap: number): ColumnPlan => ({
  name: `${source}_count`,
  source,
  encoder: { kind: 'count', cap },
})
