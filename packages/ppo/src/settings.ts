import type { EnvironmentSpec, TargetedSpecification } from '@vigil/env-wasm'
import type { ReturnNormaliserKind } from './return-normaliser.ts'
import type { Schedule } from './schedule.ts'
import type { StlMode } from './stl-mode.ts'

/** Gains of the controller, each >= 0. */
export type PidGains = { readonly proportional: number; readonly integral: number; readonly derivative: number }

/** What proximal policy optimisation needs to know. Every key is that of the config. */
export type PpoSettings = Schedule & {
  /** Keys the shuffling and the initial weights. */
  readonly seed: number
  /** What the agents act in; its specifications are compiled again for their gradients. */
  readonly environment: EnvironmentSpec
  readonly episodes: 'iid' | 'stream'
  readonly staleness: 0 | 1

  /**
   * What an action is credited with: what a critic makes of sampled steps, the same but that what block brings beside allow is known in
   * hindsight, or its exact expected return on the recordings.
   */
  readonly credit: 'sampled' | 'hindsight' | 'exact'
  /** Discount per step, 0 to 1. */
  readonly gamma: number
  /** Of GAE and of TD(lambda), 0 to 1. */
  readonly gaeLambda: number
  readonly returns: 'monte-carlo' | 'gae' | 'td-lambda'
  readonly returnNormalisation: ReturnNormaliserKind
  readonly baseline: 'critic' | 'counterfactual'

  readonly learningRate: number
  /** Whether learning rate and entropy coefficient fall linearly to 0. */
  readonly anneal: boolean
  /** B, events. */
  readonly minibatchSize: number
  /** Passes over a batch. */
  readonly epochs: number
  readonly clipEpsilon: number
  readonly entropyCoef: number
  readonly valueCoef: number
  readonly targetKl: number | null
  readonly maxGradNormPolicy: number
  readonly maxGradNormValue: number

  readonly specifications: readonly TargetedSpecification[]
  readonly stlMode: StlMode
  readonly observeConstraints: 'none' | 'critic' | 'team'
  readonly pid: PidGains
  readonly costCritic: 'robustness' | 'network'
  readonly costGamma: number
  readonly costLambda: number
  readonly constraintCoef: number
}
