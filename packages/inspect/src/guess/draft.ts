import { basename } from 'node:path'
import { formatMeasure } from '@vigil/command-line'
import { PRESETS, type PresetName, type Table } from '@vigil/data'
import { type ColumnFacts, factsOf } from '../column-facts.ts'
import { inspectError } from '../errors.ts'
import { sampleRows } from '../sample.ts'
import { guessLabel, type LabelGuess, labelOf } from './label.ts'
import type { RawTable } from './raw-table.ts'
import { guessClass, guessPreset, guessStream, guessTime, type PresetKeys, reasonToIgnore } from './roles.ts'

/** Where a draft puts a column, and why. */
export type Placed = {
  readonly name: string
  readonly place: 'categorical' | 'numeric' | 'ignore' | 'leaky'
  readonly why: string
}

/** What a description of raw data would say. */
export type Draft = {
  readonly raw: RawTable
  readonly preset: PresetName
  readonly label: LabelGuess | null
  readonly class: string | null
  readonly time: string | null
  readonly stream: string | null
  readonly split: { readonly by: 'files' | 'temporal' | 'by-stream' | 'stratified'; readonly why: string }
  /** Files of each kind where their names tell. */
  readonly files: { readonly train: readonly string[]; readonly test: readonly string[] } | null
  readonly columns: readonly Placed[]
}

/**
 * Guesses what data mean.
 *
 * @param label name of the label's column; null = guess
 * @throws {VigilError} LABEL_UNKNOWN
 */
export function draftOf(raw: RawTable, label: string | null): Draft {
  const { table } = raw
  const sample = sampleRows(table.rowCount, () => true)
  const facts = [...table.columns.values()].map((read) => factsOf(read, sample.rows))
  const guess = label === null ? guessLabel(facts) : givenLabel(facts, label)
  const names = new Set(table.columns.keys())
  const preset = guessPreset(names)
  const keys = PRESETS[preset] as PresetKeys
  const rest = facts.filter(({ name }) => name !== guess?.column)
  const time = keys.time?.column ?? guessTime(table.columns, rest)
  const stream = keys.stream === undefined ? guessStream(rest.filter(({ name }) => name !== time)) : null
  const className =
    guess === null
      ? null
      : guess.values === null
        ? guess.column
        : guess.hasClasses
          ? null
          : guessClass(rest, guess.column)
  const files = filesByName(raw.paths)
  const roles = new Set([guess?.column, className, time, stream, ...(keys.stream ?? [])])
  return {
    raw,
    preset,
    label: guess,
    class: keys.class === undefined ? className : null,
    time: keys.time === undefined ? time : null,
    stream,
    split: splitOf(table, { label: guess, time, stream, files }),
    files,
    columns: facts.filter(({ name }) => !roles.has(name)).map((one) => placeOf(one, table)),
  }
}

function givenLabel(facts: readonly ColumnFacts[], name: string): LabelGuess {
  const found = facts.find((one) => one.name === name)
  const guess = found === undefined ? null : labelOf(found)
  if (guess !== null) return guess
  throw inspectError(
    'LABEL_UNKNOWN',
    found === undefined
      ? `--label needs a column of the data, received "${name}". There are ${facts.map((one) => one.name).join(', ')}.`
      : `--label needs a column of 2 to 255 values, received "${name}", which has ${found.distinct}. Give another column, or write label: { expression } into the description.`,
  )
}

function placeOf(facts: ColumnFacts, table: Table): Placed {
  const { name, kind, distinct, min, max } = facts
  const reason = reasonToIgnore(facts, table.columns.get(name))
  if (reason !== null) return { name, place: 'ignore', why: reason }
  if (kind === 'number')
    return { name, place: 'numeric', why: `${distinct} values from ${formatMeasure(min)} to ${formatMeasure(max)}` }
  return { name, place: 'categorical', why: `${distinct} texts` }
}

/** Train and test files where each file's name says which it is. */
function filesByName(paths: readonly string[]): Draft['files'] {
  const train = paths.filter((path) => /train/i.test(basename(path)))
  const test = paths.filter((path) => /test(?!bed)/i.test(basename(path)))
  const isEach = train.length > 0 && test.length > 0 && train.length + test.length === paths.length
  return isEach && !train.some((path) => test.includes(path)) ? { train, test } : null
}

/** Fewer threats or streams cannot be divided. */
const [PART_THREATS_MIN, STREAMS_MIN] = [10, 20]

/** By files, else by time where each part has rows of both labels, else by streams where there are enough, else stratified. */
function splitOf(
  table: Table,
  {
    label,
    time,
    stream,
    files,
  }: Pick<Draft, 'label' | 'files'> & { readonly time: string | null; readonly stream: string | null },
): Draft['split'] {
  if (files !== null) return { by: 'files', why: 'the names of the files say which is which' }
  const threats = label === null ? null : threatsOf(table, label)
  const times = time === null ? undefined : table.columns.get(time)?.column
  if (threats !== null && times?.kind === 'number' && isDivisibleByTime(times.values, threats)) {
    return { by: 'temporal', why: 'train on the past, test on what came later; each part has threats' }
  }
  const streams = stream === null ? undefined : table.columns.get(stream)?.column
  if (threats !== null && streams?.kind === 'token') {
    const threatened = new Set(streams.codes.filter((code, row) => code >= 0 && threats[row] === 1))
    if (streams.dictionary.length >= STREAMS_MIN && threatened.size >= STREAMS_MIN / 2) {
      return { by: 'by-stream', why: 'no entity is in train and test' }
    }
  }
  return { by: 'stratified', why: 'neither time nor streams divide the threats' }
}

/** [N] 1 = threat, as a label says. */
function threatsOf(table: Table, { column: name, values }: LabelGuess): Uint8Array {
  const column = table.columns.get(name)?.column
  const texts = new Set(values?.texts ?? [])
  return Uint8Array.from({ length: table.rowCount }, (_, row) => {
    const value = column?.kind === 'number' ? column.values[row] : (column?.codes[row] ?? -1)
    const text = column?.kind === 'number' ? String(value) : (column?.dictionary[value] ?? '')
    const isMissing = Number.isNaN(value) || value === -1
    if (values === null) return isMissing ? 0 : 1
    return !isMissing && texts.has(text) === (values.key === 'threat') ? 1 : 0
  })
}

/** 70 / 15 / 15 of the rows in the order of time. */
function isDivisibleByTime(times: Float64Array, threats: Uint8Array): boolean {
  const order = Uint32Array.from(times.keys()).sort((a, b) => times[a] - times[b] || a - b)
  const counts = [0, 0, 0]
  for (const [rank, row] of order.entries()) {
    const share = rank / order.length
    counts[share < 0.7 ? 0 : share < 0.85 ? 1 : 2] += threats[row]
  }
  return counts.every((count) => count >= PART_THREATS_MIN)
}
