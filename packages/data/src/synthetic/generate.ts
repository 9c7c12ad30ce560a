import { fillUniforms, randomStream } from '@vigil/random'
import { filterThreat, pick } from './hidden-markov.ts'
import type { HostModel } from './host-model.ts'
import { GAP_ENDS, SIZE_ENDS } from './host-phases.ts'

/** Events of many processes, N rows in time order. */
export type HostEvents = {
  readonly rowCount: number
  /** [N] process that an event belongs to, numbered in order of appearance. */
  readonly streams: Uint32Array
  /** [N] the same process, numbered as it was drawn. */
  readonly processes: Uint32Array
  /** [N] index into activities. */
  readonly activity: Uint8Array
  /** [N] bytes. */
  readonly size: Float64Array
  /** [N] milliseconds since the process's previous event (at the first: since the process began). */
  readonly gapMs: Float64Array
  /** [N] index into the model's classNames; 0 = benign. */
  readonly classes: Uint8Array
  /** [N] P(threat | events of this process up to and including this one), exact up to f64 rounding. */
  readonly posterior: Float32Array
  /** [N] row of the same process's previous event, -1 = none. */
  readonly previous: Int32Array
}

/** Lengths of streams are uniform between these. */
type StreamLengths = { readonly shortest: number; readonly longest: number }

/** Those of `synthetic`. */
const LENGTHS: StreamLengths = { shortest: 40, longest: 360 }

/** Processes start at any time of this span. */
const SPAN_MS = 86_400_000

/**
 * Draws processes until there are rowCount events (the last one is cut), and puts their events in time order. Every random
 * number is addressed by (process, event), so more rows leave the earlier processes as they were.
 *
 * @param modelOf the model of a process, by its number; all have the same channels and classes
 */
export function generateEvents(
  modelOf: (process: number) => HostModel,
  seed: number,
  rowCount: number,
  lengths = LENGTHS,
): HostEvents {
  const drawn = drawStreams(modelOf, seed, rowCount, lengths)
  const order = Uint32Array.from({ length: rowCount }, (_, i) => i).sort(
    (a, b) => drawn.timeMs[a] - drawn.timeMs[b] || a - b,
  )
  const numbers = new Map<number, number>()
  const lastRow = new Map<number, number>()
  const streams = new Uint32Array(rowCount)
  const previous = new Int32Array(rowCount)
  for (let row = 0; row < rowCount; row++) {
    const process = drawn.process[order[row]]
    if (!numbers.has(process)) numbers.set(process, numbers.size)
    streams[row] = numbers.get(process) ?? 0
    previous[row] = lastRow.get(process) ?? -1
    lastRow.set(process, row)
  }
  return {
    rowCount,
    streams,
    processes: Uint32Array.from(order, (i) => drawn.process[i]),
    previous,
    activity: Uint8Array.from(order, (i) => drawn.symbols[i * 3]),
    size: Float64Array.from(order, (i) => drawn.size[i]),
    gapMs: Float64Array.from(order, (i) => drawn.gapMs[i]),
    classes: Uint8Array.from(order, (i) => drawn.classes[i]),
    posterior: Float32Array.from(order, (i) => drawn.posterior[i]),
  }
}

/** The same events process after process. */
function drawStreams(
  modelOf: (process: number) => HostModel,
  seed: number,
  rowCount: number,
  { shortest, longest }: StreamLengths,
) {
  const symbols = new Uint8Array(rowCount * 3)
  const process = new Uint32Array(rowCount)
  const classes = new Uint8Array(rowCount)
  const size = new Float64Array(rowCount)
  const gapMs = new Float64Array(rowCount)
  const timeMs = new Float64Array(rowCount)
  const posterior = new Float64Array(rowCount)
  const aboutStream = randomStream(seed, 'generatedStream')
  const aboutEvent = randomStream(seed, 'generatedEvent')
  const draw = new Float64Array(4)

  for (let stream = 0, start = 0; start < rowCount; stream++) {
    const model = modelOf(stream)
    const stateCount = model.initial.length
    const classOfState = model.stateClasses.map((name) => model.classNames.indexOf(name))
    const [activityCount, sizeCount, gapCount] = model.symbolCounts
    fillUniforms(aboutStream, [stream, 0, 0], draw)
    const length = shortest + Math.floor(draw[0] * (longest - shortest + 1))
    const end = Math.min(rowCount, start + length)
    let time = draw[1] * SPAN_MS
    let state = pick(model.initial, 0, stateCount, draw[2])
    for (let i = start; i < end; i++) {
      fillUniforms(aboutEvent, [stream, i - start, 0], draw)
      if (i > start) state = pick(model.transition, state * stateCount, stateCount, draw[0])
      symbols[i * 3] = pick(model.emissions[0], state * activityCount, activityCount, draw[1])
      symbols[i * 3 + 1] = pick(model.emissions[1], state * sizeCount, sizeCount, draw[2])
      symbols[i * 3 + 2] = pick(model.emissions[2], state * gapCount, gapCount, draw[3])
      // Where in its class a number lies tells nothing of the state, so the classes are all that the posterior needs.
      fillUniforms(aboutEvent, [stream, i - start, 1], draw)
      size[i] = Math.floor(withinClass(SIZE_ENDS, symbols[i * 3 + 1], draw[0]))
      gapMs[i] = withinClass(GAP_ENDS, symbols[i * 3 + 2], draw[1])
      time += gapMs[i]
      timeMs[i] = time
      process[i] = stream
      classes[i] = classOfState[state]
    }
    filterThreat(model, symbols.subarray(start * 3, end * 3), posterior.subarray(start, end))
    start = end
  }
  return { symbols, process, classes, size, gapMs, timeMs, posterior }
}

/** Log-uniform between the ends of a class. */
function withinClass(ends: readonly number[], index: number, uniform: number): number {
  return ends[index] * (ends[index + 1] / ends[index]) ** uniform
}
