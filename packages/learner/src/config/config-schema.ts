import { DEFAULT_REWARDS } from '@vigil/env-wasm'
import { z } from 'zod'
import { BACKENDS } from '../engine/tfjs/backend-names.ts'
import { DEFECTS } from './defects.ts'
import { SPECIFICATIONS_MAX, STL_MODES } from './specifications.ts'

const size = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum)
const share = z.number().min(0).max(1)
/** Bounded so that f32, in which the environment reckons, keeps every reward to seven digits. */
const reward = z.number().min(-1e6).max(1e6)
const layers = z.array(size(1, 2048)).min(1).max(8)
const gain = z.number().min(0).max(1000)

/** A rule that the team's decisions are to keep, and in which share of the steps. */
const specification = z.strictObject({
  /** Unique; names the specification in files, report and terminal. */
  name: z.string().min(1).max(60),
  /** Signal Temporal Logic over the signals of the environment; docs/stl.md. */
  formula: z.string().min(1).max(10_000),
  /** Share of the steps in which it is to hold; without one `stlTarget`. */
  target: z.number().gt(0).lt(1).optional(),
})

/**
 * Everything that determines a run, with unit, range and default. The defaults are the ones that learnt best:
 * docs/training.md has the experiments. Keys are also command-line flags: `learningRate` is `--learning-rate`.
 */
