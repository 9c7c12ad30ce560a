import type { RawColumn } from '@vigil/features'
import type { Columns, Condition } from './condition.ts'

/** A column of the examples, ready to be searched: by position of the example. */
type SortedColumn =
  | { readonly name: string; readonly kind: 'number'; readonly values: Float64Array; readonly order: Uint32Array }
  | {
      readonly name: string
      readonly kind: 'token'
      readonly codes: Int32Array
      readonly dictionary: readonly string[]
    }

export type SortedColumns = readonly SortedColumn[]

/** What the team does on each example, and what the list decides so far. */
export type Tallied = { readonly actions: Uint8Array; readonly decided: Uint8Array }

/** A condition, and the action behind it, with what they mend. */
type Found = { readonly condition: Condition; readonly action: number; readonly gain: number }

const ACTIONS = 4

/** Columns by example; of numbers also the examples that have one, in ascending order. */
export function sortColumns(columns: Columns, rows: Uint32Array): SortedColumns {
  return Array.from(columns, ([name, column]: [string, RawColumn]): SortedColumn => {
    if (column.kind === 'token') {
      const codes = Int32Array.from(rows, (row) => column.codes[row])
      return { name, kind: 'token', codes, dictionary: column.dictionary }
    }
    const values = Float64Array.from(rows, (row) => column.values[row])
    const order = Uint32Array.from(values.keys())
      .filter((i) => !Number.isNaN(values[i]))
      .sort((a, b) => values[a] - values[b] || a - b)
    return { name, kind: 'number', values, order }
  })
}

/** Whether a condition holds of an example. */
export function conditionHolds(sorted: SortedColumns, condition: Condition): (example: number) => boolean {
  const column = sorted.find(({ name }) => name === condition.column) as SortedColumn
  if (column.kind === 'number') {
    const { values } = column
    if (condition.operator === 'missing') return (i) => Number.isNaN(values[i])
    const bound = condition.value as number
    return condition.operator === '>' ? (i) => values[i] > bound : (i) => values[i] <= bound
  }
  const { codes, dictionary } = column
  if (condition.operator === 'missing') return (i) => codes[i] < 0
  const code = dictionary.indexOf(condition.value as string)
  return (i) => codes[i] === code
}

/**
 * The condition, and the action behind it, that mend most of the covered examples: those on which the team takes the action and the
 * list does not, less those on which the list is right and would not be any more. Of equal ones the first found.
 *
 * @param within only these examples; and only this action, where one is given
 * @returns null where no condition mends anything
 */
export function bestCondition(
  sorted: SortedColumns,
  { actions, decided }: Tallied,
  { covered, action }: { readonly covered: Uint8Array; readonly action: number | null },
): Found | null {
  const wanted = action === null ? [...Array(ACTIONS).keys()] : [action]
  let best: Found | null = null
  const offer = (tally: Int32Array, condition: () => Condition) => {
    for (const own of wanted) {
      const gain = gainOf(tally, own)
      if (gain > (best?.gain ?? 0)) best = { condition: condition(), action: own, gain }
    }
  }
  /** Counts an example where it belongs: wrong by the team's action, right by it. */
  const count = (tally: Int32Array, i: number, offset = 0) => {
    if (covered[i] === 1) tally[offset + actions[i] + (actions[i] === decided[i] ? ACTIONS : 0)]++
  }
  for (const column of sorted) {
    if (column.kind === 'number') offerBounds(column, count, offer)
    else offerTokens(column, count, offer)
  }
  return best
}

type Count = (tally: Int32Array, example: number, offset?: number) => void
type Offer = (tally: Int32Array, condition: () => Condition) => void

function offerBounds(column: SortedColumn & { readonly kind: 'number' }, count: Count, offer: Offer): void {
  const { name, values, order } = column
  const present = new Int32Array(2 * ACTIONS)
  for (const i of order) count(present, i)
  const missing = new Int32Array(2 * ACTIONS)
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) count(missing, i)
  offer(missing, () => ({ column: name, operator: 'missing' }))
  const below = new Int32Array(2 * ACTIONS)
  const above = new Int32Array(2 * ACTIONS)
  for (let place = 0; place + 1 < order.length; place++) {
    count(below, order[place])
    const [low, high] = [values[order[place]], values[order[place + 1]]]
    // Infinity is no number of JSON; the next bound above parts what is less.
    if (low === high || low === Number.NEGATIVE_INFINITY) continue
    for (let slot = 0; slot < below.length; slot++) above[slot] = present[slot] - below[slot]
    offer(below, () => ({ column: name, operator: '<=', value: shortestBetween(low, high) }))
    offer(above, () => ({ column: name, operator: '>', value: shortestBetween(low, high) }))
  }
}

function offerTokens(column: SortedColumn & { readonly kind: 'token' }, count: Count, offer: Offer): void {
  const { name, codes, dictionary } = column
  const width = 2 * ACTIONS
  const tallies = new Int32Array(width * (dictionary.length + 1))
  for (let i = 0; i < codes.length; i++) count(tallies, i, width * (codes[i] < 0 ? dictionary.length : codes[i]))
  for (let code = 0; code <= dictionary.length; code++) {
    const tally = tallies.subarray(width * code, width * (code + 1))
    const isMissing = code === dictionary.length
    offer(tally, () =>
      isMissing ? { column: name, operator: 'missing' } : { column: name, operator: 'is', value: dictionary[code] },
    )
  }
}

/** Examples that would be mended, less those that would be broken. @param tally wrong by the team's action, then right by it */
function gainOf(tally: Int32Array, action: number): number {
  let broken = 0
  for (let other = 0; other < ACTIONS; other++) if (other !== action) broken += tally[ACTIONS + other]
  return tally[action] - broken
}

/** The number of the fewest digits near the middle that parts two others: at least the first, which is finite, below the second. */
export function shortestBetween(low: number, high: number): number {
  const middle = low / 2 + high / 2
  for (let digits = 1; digits <= 17; digits++) {
    const value = Number(middle.toPrecision(digits))
    if (value >= low && value < high) return value
  }
  return low
}
