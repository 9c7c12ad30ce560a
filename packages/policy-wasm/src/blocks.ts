/** The blocks of memory that the host writes for policy.wasm or reads from it; the classes in assembly/ say what each field is. */
import { type BlockValues, describeBlock } from '@vigil/blocks'
import { NETWORK_LIMITS } from './network.ts'

const { layers } = NETWORK_LIMITS

/** Shape of a network with so many categorical columns: assembly/plan.ts. */
export function planBlock(columnCount: number) {
  return describeBlock('Plan', {
    agentCount: 'i32',
    denseSize: 'i32',
    columnCount: 'i32',
    parametersPerAgent: 'i32',
    vocabularySize: 'i32',
    policyLayers: 'i32',
    valueLayers: 'i32',
    lstmLayers: 'i32',
    widest: 'i32',
    widestLstm: 'i32',
    stateSize: 'i32',
    normEpsilon: 'f32',
    constraintCount: 'i32',
    policyWidths: ['i32', layers],
    valueWidths: ['i32', layers],
    lstmWidths: ['i32', layers],
    columnOffsets: ['i32', columnCount],
  })
}

/** One decision of the team: assembly/acting.ts. */
export const ACTING = describeBlock('Acting', {
  plan: 'pointer',
  parameters: 'pointer',
  x: 'pointer',
  categories: 'pointer',
  rows: 'i32',
  scratch: 'pointer',
  recurrentState: 'pointer',
  actions: 'pointer',
  logProbs: 'pointer',
  scores: 'pointer',
  probabilities: 'pointer',
  values: 'pointer',
  seed: 'u32',
  laneBase: 'u32',
  steps: 'pointer',
  stepStride: 'pointer',
  hasPilots: 'u32',
  stopFactor: 'f32',
})

/** One update of the team: assembly/update.ts. */
export const UPDATE = describeBlock('Update', {
  plan: 'pointer',
  parameters: 'pointer',
  firstMoment: 'pointer',
  secondMoment: 'pointer',
  inputMask: 'pointer',
  gradients: 'pointer',
  agentStride: 'pointer',
  sliceCount: 'i32',
  stepCount: 'i32',
  laneCount: 'i32',
  sliceLanes: 'i32',
  rowCount: 'i32',
  trunkCount: 'i32',
  supervised: 'i32',
  storedCount: 'i32',
  storedRows: 'pointer',
  dense: 'pointer',
  categorical: 'pointer',
  resets: 'pointer',
  recurrentState: 'pointer',
  accepted: 'pointer',
  actions: 'pointer',
  oldLogProbs: 'pointer',
  advantages: 'pointer',
  valueTargets: 'pointer',
  weights: 'pointer',
  costTargets: 'pointer',
  direct: 'pointer',
  rowShares: 'pointer',
  statistics: 'pointer',
  gradientNorms: 'pointer',
  gradientScales: 'pointer',
  progress: 'pointer',
  clipLow: 'f32',
  clipHigh: 'f32',
  clipEpsilon: 'f32',
  entropyCoef: 'f32',
  valueCoef: 'f32',
  constraintCoef: 'f32',
  maxNormPolicy: 'f32',
  maxNormValue: 'f32',
  beta1: 'f32',
  beta1Rest: 'f32',
  beta2: 'f32',
  beta2Rest: 'f32',
  stepSize: 'f32',
  epsilon: 'f32',
})

/** What `UPDATE` is written from: byte offsets and counts, then coefficients. */
export type UpdateFields = BlockValues<(typeof UPDATE)['fields']>

/** Sums over the events of a slice, of a policy that learns by PPO, of a critic, and of a policy that learns which actions are right: assembly/update.ts. */
export const POLICY_STATISTICS = describeBlock('PolicyStatistics', {
  policyLoss: 'f64',
  entropy: 'f64',
  approxKl: 'f64',
  clipped: 'f64',
})
export const VALUE_STATISTICS = describeBlock('ValueStatistics', {
  valueLoss: 'f64',
  costValueLoss: 'f64',
})
export const LABEL_STATISTICS = describeBlock('LabelStatistics', { crossEntropy: 'f64' })

/** Bytes between the sums of one trunk and slice and those of the next. */
export const STATISTICS_BYTES = POLICY_STATISTICS.bytes

/** One matrix product: assembly/product.ts. */
export const PRODUCT = describeBlock('Product', {
  a: 'pointer',
  b: 'pointer',
  init: 'pointer',
  initStride: 'pointer',
  c: 'pointer',
  m: 'i32',
  k: 'i32',
  n: 'i32',
  relu: 'i32',
})
