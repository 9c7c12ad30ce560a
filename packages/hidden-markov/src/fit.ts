import { fitKind, type KindStreams } from './fit-kind.ts'
import type { EventInputs, StreamModel } from './model.ts'
import { type PresentInputs, symbolColumns, symbolOf } from './symbols.ts'

/** Streams whose events are labelled: stream s has the rows from streamStarts[s] to before streamStarts[s + 1], in time order. */
export type LabelledStreams = {
  readonly rows: Uint32Array
  /** [streams + 1] */
  readonly streamStarts: Uint32Array
  /** [N] class of each row of the inputs, 0 = benign, to classCount */
  readonly classes: Uint8Array
  /** Classes of threats */
  readonly classCount: number
}

/** A hazard of 1 would leave nothing to learn from events. */
const HAZARD_MAX = 0.5

/**
 * Learns a model of streams. Phases are known from the classes and counted; the modes of ordinary work are not, and are found by
 * expectation maximisation (Baum et al. 1970), each kind of stream by itself.
 *
 * @param seed  of the beginnings from which modes are sought
 * @param pause waited for after each pass over the streams of a kind
 *
 * @example
 * const model = await fitStreamModel(inputs, { rows, streamStarts, classes, classCount: 6 }, { present, seed: 1 })
 */
export async function fitStreamModel(
  inputs: EventInputs,
  streams: LabelledStreams,
  {
    present,
    seed,
    pause,
  }: { readonly present: PresentInputs; readonly seed: number; readonly pause: () => Promise<void> },
): Promise<StreamModel> {
  const { rows, streamStarts, classCount } = streams
  const symbols = symbolColumns(inputs, rows, present)
  const phases = phasesOf(streams)
  const groups = streamsByKind(inputs, streams, present)
  const kinds: StreamModel['kinds'][number][] = []
  for (const [place, { members }] of groups.entries()) {
    const positions = members.flatMap((stream) => range(streamStarts[stream], streamStarts[stream + 1]))
    const starts = new Set(members.map((stream) => streamStarts[stream]))
    const own: KindStreams = {
      phases: Uint8Array.from(positions, (position) => phases[position]),
      isFirst: Uint8Array.from(positions, (position) => (starts.has(position) ? 1 : 0)),
      symbols: symbols.map((column) => Uint16Array.from(positions, (at) => symbolOf(inputs, rows[at], column))),
      ...{ classCount, columns: symbols },
    }
    kinds.push(await fitKind(own, { seed, place, pause }))
  }
  const kindOf: number[] = Array(present.kind === null ? 1 : present.vocabularySizes[present.kind]).fill(0)
  for (const [place, { category }] of groups.entries()) kindOf[category] = place
  return {
    ...{ denseCount: inputs.denseCount, categoricalCount: inputs.categoricalCount },
    ...{ kindColumn: present.kind, symbols, classCount, modeCount: kinds[0].starts.length },
    ...countedPhases(streams, phases),
    ...{ kindOf, kinds },
  }
}

/** Streams of each kind, the kind of most streams first: what has not been seen is judged like it. */
function streamsByKind(
  { categorical, categoricalCount }: EventInputs,
  { rows, streamStarts }: LabelledStreams,
  { kind }: PresentInputs,
) {
  const found = new Map<number, number[]>()
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    if (streamStarts[stream] === streamStarts[stream + 1]) continue
    const category = kind === null ? 0 : categorical[rows[streamStarts[stream]] * categoricalCount + kind]
    const members = found.get(category)
    if (members === undefined) found.set(category, [stream])
    else members.push(stream)
  }
  const groups = [...found].map(([category, members]) => ({ category, members }))
  return groups.sort((a, b) => b.members.length - a.members.length || a.category - b.category)
}

/** [n] phase of each event, by position. */
function phasesOf({ rows, streamStarts, classes }: LabelledStreams): Uint8Array {
  const phases = new Uint8Array(rows.length)
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    let last = 0
    for (let position = streamStarts[stream]; position < streamStarts[stream + 1]; position++) {
      const own = classes[rows[position]]
      if (own > 0) last = own
      phases[position] = own > 0 ? 2 * own - 1 : 2 * last
    }
  }
  return phases
}

/** How phases begin and follow one another; where nothing follows one it stays. */
function countedPhases(
  { streamStarts, classCount }: LabelledStreams,
  phases: Uint8Array,
): Pick<StreamModel, 'hazard' | 'begins' | 'phases'> {
  const P = 2 * classCount + 1
  const begins: number[] = Array(P).fill(0)
  const follow: number[] = Array(P * P).fill(0)
  let turned = 0
  let clean = 0
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    for (let position = streamStarts[stream]; position < streamStarts[stream + 1]; position++) {
      const before = position === streamStarts[stream] ? 0 : phases[position - 1]
      if (position === streamStarts[stream]) begins[phases[position]]++
      else follow[before * P + phases[position]]++
      if (before !== 0) continue
      if (phases[position] === 0) clean++
      else turned++
    }
  }
  for (let phase = 0; phase < P; phase++) {
    const total = sum(follow.slice(phase * P, (phase + 1) * P))
    if (total === 0) follow[phase * P + phase] = 1
    else for (let to = 0; to < P; to++) follow[phase * P + to] /= total
  }
  const total = sum(begins)
  const hazard = Math.min(HAZARD_MAX, Math.max(1, turned) / (clean + Math.max(1, turned)))
  return { hazard, begins: begins.map((count) => count / total), phases: follow }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
