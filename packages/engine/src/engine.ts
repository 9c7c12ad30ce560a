/**
 * What a learner engine takes and gives. Engines compute the same losses and differ only in what runs them.
 * A agents, B rows of a minibatch, N events of a batch, C categorical columns, P parameters of one agent (see
 * `parameterLayout`), S specifications, H numbers of a recurrent state.
 */

/** B events; every agent sees each of them. The arrays stay the caller's and are not kept. */
export type Minibatch = {
  /** B, at least 1. */
  readonly size: number
  /** [B, denseSize] */
  readonly dense: Float32Array
  /** [B, C] index inside its own column's vocabulary, 0 = unknown */
  readonly categorical: Uint16Array
  /** [A, B] 0 allow, 1 block, 2 quarantine, 3 alert */
  readonly actions: Uint8Array
  /** [A, B] natural logarithm of the probability that the action had when it was sampled */
  readonly oldLogProbs: Float32Array
  /** [A, B] normalised */
  readonly advantages: Float32Array
  /** [A, B] normalised returns; read only where there is a critic */
  readonly valueTargets: Float32Array
  /** [A, B] 1 where the agent learns from the row, else 0 */
  readonly weights: Float32Array
  /** null where the network has no outputs for specifications (`constraintCount` 0) */
  readonly constraints: ConstraintTargets | null
  /**
   * [A, B, 4] what the loss gains from each agent's probability of each action in the row: a gradient that comes from
   * elsewhere, a constant here. null = there is none
   */
  readonly direct: Float32Array | null
  /** null for a feed-forward network */
  readonly recurrence: Recurrence | null
}

/**
 * N events that minibatches are chosen from, in the order shard, step, lane. Engines look at a batch once: its arrays must not
 * change while updates choose from it.
 */
export type LearningBatch = {
  /** N, at least 1. */
  readonly eventCount: number
  /** [N, denseSize] */
  readonly dense: Float32Array
  /** [N, C] as in `Minibatch`, like all that follow */
  readonly categorical: Uint16Array
  /** [N, A] */
  readonly actions: Uint8Array
  /** [N, A] */
  readonly oldLogProbs: Float32Array
  /** [N, A] */
  readonly advantages: Float32Array
  /** [N, A] */
  readonly valueTargets: Float32Array
  /** [N, A] 1 where the agent learns from the event, else 0; null = all learn from all */
  readonly weights: Float32Array | null
  /** [S] of [N, A]; null where the network has no outputs for specifications */
  readonly costTargets: readonly Float32Array[] | null
  /** [N, A, 4] or null */
  readonly direct: Float32Array | null
  /** null for a feed-forward network */
  readonly recurrence: {
    /** T */
    readonly stepCount: number
    /** Lanes of one shard, which lie side by side. */
    readonly lanesPerShard: number
    /** [N] */
    readonly resets: Uint8Array
    /** [N / T, A, H] each lane's state before its first step, in the order shard, lane */
    readonly recurrentState: Float32Array
  } | null
}

/** Events of a batch that make a minibatch: of a feed-forward network any, of a recurrent one whole lanes. */
export type Selection = {
  /** It stays as it is while selections of it are learnt from: engines keep a copy. */
  readonly batch: LearningBatch
  /** [L] numbers of lanes; where nothing is remembered, an event is a lane of one step */
  readonly lanes: Uint32Array
}

/** The actions that are right on a benign event and on a threat, as bits: allow and alert, block and quarantine. */
export const ACCEPTED: readonly [benign: number, threat: number] = [0b1001, 0b0110]

/** What the critics learn about the S specifications. */
export type ConstraintTargets = {
  /** [S, A, B] discounted future cost, in units of the cost (1 = violated at this step) */
  readonly costTargets: Float32Array
}

/** What a recurrent network needs besides: the B = T * L rows are whole segments, time-major, row = t * L + lane. */
export type Recurrence = {
  /** T */
  readonly stepCount: number
  /** L */
  readonly laneCount: number
  /** [T, L] 1 = an episode begins at this step: the state before it is zero, whatever came before */
  readonly resets: Uint8Array
  /** [A, L, H] state before the first step (`recurrentStateSize`), a constant: no gradient flows into it */
  readonly recurrentState: Float32Array
}

/** B events with the actions that are right, for `supervisedUpdate`. */
export type SupervisedBatch = {
  /** B, at least 1. */
  readonly size: number
  /** [B, denseSize] */
  readonly dense: Float32Array
  /** [B, C] index inside its own column's vocabulary, 0 = unknown */
  readonly categorical: Uint16Array
  /** [B] bit a = action a is right, 1 to 15 (`ACCEPTED`) */
  readonly accepted: Uint8Array
  /** null for a feed-forward network */
  readonly recurrence: Recurrence | null
}

