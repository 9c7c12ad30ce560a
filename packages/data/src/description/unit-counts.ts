/** What is judged instead of single events: all events of one key within one span of time, or the first ones of a key. */
export type Units = {
  readonly count: number
  /** [events] unit of each event, -1 = it belongs to none. */
  readonly unitOf: Int32Array
  /** [units] number of the key. */
  readonly keys: Uint32Array
  /** [units] number of the span of time since 1970; 0 without spans. */
  readonly spans: Float64Array
  /** [units] first event of each. */
  readonly firstEvents: Uint32Array
}

/** Where the events of each value are: the units of value v are units[starts[v] .. starts[v + 1]). */
export type ValueIndex = { readonly starts: Uint32Array; readonly units: Uint32Array }

/** Sorts the events that belong to units by their value. Events without one are left out. */
export function indexValues(codes: Int32Array, size: number, { unitOf }: Units): ValueIndex {
  const starts = new Uint32Array(size + 1)
  for (let event = 0; event < codes.length; event++) {
    if (unitOf[event] >= 0 && codes[event] >= 0) starts[codes[event] + 1]++
  }
  for (let code = 0; code < size; code++) starts[code + 1] += starts[code]
  const next = starts.slice()
  const units = new Uint32Array(starts[size])
  for (let event = 0; event < codes.length; event++) {
    if (unitOf[event] >= 0 && codes[event] >= 0) units[next[codes[event]]++] = unitOf[event]
  }
  return { starts, units }
}

/** Events of each unit that hold a value, [units]. */
export function countsByUnit({ starts, units }: ValueIndex, code: number, count: number): Float64Array {
  const counts = new Float64Array(count)
  for (let i = starts[code]; i < starts[code + 1]; i++) counts[units[i]]++
  return counts
}

/**
 * For each unit the sum over the units of its key in the last spans of time, its own included, [units].
 *
 * @param spans how many spans of time the window has
 */
export function windowSums(counts: Float64Array, { keys, spans: spanOf, count }: Units, spans: number): Float64Array {
  const sums = new Float64Array(count)
  // Units are in the order of time, so those of one key are too.
  const queues = new Map<number, { units: number[]; head: number; sum: number }>()
  for (let unit = 0; unit < count; unit++) {
    const queue = queues.get(keys[unit]) ?? { units: [], head: 0, sum: 0 }
    queues.set(keys[unit], queue)
    while (queue.head < queue.units.length && spanOf[queue.units[queue.head]] <= spanOf[unit] - spans) {
      queue.sum -= counts[queue.units[queue.head++]]
    }
    queue.units.push(unit)
    queue.sum += counts[unit]
    sums[unit] = queue.sum
  }
  return sums
}

/** For each unit how many different values its key shows for the first time, [units]. @param order events in the order of time */
export function newValues(codes: Int32Array, { unitOf, keys, count }: Units, order: Uint32Array): Float64Array {
  const found = new Float64Array(count)
  const seen = new Map<number, Set<number>>()
  for (const event of order) {
    const unit = unitOf[event]
    if (unit < 0 || codes[event] < 0) continue
    const known = seen.get(keys[unit])
    if (known === undefined) seen.set(keys[unit], new Set([codes[event]]))
    else if (known.has(codes[event])) continue
    else known.add(codes[event])
    found[unit]++
  }
  return found
}
