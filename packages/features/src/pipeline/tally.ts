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
  let slots: Float64Array = new Float64Array(SLOTS_FEW) // of each number: itself, and its rows; no rows = free
  let size = 0
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]] + 0
    if (Number.isNaN(value)) continue
    let slot = slotOf(slots, value)
    if (slots[slot + 1] === 0) {
      if (size++ === DISTINCT_MAX) return null
      if (4 * size > slots.length) {
        slots = enlarged(slots)
        slot = slotOf(slots, value)
      }
      slots[slot] = value
    }
    slots[slot + 1]++
  }
  const distinct = new Float64Array(size)
  for (let slot = 0, i = 0; i < size; slot += 2) if (slots[slot + 1] > 0) distinct[i++] = slots[slot]
  distinct.sort()
  return tally(
    distinct,
    distinct.map((value) => slots[slotOf(slots, value) + 1]),
  )
}

const SLOTS_FEW = 1 << 10

const number = new Float64Array(1)
// Little-endian, as every host that Node runs WebAssembly shared memory on.
const bits = new Int32Array(number.buffer)

/** The slot of a number, or the free one that it may have. */
function slotOf(slots: Float64Array, value: number): number {
  const last = slots.length - 2
  number[0] = value
  const hash = Math.imul(bits[0] ^ Math.imul(bits[1], 0x9e3779b1), 0x85ebca6b)
  let slot = ((hash ^ (hash >>> 15)) << 1) & last
  while (slots[slot + 1] !== 0 && slots[slot] !== value) slot = (slot + 2) & last
  return slot
}

function enlarged(slots: Float64Array): Float64Array {
  const larger = new Float64Array(2 * slots.length)
  for (let old = 0; old < slots.length; old += 2) {
    if (slots[old + 1] === 0) continue
    const slot = slotOf(larger, slots[old])
    larger[slot] = slots[old]
    larger[slot + 1] = slots[old + 1]
  }
  return larger
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
