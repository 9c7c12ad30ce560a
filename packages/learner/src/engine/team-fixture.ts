/** Small teams and minibatches with a seed, for the tests and the benchmark of the engines. */
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import type { Minibatch, SupervisedBatch, UpdateSettings } from './engine.ts'

/** Two agents, repeated categories, a critic of another depth. */
export const SMALL_TEAM: NetworkSpec = {
  agentCount: 2,
  denseSize: 3,
  vocabularySizes: [4, 1, 3],
  policyHidden: [16, 8],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [],
}

export const SETTINGS: UpdateSettings = {
  learningRate: 1e-3,
  clipEpsilon: 0.2,
  entropyCoef: 0.05,
  valueCoef: 0.7,
  maxGradNormPolicy: 0.5,
  maxGradNormValue: 0.5,
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

/** [A, P] uniform in [-0.5, 0.5): unlike the initialisation, no part has a gradient near 0. */
export function randomParameters(spec: NetworkSpec, seed: number): Float32Array {
  const random = randomNumbers(seed)
  const length = spec.agentCount * parameterLayout(spec).parametersPerAgent
  return Float32Array.from({ length }, () => random() - 0.5)
}

/** Ratios inside and outside the band of PPO for a policy near uniform; a third of the weights is 0. */
export function randomMinibatch(spec: NetworkSpec, size: number, seed: number): Minibatch {
  const random = randomNumbers(seed)
  const teamRows = spec.agentCount * size
  const noise = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1)
  return {
    ...randomRows(spec, size, random),
    actions: Uint8Array.from({ length: teamRows }, () => Math.floor(4 * random())),
    oldLogProbs: noise(teamRows).map((value) => Math.log(0.25) + 0.4 * value),
    advantages: noise(teamRows),
    valueTargets: noise(teamRows),
    weights: Float32Array.from({ length: teamRows }, (_, index) => (index % size === 0 || random() > 1 / 3 ? 1 : 0)),
  }
}

/** Labelled rows. */
export function randomSupervisedBatch(spec: NetworkSpec, size: number, seed: number): SupervisedBatch {
  const random = randomNumbers(seed)
  return {
    ...randomRows(spec, size, random),
    labels: Uint8Array.from({ length: size }, () => (random() < 0.3 ? 1 : 0)),
  }
}

function randomRows(spec: NetworkSpec, size: number, random: () => number) {
  const columnCount = spec.vocabularySizes.length
  return {
    size,
    recurrence: null,
    dense: Float32Array.from({ length: size * spec.denseSize }, () => 2 * random() - 1),
    categorical: Uint16Array.from({ length: size * columnCount }, (_, index) =>
      Math.floor(random() * spec.vocabularySizes[index % columnCount]),
    ),
  }
}
