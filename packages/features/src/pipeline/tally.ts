/** The different numbers of a column's rows, and how many rows have each. */
export type Tally = {
  /** Ascending; 0 and -0 are one number, 0. */
  readonly values: Float64Array
  /** [values + 1] rows below each value: the rows of value i are of the ranks starts[i] .. starts[i + 1] - 1. */
  readonly starts: Float64Array
}

/** Up to so many different numbers are counted one by one, which is ten times faster than sorting. */
const DISTINCT_MAX = 1 << 17

/** @param rows those that count; of these the ones without a number, NaN, do not */
export function tallyOf(values: Float64Array, rows: Uint32Array): Tally {
  return countDistinct(values, rows) ?? countSorted(values, rows)
}

/** By a hash table; null = there are too many different numbers. */
function countDistinct(values: Float64Array, rows: Uint32Array): Tally | null {
  const most = Math.min(DISTINCT_MAX, rows.length)
  const places = new Int32Array(2 ** Math.ceil(Math.log2(2 * most + 2))) // index + 1 of a number; 0 = free
  const mask = places.length - 1
  const distinct = new Float64Array(most)
  const counts = new Float64Array(most)
  const number = new Float64Array(1)
  const halves = new Int32Array(number.buffer)
  let size = 0
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]] + 0
    if (Number.isNaN(value)) continue
    number[0] = value
    const hash = Math.imul(halves[0] ^ Math.imul(halves[1], 0x9e3779b1), 0x85ebca6b)
    let place = (hash ^ (hash >>> 15)) & mask
    while (places[place] !== 0 && distinct[places[place] - 1] !== value) place = (place + 1) & mask
    if (places[place] === 0) {
      if (size === most) return null
      distinct[size] = value
      places[place] = ++size
    }
    counts[places[place] - 1]++
  }
  const order = Uint32Array.from({ length: size }, (_, index) => index).sort((a, b) => distinct[a] - distinct[b])
  return tally(
    Float64Array.from(order, (index) => distinct[index]),
    Float64Array.from(order, (index) => counts[index]),
  )
}

function countSorted(values: Float64Array, rows: Uint32Array): Tally {
  const picked = new Float64Array(rows.length)
  let count = 0
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]] + 0
    if (!Number.isNaN(value)) picked[count++] = value
  }
  const sorted = picked.subarray(0, count).sort()
  const counts = new Float64Array(count)
  let size = 0
  for (let i = 0; i < count; i++) {
    if (size === 0 || sorted[i] !== sorted[size - 1]) sorted[size++] = sorted[i]
    counts[size - 1]++
  }
  return tally(sorted.slice(0, size), counts.subarray(0, size))
}

function tally(values: Float64Array, counts: Float64Array): Tally {
  const starts = new Float64Array(values.length + 1)
  for (let i = 0; i < counts.length; i++) starts[i + 1] = starts[i] + counts[i]
  return { values, starts }
}
