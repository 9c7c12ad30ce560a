import type { RawColumn } from '@vigil/features'
import { QUICKEST, type QuickestEvents, SYMBOL_RATIOS } from './generate.ts'

/** Symbols are told apart by name alone. */
const SYMBOLS = QUICKEST.benign.map((_, symbol) => `s${symbol}`)

/** The latest events whose symbols are inputs of `history`, the present one first. */
export const LOOKBACK = [0, 1, 2, 3, 4, 5, 6, 7]

/** Shares, in percent, of an average that stay from one event to the next. */
const AVERAGES = [80, 93, 98]

/** Names of the averages: of each symbol at each rate. */
export const averageNames = AVERAGES.flatMap((kept) => SYMBOLS.map((symbol) => `average_${kept}_${symbol}`))

/**
 * One raw column. All look only at the event and those before it in the same stream.
 *
 * @param name evidence (log-likelihood ratio of the symbol), symbol_K (K events before), average_KEPT_SYMBOL (exponential
 *   average of how often the symbol came), log_age (ln(1 + events before))
 * @returns null when there is no such column
 */
export function quickestColumn(events: QuickestEvents, name: string): RawColumn | null {
  if (name === 'evidence') return { kind: 'number', values: numbers(events, (row) => Math.log(ratioAt(events, row))) }
  if (name === 'log_age') return { kind: 'number', values: numbers(events, (_, age) => Math.log1p(age)) }
  const [, steps] = /^symbol_([0-7])$/.exec(name) ?? []
  if (steps !== undefined) return symbolBefore(events, Number(steps))
  if (!averageNames.includes(name)) return null
  const [, kept, symbol] = name.split('_')
  return averageOf(events, SYMBOLS.indexOf(symbol), Number(kept) / 100)
}

function ratioAt({ symbols }: QuickestEvents, row: number): number {
  return SYMBOL_RATIOS[symbols[row]]
}

/** One number per row, from the row and the events of its stream before it. */
function numbers({ rowCount, streams }: QuickestEvents, valueAt: (row: number, age: number) => number): Float64Array {
  const values = new Float64Array(rowCount)
  for (let row = 0, age = 0; row < rowCount; row++) {
    age = row > 0 && streams[row] === streams[row - 1] ? age + 1 : 0
    values[row] = valueAt(row, age)
  }
  return values
}

/** Symbol of the stream `steps` events before, missing where it had not begun. */
function symbolBefore({ rowCount, streams, symbols }: QuickestEvents, steps: number): RawColumn {
  const codes = new Int32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    codes[row] = row >= steps && streams[row - steps] === streams[row] ? symbols[row - steps] : -1
  }
  return { kind: 'token', codes, dictionary: SYMBOLS }
}

function averageOf(events: QuickestEvents, symbol: number, kept: number): RawColumn {
  let average = 0
  const values = numbers(events, (row, age) => {
    average = (age === 0 ? 0 : kept * average) + (events.symbols[row] === symbol ? 1 - kept : 0)
    return average
  })
  return { kind: 'number', values }
}
