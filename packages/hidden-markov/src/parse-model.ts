import { z } from 'zod'
import { hiddenMarkovError } from './errors.ts'
import { type StreamModel, symbolCountOf } from './model.ts'

const COLUMNS_MAX = 65_535
const CLASSES_MAX = 127
const MODES_MAX = 64
const VALUES_MAX = 4_000_000

const column = z.int().min(0).max(COLUMNS_MAX)
const probabilities = z.array(z.number().min(0).max(1)).max(VALUES_MAX)
const schema = z.strictObject({
  denseCount: column,
  categoricalCount: column,
  kindColumn: column.nullable(),
  symbols: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('number'), column, thresholds: z.array(z.number()).max(255) }),
        z.strictObject({
          kind: z.literal('category'),
          column,
          symbolCount: z
            .int()
            .min(1)
            .max(COLUMNS_MAX + 1),
        }),
      ]),
    )
    .min(1)
    .max(COLUMNS_MAX),
  classCount: z.int().min(1).max(CLASSES_MAX),
  modeCount: z.int().min(1).max(MODES_MAX),
  hazard: z.number().gt(0).lt(1),
  begins: probabilities,
  phases: probabilities,
  kindOf: z
    .array(z.int().min(0))
    .min(1)
    .max(COLUMNS_MAX + 1),
  kinds: z
    .array(
      z.strictObject({
        starts: probabilities,
        returns: probabilities,
        moves: probabilities,
        tables: z.array(probabilities),
      }),
    )
    .min(1)
    .max(COLUMNS_MAX + 1),
})

/** Sums of probabilities may be off by rounding. */
const TOLERANCE = 1e-6

/**
 * Checks a model that was read from JSON: its tables have the sizes that they must, every row is a distribution, no event is
 * impossible, and it reads only columns that are there.
 *
 * @throws {VigilError} STREAM_MODEL_INVALID
 */
export function parseStreamModel(value: unknown): StreamModel {
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues
    throw invalid(`must have the fields of a model, but ${path.join('.')}: ${message}`)
  }
  const model = parsed.data
  const { denseCount, categoricalCount, kindColumn, symbols, classCount: K, modeCount: U, kindOf, kinds } = model
  const P = 2 * K + 1
  const isKnown = symbols.every(({ kind, column }) => column < (kind === 'number' ? denseCount : categoricalCount))
  if (!isKnown || (kindColumn !== null && kindColumn >= categoricalCount))
    throw invalid('must read columns of its inputs')
  if (!kindOf.every((place) => place < kinds.length)) throw invalid('must name kinds that it has')
  const tables: [string, readonly number[], number, number][] = [
    ['begins', model.begins, 1, P],
    ['phases', model.phases, P, P],
  ]
  for (const [i, kind] of kinds.entries()) {
    tables.push([`kinds.${i}.starts`, kind.starts, 1, U], [`kinds.${i}.returns`, kind.returns, 1, U])
    tables.push([`kinds.${i}.moves`, kind.moves, U, U])
    if (kind.tables.length !== symbols.length)
      throw invalid(`must have a table of each input, but kinds.${i}.tables has not`)
    for (const [c, table] of kind.tables.entries()) {
      tables.push([`kinds.${i}.tables.${c}`, table, U + K, symbolCountOf(symbols[c])])
      if (table.includes(0)) throw invalid(`must hold every symbol for possible, but kinds.${i}.tables.${c} does not`)
    }
  }
  for (const [name, values, rows, columns] of tables) {
    if (!areDistributions(values, rows, columns)) {
      throw invalid(`must hold ${rows} rows of ${columns} probabilities that sum to 1, but ${name} does not`)
    }
  }
  return model
}

function areDistributions(values: readonly number[], rows: number, columns: number): boolean {
  if (values.length !== rows * columns) return false
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let i = 0; i < columns; i++) sum += values[row * columns + i]
    if (Math.abs(sum - 1) > TOLERANCE) return false
  }
  return true
}

function invalid(requirement: string) {
  return hiddenMarkovError('STREAM_MODEL_INVALID', `The hidden Markov model ${requirement}.`)
}
