/** Small teams and minibatches with a seed, for the tests and the benchmark of the engines. */
import { ACTION_COUNT, type NetworkSpec, paddedWidth, parameterLayout, valueOutputCount } from '@vigil/policy-wasm'
import type { ConstraintTargets, Minibatch, Recurrence, SupervisedBatch, UpdateSettings } from './engine.ts'

/** Two agents, repeated categories, a critic of another depth. */
export const SMALL_TEAM: NetworkSpec = {
  agentCount: 2,
  denseSize: 3,
  vocabularySizes: [4, 1, 3],
  policyHidden: [16, 8],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [],
  constraintCount: 0,
}

/** The same with two specifications: a critic of three outputs, in a head of four columns. */
export const CONSTRAINED_TEAM: NetworkSpec = { ...SMALL_TEAM, constraintCount: 2 }

/** The same with normalised layers, an LSTM layer, and widths that are not multiples of eight. */
export const RECURRENT_TEAM: NetworkSpec = {
  ...SMALL_TEAM,
  policyHidden: [12, 6],
  valueHidden: [5],
  layerNorm: true,
  lstmHidden: [5],
  constraintCount: 0,
}

/** T and L of a minibatch; for a feed-forward team only their product counts. */
export type Segments = { readonly stepCount: number; readonly laneCount: number }

export const SETTINGS: UpdateSettings = {
  learningRate: 1e-3,
  clipEpsilon: 0.2,
  entropyCoef: 0.05,
  valueCoef: 0.7,
  constraintCoef: 0.9,
  maxGradNormPolicy: 0.5,
  maxGradNormValue: 0.5,
  targetKl: null,
}

/** Uniform numbers in [0, 1): mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** [A, P] uniform in [-0.5, 0.5), but 0 in padded units: unlike the initialisation, no part has a gradient near 0. */
export function randomParameters(spec: NetworkSpec, seed: number): Float32Array {
  const random = randomNumbers(seed)
  return Float32Array.from(parametersInUse(spec), (used) => (random() - 0.5) * used)
}

/** [A, P] 1 for parameters of the units that the spec asks for, 0 for those that only fill up a padded width. */
export function parametersInUse(spec: NetworkSpec): Uint8Array {
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const block = new Uint8Array(parametersPerAgent)
  for (const { name, shape, offset } of slices) {
    const { rows, columns, gates } = sizeInUse(spec, name)
    const stride = shape[shape.length - 1]
    for (let row = 0; row < (rows ?? shape[0]); row++) {
      for (let gate = 0; gate < gates; gate++) {
        const from = offset + row * stride + (gate * stride) / gates
        block.fill(1, from, from + (columns ?? stride))
      }
    }
  }
  return Uint8Array.from(
    { length: spec.agentCount * parametersPerAgent },
    (_, index) => block[index % parametersPerAgent],
  )
}

/** [A, P] 1 for parameters of the trunk. */
export function trunkMask(spec: NetworkSpec, name: 'policy' | 'value'): Uint8Array {
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const agent = slices.flatMap((slice) => new Array<number>(slice.length).fill(slice.name.startsWith(name) ? 1 : 0))
  return Uint8Array.from({ length: spec.agentCount * parametersPerAgent }, (_, i) => agent[i % parametersPerAgent])
}

/** Rows in use of a tensor, and columns in use of each of its gates; null = all. */
function sizeInUse(spec: NetworkSpec, name: string): { rows: number | null; columns: number | null; gates: number } {
  const [trunk, kind, number] = name.split('.')
  const hidden = (trunk === 'policy' ? spec.policyHidden : spec.valueHidden)!
  const widths = [...hidden, ...spec.lstmHidden]
  const isLstm = kind.startsWith('lstm')
  const layer = Number(number ?? 0) + (isLstm ? hidden.length : 0)
  const gates = isLstm ? 4 : 1
  const outputs = trunk === 'policy' ? ACTION_COUNT : valueOutputCount(spec)
  switch (kind) {
    case 'embedding':
      return { rows: null, columns: widths[0], gates }
    case 'dense':
    case 'lstmInput':
      return { rows: layer === 0 ? null : widths[layer - 1], columns: widths[layer], gates }
    case 'lstmRecurrent':
      return { rows: widths[layer], columns: widths[layer], gates }
    case 'head':
      return { rows: widths[widths.length - 1], columns: outputs, gates }
    case 'headBias':
      return { rows: 1, columns: outputs, gates }
    default: // bias, gain, shift, lstmBias
      return { rows: 1, columns: widths[layer], gates }
  }
}

