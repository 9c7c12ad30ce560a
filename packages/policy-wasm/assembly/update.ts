/** The block that describes one update of the team to every thread that works on it. */

/** Described in ../src/blocks.ts. Bytes of all `*Stride`s. */
@unmanaged
export class Update {
  /** -> plan block */
  plan: usize
  /** -> f32 [A, agentStride / 4] each: an agent's P numbers, then zeros up to the stride */
  parameters: usize
  firstMoment: usize
  secondMoment: usize
  /** -> the same shape, 1 = learns, 0 = frozen; 0 = all learn */
  inputMask: usize
  /** -> f32 [A, slices, agentStride / 4], each slice's share of the gradient */
  gradients: usize
  agentStride: usize
  /** slices of the minibatch */
  sliceCount: i32
  /** T, steps of the segments that the minibatch consists of, and L, their lanes; a feed-forward network's are 1 and B */
  stepCount: i32
  laneCount: i32
  /** Lanes of a slice; the last may have fewer. */
  sliceLanes: i32
  /** B = T * L, events of the minibatch, time-major */
  rowCount: i32
  /** 1 = the policies alone, 2 = policies and critics */
  trunkCount: i32
  /** 1 = cross-entropy of the right actions, 0 = PPO */
  supervised: i32
  /** N, rows of the arrays below, which may serve many minibatches */
  storedCount: i32
  /** -> u32 [B], the row of each event; 0 = N is B, and an event's number is its row's */
  storedRows: usize
  /** -> f32 [N, denseSize] and u16 [N, C] */
  dense: usize
  categorical: usize
  /** -> u8 [N], 1 = the state before the step is zero, and f32 [A, L, H], states before the first step; recurrent */
  resets: usize
  recurrentState: usize
  /** -> u8 [N], bit a = action a is right; supervised */
  accepted: usize
  /** -> u8 [A, N] and f32 [A, N] each, PPO */
  actions: usize
  oldLogProbs: usize
  advantages: usize
  valueTargets: usize
  /** -> f32 [A, N] 0 or 1; 0 = every agent learns from every event */
  weights: usize
  /** -> f32 [S, A, N], where the plan has S specifications */
  costTargets: usize
  /** -> f32 [A, N, 4]; 0 = there is none */
  direct: usize
  /** -> f32 [A], 1 over the number of events that the agent learns from */
  rowShares: usize
  /** -> [trunkCount * A, slices] of STATISTICS_BYTES, sums over the slice's events, overwritten: one of the classes below */
  statistics: usize
  /** -> f64 [trunkCount * A], gradient norms before clipping, overwritten */
  gradientNorms: usize
  /** -> f64 [trunkCount * A], factors that clipping put on the gradients, overwritten */
  gradientScales: usize
  /** -> i32 [1 + trunkCount * A]: the next item to hand out, from 0; slices still missing from each trunk, from `slices` */
  progress: usize
  clipLow: f32
  clipHigh: f32
  clipEpsilon: f32
  entropyCoef: f32
  valueCoef: f32
  constraintCoef: f32
  maxNormPolicy: f32
  maxNormValue: f32
  /** Coefficients of Adam for this step; `Rest` is 1 - beta, rounded once. */
  beta1: f32
  beta1Rest: f32
  beta2: f32
  beta2Rest: f32
  stepSize: f32
  epsilon: f32
}

/** Sums over the events of a slice, of a policy that learns by PPO; described in ../src/blocks.ts, as those below. */
@unmanaged
export class PolicyStatistics {
  policyLoss: f64
  entropy: f64
  approxKl: f64
  clipped: f64
}

/** Of a critic. */
@unmanaged
export class ValueStatistics {
  valueLoss: f64
  costValueLoss: f64
}

/** Of a policy that learns which actions are right. */
@unmanaged
export class LabelStatistics {
  crossEntropy: f64
}

/** Room for any of them. */
export const STATISTICS_BYTES: usize = offsetof<PolicyStatistics>()
