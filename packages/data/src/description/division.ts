import type { Division } from '../dataset.ts'
import { dataError } from '../errors.ts'
import type { Table } from '../reading/table-builder.ts'
import { tokensOf } from './labels.ts'
import type { Description } from './schema.ts'

const [TRAIN, VALIDATION, TEST, NONE] = [0, 1, 2, 3]

/**
 * How a description divides its events.
 *
 * @param testFrom first row of the test files; the row count where there are none
 * @throws {VigilError} SPLIT_EMPTY
 */
export function divisionOf(table: Table, { files, split }: Description, testFrom: number): Division {
  if (files.test !== undefined) {
    const parts = new Uint8Array(table.rowCount).fill(TEST, testFrom)
    const validation =
      split !== undefined && 'validation' in split && typeof split.validation === 'number' ? split.validation : 0.15
    return { kind: 'given', parts, validation, seed: split?.seed ?? 42 }
  }
  if (split === undefined) return { kind: 'stratified', seed: 42 }
  if ('by' in split) {
    if (split.by === 'files') throw new TypeError('split by files without test files')
    return { kind: split.by, seed: split.seed }
  }
  const { codes, dictionary } = tokensOf(table, split.column)
  const values = {
    train: split.train.map(String),
    validation: split.validation?.map(String) ?? [],
    test: split.test.map(String),
  }
  const partOf = dictionary.map((text) =>
    values.train.includes(text)
      ? TRAIN
      : values.validation.includes(text)
        ? VALIDATION
        : values.test.includes(text)
          ? TEST
          : NONE,
  )
  for (const [name, listed] of Object.entries(values)) {
    const absent = listed.find((value) => !dictionary.includes(value))
    if (absent === undefined) continue
    throw dataError(
      'SPLIT_EMPTY',
      `Description, "split.${name}": needs values of the column '${split.column}', received '${absent}', which is none. The column holds ${dictionary.slice(0, 8).join(', ')}${dictionary.length > 8 ? ', ...' : ''}.`,
    )
  }
  const parts = Uint8Array.from(codes, (code) => (code < 0 ? NONE : partOf[code]))
  return { kind: 'given', parts, validation: values.validation.length > 0 ? 0 : 0.15, seed: split.seed }
}