/**
 * Ratios inside and outside the band of PPO for a policy near uniform; a third of the weights is 0.
 *
 * @param segments T and L, or B; a recurrent team takes a number for segments of one step
 */
export function randomMinibatch(spec: NetworkSpec, segments: number | Segments, seed: number): Minibatch {
  const random = randomNumbers(seed)
  const size = rowCount(segments)
  const teamRows = spec.agentCount * size
  const noise = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1)
  return {
    ...randomRows(spec, segments, random),
    actions: Uint8Array.from({ length: teamRows }, () => Math.floor(4 * random())),
    oldLogProbs: noise(teamRows).map((value) => Math.log(0.25) + 0.4 * value),
    advantages: noise(teamRows),
    valueTargets: noise(teamRows),
    weights: Float32Array.from({ length: teamRows }, (_, index) => (index % size === 0 || random() > 1 / 3 ? 1 : 0)),
    constraints: spec.constraintCount === 0 ? null : randomConstraints(spec, size, random),
    direct: null,
  }
}

/** Cost targets in [0, 2). */
function randomConstraints(spec: NetworkSpec, size: number, random: () => number): ConstraintTargets {
  const { agentCount, constraintCount } = spec
  return {
    costTargets: Float32Array.from({ length: constraintCount * agentCount * size }, () => 2 * random()),
  }
}

/** [A, B, 4] in [-1, 1), for the field `direct`. */
export function randomDirect(spec: NetworkSpec, size: number, seed: number): Float32Array {
  const random = randomNumbers(seed)
  return Float32Array.from({ length: 4 * spec.agentCount * size }, () => 2 * random() - 1)
}

/** Rows with any sets of right actions, those of labels and single ones among them. */
export function randomSupervisedBatch(spec: NetworkSpec, segments: number | Segments, seed: number): SupervisedBatch {
  const random = randomNumbers(seed)
  return {
    ...randomRows(spec, segments, random),
    accepted: Uint8Array.from({ length: rowCount(segments) }, () => 1 + Math.floor(random() * 15)),
  }
}

function randomRows(spec: NetworkSpec, segments: number | Segments, random: () => number) {
  const size = rowCount(segments)
  const columnCount = spec.vocabularySizes.length
  return {
    size,
    dense: Float32Array.from({ length: size * spec.denseSize }, () => 2 * random() - 1),
    categorical: Uint16Array.from({ length: size * columnCount }, (_, index) =>
      Math.floor(random() * spec.vocabularySizes[index % columnCount]),
    ),
    recurrence: spec.lstmHidden.length === 0 ? null : randomRecurrence(spec, segments, random),
  }
}

/** A reset at a quarter of the steps, the first ones too; a state in (-1, 1), 0 in padded units. */
function randomRecurrence(spec: NetworkSpec, segments: number | Segments, random: () => number): Recurrence {
  const { stepCount, laneCount } = typeof segments === 'number' ? { stepCount: 1, laneCount: segments } : segments
  const trunks = spec.valueHidden === null ? 1 : 2
  const widths = Array.from({ length: trunks }, () => spec.lstmHidden.flatMap((width) => [width, width])).flat()
  const isInUse = widths.flatMap((width) => Array.from({ length: paddedWidth(width) }, (_, unit) => unit < width))
  const resets = Uint8Array.from({ length: stepCount * laneCount }, () => (random() < 0.25 ? 1 : 0))
  const recurrentState = Float32Array.from({ length: spec.agentCount * laneCount * isInUse.length }, (_, index) =>
    isInUse[index % isInUse.length] ? 2 * random() - 1 : 0,
  )
  return { stepCount, laneCount, resets, recurrentState }
}

function rowCount(segments: number | Segments): number {
  return typeof segments === 'number' ? segments : segments.stepCount * segments.laneCount
}