export const configSchema = z.strictObject({
  // Data
  /** Which reader: an adapter of packages/data. */
  dataset: z.enum(['synthetic', 'darpa-tc']).default('synthetic'),
  /** Folder or file of the data; none for `synthetic`. */
  data: z.string().min(1).nullable().default(null),
  /** Which inputs the agents see; see docs/features.md. */
  features: z.enum(['seed7', 'behaviour', 'full']).default('behaviour'),
  split: z.enum(['stratified', 'temporal', 'by-stream']).default('stratified'),
  splitSeed: size(0, 2 ** 32 - 1).default(42),
  /** Rows to generate (`synthetic` only); null = the generator's default. */
  rows: size(1000, 5_000_000).nullable().default(null),

  // Run
  /** Every random number of the run follows from it. */
  seed: size(0, 2 ** 32 - 1).default(1),
  iterations: size(1, 1_000_000).default(60),
  /** Worker threads: `auto` = one per core. Changes speed, never results. */
  actors: z.union([z.literal('auto'), size(1, 256)]).default('auto'),
  /** What computes the update; `auto` = `tfjs` on a GPU or where a backend is named, else `portable`. */
  engine: z.enum(['auto', 'portable', 'tfjs']).default('auto'),
  backend: z.enum(['auto', ...BACKENDS]).default('auto'),
  /**
   * Threads of the learner's engine; `auto` = one per core for `portable`, 2 from four cores on, else 1, for `tfjs` on
   * `wasm`. Changes speed, never results.
   */
  engineThreads: z.union([z.literal('auto'), size(1, 8)]).default('auto'),
  /** Run folder; null = the next free runs/<dataset>-<features>-seed<seed>. */
  out: z.string().min(1).nullable().default(null),
  /** Iterations between two validations (and checkpoints). */
  validateEvery: size(1, 1_000_000).default(5),

  // Team
  agents: size(1, 64).default(4),
  /** f: Byzantine agents to be tolerated, agents >= 3f + 1; `auto` = as many as the team can bear. */
  faults: z.union([z.literal('auto'), size(0, 21)]).default('auto'),
  /** How the votes become one decision (docs/consensus.md); the environment counts the last two as `majority`. */
  rule: z.enum(['majority', 'quorum', 'trimmed-median', 'weighted']).default('quorum'),
  /** The team's action without a decision. */
  fallbackAction: z.enum(['allow', 'block', 'quarantine', 'alert']).default('alert'),
  /** `mlp` decides by the present event; `lstm` puts LSTM layers behind the hidden ones and remembers earlier events. */
  policy: z.enum(['mlp', 'lstm']).default('mlp'),
  /** Widths of the policy's hidden layers. */
  policyHidden: layers.default([128, 128]),
  /** Widths of the separate critic; null = no critic (only with baseline `counterfactual`). */
  valueHidden: layers.nullable().default([64, 64]),
  /** Widths of the LSTM layers, in the policy and in the critic (only with policy `lstm`). */
  lstmHidden: layers.default([128]),
  /** Whether the hidden layers are normalised before the ReLU. */
  layerNorm: z.boolean().default(false),
  /** Share of the training rows that each agent learns from, drawn per agent; below 1 the agents differ more. */
  bagFraction: z.number().gt(0).max(1).default(1),
  /** Share of the inputs that each agent sees, drawn per agent. */
  viewFraction: z.number().gt(0).max(1).default(1),

  // Environment
  episodes: z.enum(['iid', 'stream']).default('iid'),
  /** Time limit in steps; reaching it truncates. 0 = none. */
  episodeSteps: size(0, 2 ** 31).default(0),
  /** Which training rows `iid` draws: each equally often, or threats as often as benign events. */
  sampling: z.enum(['natural', 'balanced']).default('natural'),
  attribution: z.enum(['own', 'consensus']).default('own'),
  rewards: z
    .strictObject({
      truePositive: reward.default(DEFAULT_REWARDS.truePositive),
      trueNegative: reward.default(DEFAULT_REWARDS.trueNegative),
      falsePositive: reward.default(DEFAULT_REWARDS.falsePositive),
      falseNegative: reward.default(DEFAULT_REWARDS.falseNegative),
      /** Subtracted from the reward of every restrictive action. */
      restrictiveCost: reward.default(DEFAULT_REWARDS.restrictiveCost),
      /** Subtracted from the reward of every alert, a fallback to alert included. */
      alertCost: reward.default(DEFAULT_REWARDS.alertCost),
      /** The part of a threat's damage that the analyst who sees the alert still prevents. */
      alertedThreat: z.number().min(0).max(1).default(DEFAULT_REWARDS.alertedThreat),
    })
    .prefault({}),
  /** w in w (1 if all agents agree + 2 * share of agents that are right). */
  teamBonus: reward.default(0),

  // Specifications
  /**
   * What the specifications do to learning: nothing (`off`), the earlier system's reward penalty (`penalty`) or its head
   * regressed to a constant (`fixed-target`), a Lagrangian with multipliers that drive each satisfaction to its target
   * (`lagrangian`), or that with the gradient through smooth robustness besides (`lagrangian+direct`).
   */
  stlMode: z.enum(STL_MODES).default('off'),
  /** A preset or a list; `auto` = none with stlMode `off`, else the preset `default`. */
  specifications: z
    .union([z.enum(['auto', 'default', 'original']), z.array(specification).max(SPECIFICATIONS_MAX)])
    .default('auto'),
  /** Share of the steps in which a specification without a target of its own is to hold. */
  stlTarget: z.number().gt(0).lt(1).default(0.95),
  /**
   * Who sees the robustness of every specification after the step before: nobody, the critics, or the policies as well;
   * `auto` = the critics where they learn costs.
   */
  observeConstraints: z.enum(['auto', 'none', 'critic', 'team']).default('auto'),
  /** Gains of the controller of the multipliers (arXiv:2007.03964). */
  pid: z
    .strictObject({ proportional: gain.default(1), integral: gain.default(0.1), derivative: gain.default(0) })
    .prefault({}),
  /**
   * What a cost's advantage counts from: how near robustness says that a violation is, or that and what an output of the value
   * trunk has learnt.
   */
  costCritic: z.enum(['robustness', 'network']).default('robustness'),
  /** Discount of the costs per step. */
  costGamma: z.number().min(0).max(0.9999).default(0.9),
  /** lambda of the costs' GAE. */
  costLambda: share.default(0),
  /** Weight of the loss of cost critics and satisfaction heads. */
  constraintCoef: z.number().min(0).max(100).default(1),
  /** c in -c (1 - least robustness), paid at steps with a violation (only with stlMode `penalty`). */
  penaltyCoef: z.number().min(0).max(1e6).default(5),

  // Collection
  /** Events of one iteration: shards * lanes * rolloutSteps. */
  rowsPerIteration: size(1, 2 ** 22).default(8192),
  /** T, steps of one rollout. */
  rolloutSteps: size(1, 65_536).default(16),
  /** Independent pieces of work; fixed by the config, whatever the number of actors. */
  shards: size(1, 1024).default(8),
  /** Updates that the acting weights may lack: 0 = actors and learner take turns, 1 = they work at the same time. */
  staleness: z.literal([0, 1]).default(0),

  // Learning
  /** Discount per step; `auto` = 0 for `iid`, where nothing that follows depends on the action, 0.9 for `stream`. */
  gamma: z.union([z.literal('auto'), share]).default('auto'),
  /** lambda of GAE, and of TD(lambda) returns. */
  gaeLambda: share.default(0.95),
  /** What the critic is fitted to. */
  returns: z.enum(['monte-carlo', 'gae', 'td-lambda']).default('monte-carlo'),
  /** Whether returns go on, where a rollout or a time limit cuts them, with the critic's value; false = nothing follows. */
  bootstrap: z.boolean().default(true),
  returnNormalisation: z.enum(['running', 'batch', 'none']).default('running'),
  /** What an action is compared with: the critic's value, or what the policy gets on average (only with gamma 0). */
  baseline: z.enum(['critic', 'counterfactual']).default('critic'),
  /** Adam's step size at the first iteration. */
  learningRate: z.number().gt(0).max(1).default(2e-3),
  /** Learning rate and entropy coefficient fall linearly to 0. */
  anneal: z.boolean().default(true),
  /** Events; with policy `lstm` whole lanes of rolloutSteps events. */
  minibatchSize: size(1, 2 ** 22).default(1024),
  epochs: size(1, 100).default(4),
  clipEpsilon: z.number().gt(0).max(1).default(0.2),
  entropyCoef: z.number().min(0).max(100).default(0.01),
  valueCoef: z.number().gt(0).max(100).default(1),
  /** Stop the epochs of an iteration when the approximate KL divergence passes 1.5 times this; null = never. */
  targetKl: z.number().gt(0).nullable().default(null),
  maxGradNormPolicy: z.number().gt(0).default(0.5),
  maxGradNormValue: z.number().gt(0).default(0.5),

  // Faults of the system before
  /** What the earlier system did wrong, to be switched on one by one; docs/history.md. */
  defects: z.array(z.enum(DEFECTS)).max(100).default([]),
})

/** A config as a person writes it: every key may be left out. */
export type ConfigInput = z.input<typeof configSchema>

/** A config with every default filled in, but still with `auto`s. */
export type ParsedConfig = z.output<typeof configSchema>
