/** Small models of streams, and streams drawn from them. */
import { randomStream, randomUnit } from '@vigil/random'
import type { LabelledStreams } from './fit.ts'
import type { EventInputs, StreamModel } from './model.ts'

/** Two modes, two classes of threats, and two kinds of streams that show the same otherwise. Each event shows a number and a category. */
export function smallModel(): StreamModel {
  // Phases: clean, threat 1, after 1, threat 2, after 2.
  const phases = [
    ...[0.9, 0.08, 0, 0.02, 0],
    ...[0, 0.5, 0.3, 0.2, 0],
    ...[0, 0.1, 0.7, 0.2, 0],
    ...[0, 0.1, 0, 0.4, 0.5],
    ...[0, 0, 0, 0.2, 0.8],
  ]
  const moves = [0.9, 0.1, 0.2, 0.8]
  return {
    ...{ denseCount: 1, categoricalCount: 2, kindColumn: 1, classCount: 2, modeCount: 2, hazard: 0.1, kindOf: [0, 1] },
    symbols: [
      { kind: 'number', column: 0, thresholds: [0] },
      { kind: 'category', column: 0, symbolCount: 3 },
    ],
    ...{ begins: [0.9, 0.1, 0, 0, 0], phases },
    kinds: [
      {
        ...{ starts: [0.7, 0.3], returns: [0.5, 0.5], moves },
        tables: [
          [0.9, 0.1, 0.2, 0.8, 0.5, 0.5, 0.3, 0.7],
          [0.7, 0.2, 0.1, 0.1, 0.3, 0.6, 0.2, 0.2, 0.6, 0.1, 0.8, 0.1],
        ],
      },
      {
        ...{ starts: [0.2, 0.8], returns: [0.1, 0.9], moves },
        tables: [
          [0.5, 0.5, 0.9, 0.1, 0.1, 0.9, 0.6, 0.4],
          [0.2, 0.7, 0.1, 0.3, 0.1, 0.6, 0.6, 0.2, 0.2, 0.3, 0.3, 0.4],
        ],
      },
    ],
  }
}

/** Streams of that model, each of `length` events and of one kind or the other. */
export function drawnStreams(
  model: StreamModel,
  { streamCount, length, seed }: { readonly streamCount: number; readonly length: number; readonly seed: number },
) {
  const rowCount = streamCount * length
  const inputs: EventInputs = {
    ...{
      dense: new Float32Array(rowCount),
      denseCount: 1,
      categorical: new Uint16Array(2 * rowCount),
      categoricalCount: 2,
    },
  }
  const classes = new Uint8Array(rowCount)
  const { classCount: K, modeCount: U, phases } = model
  const random = randomStream(seed, 'diagnosis')
  let drawn = 0
  const pick = (probabilities: readonly number[]) => {
    let left = randomUnit(random, drawn++)
    let place = 0
    while (place + 1 < probabilities.length && left >= probabilities[place]) left -= probabilities[place++]
    return place
  }
  const row = (values: readonly number[], at: number, width: number) => values.slice(at * width, (at + 1) * width)
  for (let stream = 0; stream < streamCount; stream++) {
    const kind = stream % 2
    const { starts, returns, moves, tables } = model.kinds[kind]
    let [phase, mode] = [0, 0]
    for (let i = 0; i < length; i++) {
      const at = stream * length + i
      const before = phase
      phase = pick(i === 0 ? model.begins : row(phases, phase, 2 * K + 1))
      if (phase % 2 === 0) mode = pick(i === 0 ? starts : before % 2 === 1 ? returns : row(moves, mode, U))
      const shown = phase % 2 === 0 ? mode : U + (phase - 1) / 2
      inputs.dense[at] = pick(row(tables[0], shown, 2)) === 0 ? -1 : 1
      inputs.categorical[2 * at] = pick(row(tables[1], shown, 3))
      inputs.categorical[2 * at + 1] = kind
      classes[at] = phase % 2 === 0 ? 0 : (phase + 1) / 2
    }
  }
  const streamStarts = Uint32Array.from({ length: streamCount + 1 }, (_, stream) => stream * length)
  const streams: LabelledStreams = {
    rows: Uint32Array.from(classes, (_, at) => at),
    streamStarts,
    classes,
    classCount: K,
  }
  return { inputs, streams }
}
