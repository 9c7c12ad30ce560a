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
  const slotCount = 2 ** Math.ceil(Math.log2(2 * most + 2))
  const slots = new Float64Array(2 * slotCount) // of each number: itself, and its rows; no rows = free
  const last = slots.length - 2
  // Little-endian, as every host that Node runs WebAssembly shared memory on.
  const bits = new Int32Array(values.buffer, values.byteOffset, 2 * values.length)
  let size = 0
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    const value = values[row] + 0
    if (Number.isNaN(value)) continue
    const upper = value === 0 ? 0 : bits[2 * row + 1]
    const hash = Math.imul(bits[2 * row] ^ Math.imul(upper, 0x9e3779b1), 0x85ebca6b)
    let slot = ((hash ^ (hash >>> 15)) << 1) & last
    while (slots[slot + 1] !== 0 && slots[slot] !== value) slot = (slot + 2) & last
    if (slots[slot + 1] === 0) {
      if (size++ === most) return null
      slots[slot] = value
    }
    slots[slot + 1]++
  }
  const used = new Uint32Array(size)
  for (let slot = 0, i = 0; i < size; slot += 2) if (slots[slot + 1] > 0) used[i++] = slot
  used.sort((a, b) => slots[a] - slots[b])
  return tally(
    Float64Array.from(used, (slot) => slots[slot]),
    Float64Array.from(used, (slot) => slots[slot + 1]),
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