export type UpdateSettings = {
  /** > 0 */
  readonly learningRate: number
  /** Half-width of the band of ratios around 1, > 0. */
  readonly clipEpsilon: number
  /** >= 0 */
  readonly entropyCoef: number
  /** >= 0 */
  readonly valueCoef: number
  /** Weight of the cost values' losses, >= 0; read only where there are specifications. */
  readonly constraintCoef: number
  /** Largest global norm of one agent's policy gradient, > 0. */
  readonly maxGradNormPolicy: number
  /** Largest global norm of one agent's value gradient, > 0. */
  readonly maxGradNormValue: number
  /** In nats, > 0, or null: see isTooFar. */
  readonly targetKl: number | null
}

/**
 * Whether the policies are so far from those that acted that no step is taken: half as far again as targetKl, as in
 * Stable-Baselines3, where too the step is left out whose minibatch shows it.
 */
export function isTooFar({ approxKl }: Pick<UpdateStats, 'approxKl'>, { targetKl }: Pick<UpdateSettings, 'targetKl'>) {
  return targetKl !== null && approxKl > 1.5 * targetKl
}

/**
 * Means over the agents, measured before the step. An agent without a single row of weight 1 counts as zeros.
 */
export type UpdateStats = {
  /** -L^CLIP of PPO, and minus the mean of the sum of `direct` times the probabilities of the actions where it is given */
  readonly policyLoss: number
  /** mean squared error in units of the normalised return, not multiplied by valueCoef; 0 without a critic */
  readonly valueLoss: number
  /** nats, 0 to ln 4 */
  readonly entropy: number
  /** nats, estimated from the rows, >= 0 */
  readonly approxKl: number
  /** 0 to 1 */
  readonly clipFraction: number
  /** before clipping */
  readonly gradNormPolicy: number
  /** factor that clipping put on the policies' gradients, 0 to 1 */
  readonly clipScalePolicy: number
  /** before clipping, of the whole loss of the value trunk, coefficients included; 0 without a critic */
  readonly gradNormValue: number
  /** sum over the specifications of the cost values' mean squared errors; 0 without specifications */
  readonly costValueLoss: number
}

/** Largest global norm of one agent's gradient in `supervisedUpdate`. */
export const SUPERVISED_MAX_GRAD_NORM = 0.5

/** State of Adam for the whole team. */
export type OptimiserState = {
  /** steps taken so far, an integer >= 0 */
  readonly step: number
  /** [A, P] */
  readonly firstMoment: Float32Array
  /** [A, P] */
  readonly secondMoment: Float32Array
}

/**
 * Owns the team's parameters and optimiser state while it learns. Calls must not overlap: await one before the next.
 *
 * All methods @throws {VigilError} MINIBATCH_SHAPE, SETTINGS, STATE_SHAPE for an argument that does not fit and
 * STATE_MISSING before the first `loadParameters` and after `dispose`.
 */
export type Engine = {
  /** 'tfjs', 'portable' or 'native' */
  readonly name: string
  /** What computes, for instance 'wasm', or of the native engine the family of instructions: its bits depend on it. */
  readonly backend: string
  /** For people: the backend with its threads or its kind of device. */
  readonly device: string
  /** [A, P], copied; leaves the optimiser state as it is */
  loadParameters(values: Float32Array): void
  /** [A, P], owned by the caller */
  storeParameters(): Promise<Float32Array>
  /** Copied. An engine that has not loaded a state starts from step 0 and zero moments. */
  loadOptimiser(state: OptimiserState): void
  /** Owned by the caller. */
  storeOptimiser(): Promise<OptimiserState>
  /**
   * One clipped PPO step of every agent on the minibatch; none, and the optimiser as it was, where `isTooFar`.
   *
   * @throws {VigilError} NOT_FINITE when a loss or a gradient is not finite; the parameters are then spoilt
   */
  update(minibatch: Minibatch | Selection, settings: UpdateSettings): Promise<UpdateStats>
  /**
   * One cross-entropy step of every agent's policy parameters: of the probability that the action is one of those accepted.
   *
   * @param learningRate > 0
   * @returns mean cross-entropy over rows and agents before the step, in nats
   * @throws {VigilError} NOT_FINITE as `update`
   */
  supervisedUpdate(batch: SupervisedBatch, learningRate: number): Promise<number>
  /** Frees all memory of the engine. */
  dispose(): void
}
