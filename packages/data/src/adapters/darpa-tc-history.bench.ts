/**
 * `node packages/data/src/adapters/darpa-tc-history.bench.ts`: events per second of a replay through the folds of `behaviour`, with as
 * many callers and objects as a clip of the recording has and with 100,000 of each, and microseconds per live event while
 * 100,000 of each are remembered. Every event is of any caller and on any object, which misses caches more than recordings do.
 */
import { createHistory, type LiveEvent, replayHistory } from '@vigil/features'
import { fillUniforms, randomStream } from '@vigil/random'
import { darpaTcHistoryPlan } from './darpa-tc-history.ts'

const EVENTS = 1_000_000
const MANY = 100_000
const TIMES = 5
const START_NS = 1_557_248_220_790_000_000n
const TYPES = ['READ', 'WRITE', 'OPEN', 'CLOSE', 'MMAP', 'MPROTECT', 'LOADLIBRARY', 'FORK']
const source = randomStream(1, 'generatedEvent')

/** Events of so many callers on so many objects; the first ones are one of each. */
function generated(callerCount: number, objectCount: number) {
  const caller = new Int32Array(EVENTS)
  const object = new Int32Array(EVENTS)
  const types = new Int32Array(EVENTS)
  const sizes = new Float64Array(EVENTS)
  const drawn = new Float64Array(4)
  for (let row = 0; row < EVENTS; row++) {
    fillUniforms(source, [row, 0, 0], drawn)
    caller[row] = row < callerCount ? row : Math.floor(drawn[0] * callerCount)
    object[row] = row < objectCount ? row : Math.floor(drawn[1] * objectCount)
    types[row] = Math.floor(drawn[2] * TYPES.length)
    sizes[row] = Math.floor(drawn[3] * 4096)
  }
  const times = BigInt64Array.from({ length: EVENTS }, (_, row) => START_NS + BigInt(row) * 100_000n)
  const columns = {
    kind: { kind: 'token', codes: types, dictionary: TYPES },
    event_type: { kind: 'token', codes: types, dictionary: TYPES.map((type) => `EVENT_${type}`) },
    file_size: { kind: 'number', values: sizes },
  } as const
  return { times, keys: { caller, object }, columns }
}

/** Milliseconds of the fastest of a few runs. */
function fastest(run: () => void): number {
  const took = Array.from({ length: TIMES }, () => {
    const began = performance.now()
    run()
    return performance.now() - began
  })
  return Math.min(...took)
}

const order = Uint32Array.from({ length: EVENTS }, (_, row) => row)
for (const [callerCount, objectCount] of [
  [300, 20_000],
  [MANY, MANY],
]) {
  const recording = generated(callerCount, objectCount)
  const ms = fastest(() => replayHistory(darpaTcHistoryPlan, recording, { order, instants: null }))
  console.log(`replay, ${callerCount} callers, ${objectCount} objects: ${Math.round((EVENTS / ms) * 1000)} events/s`)
}

const { times, keys, columns } = generated(MANY, MANY)
const events = Array.from(order, (row): LiveEvent => {
  const type = TYPES[columns.kind.codes[row]]
  return {
    time: times[row],
    keys: { caller: `thread ${keys.caller[row]}`, object: `object ${keys.object[row]}` },
    values: { kind: type, event_type: `EVENT_${type}`, file_size: columns.file_size.values[row] },
  }
})
const history = createHistory(darpaTcHistoryPlan)
for (const event of events.slice(0, MANY)) history.absorb(event)
const liveMs = fastest(() => {
  for (let row = MANY; row < EVENTS; row++) {
    history.read(events[row])
    history.absorb(events[row])
  }
})
console.log(`live, ${MANY} callers, ${MANY} objects: ${((liveMs * 1000) / (EVENTS - MANY)).toFixed(2)} µs per event`)
