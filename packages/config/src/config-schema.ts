import { BACKENDS } from '@vigil/engine'
import { ANALYST_DELAY_MAX, DEFAULT_RESPONSE, DEFAULT_REWARDS, SHIFT_MAX, TICKETS_MAX } from '@vigil/env-wasm'
import { DATASET_NAMES, FEATURE_PROFILES } from '@vigil/features'
import { z } from 'zod'

export const size = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum)
export const share = z.number().min(0).max(1)
/** Bounded so that f32, in which the environment reckons, keeps every reward to seven digits. */
export const reward = z.number().min(-1e6).max(1e6)
export const layers = z.array(size(1, 2048)).min(1).max(8)
const gain = z.number().min(0).max(1000)
/** As reward, of what is paid. */
const cost = z.number().min(0).max(1e6)

/** More would make observation and value head wider than anything is learnt from. */
const SPECIFICATIONS_MAX = 16

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
 * Everything that determines a run, with range and default; setting-descriptions.ts says what each is. The defaults are the
 * ones that learnt best: docs/training.md has the experiments. Keys are also command-line flags: `learningRate` is
 * `--learning-rate`.
 */
export const configSchema = z.strictObject({
  // Data
  dataset: z.enum(['auto', ...DATASET_NAMES]).default('auto'),
  data: z.string().min(1).nullable().default(null),
  features: z.enum(['auto', ...FEATURE_PROFILES]).default('auto'),
  split: z.enum(['auto', 'described', 'stratified', 'temporal', 'by-stream']).default('auto'),
  splitSeed: size(0, 2 ** 32 - 1).default(42),
  rows: size(1000, 20_000_000).nullable().default(null),

  // Run
  seed: size(0, 2 ** 32 - 1).default(1),
  iterations: z.union([z.literal('auto'), size(1, 1_000_000)]).default('auto'),
  actors: z.union([z.literal('auto'), size(1, 256)]).default('auto'),
  engine: z.enum(['auto', 'native', 'portable', 'tfjs']).default('auto'),
  backend: z.enum(['auto', ...BACKENDS]).default('auto'),
  engineThreads: z.union([z.literal('auto'), size(1, 8)]).default('auto'),
  out: z.string().min(1).nullable().default(null),
  validateEvery: size(1, 1_000_000).default(5),

  // Team
  agents: size(1, 64).default(4),
  faults: z.union([z.literal('auto'), size(0, 21)]).default('auto'),
  rule: z.enum(['majority', 'quorum', 'trimmed-median', 'weighted']).default('quorum'),
  fallbackAction: z.enum(['auto', 'allow', 'block', 'quarantine', 'alert']).default('auto'),
  policy: z.enum(['mlp', 'lstm']).default('mlp'),
  policyHidden: layers.default([128, 128]),
  valueHidden: layers.default([64, 64]),
  lstmHidden: layers.default([128]),

  // Environment
  environment: z.enum(['auto', 'triage', 'respond']).default('auto'),
  episodes: z.enum(['auto', 'iid', 'stream']).default('auto'),
  belief: z.enum(['auto', 'exact', 'learnt', 'filtered', 'event', 'hidden-markov', 'none']).default('auto'),
  sampling: z.enum(['natural', 'importance']).default('natural'),
  rewards: z
    .strictObject({
      truePositive: reward.default(DEFAULT_REWARDS.truePositive),
      trueNegative: reward.default(DEFAULT_REWARDS.trueNegative),
      falsePositive: reward.default(DEFAULT_REWARDS.falsePositive),
      falseNegative: reward.default(DEFAULT_REWARDS.falseNegative),
      restrictiveCost: reward.default(DEFAULT_REWARDS.restrictiveCost),
      alertCost: reward.default(DEFAULT_REWARDS.alertCost),
      alertedThreat: z.number().min(0).max(1).default(DEFAULT_REWARDS.alertedThreat),
    })
    .prefault({}),

  response: z
    .strictObject({
      allowedBenign: cost.default(DEFAULT_RESPONSE.allowedBenign),
      damage: cost.default(DEFAULT_RESPONSE.damage),
      dwell: cost.default(DEFAULT_RESPONSE.dwell),
      blockedBenign: cost.default(DEFAULT_RESPONSE.blockedBenign),
      cutOffBenign: cost.default(DEFAULT_RESPONSE.cutOffBenign),
      containment: cost.default(DEFAULT_RESPONSE.containment),
      falseContainment: cost.default(DEFAULT_RESPONSE.falseContainment),
      alertCost: cost.default(DEFAULT_RESPONSE.alertCost),
      analystDelay: size(0, ANALYST_DELAY_MAX).default(DEFAULT_RESPONSE.analystDelay),
      analystAccuracy: z.number().min(0.5).max(1).default(DEFAULT_RESPONSE.analystAccuracy),
      block: z.enum(['fail-soft', 'fail-stop', 'retry']).default(DEFAULT_RESPONSE.block),
      layout: z.enum(['stream', 'site']).default(DEFAULT_RESPONSE.layout),
      tickets: size(1, TICKETS_MAX).default(DEFAULT_RESPONSE.tickets),
      alertsPerShift: size(0, SHIFT_MAX).default(DEFAULT_RESPONSE.alertsPerShift),
      shift: size(0, SHIFT_MAX).default(DEFAULT_RESPONSE.shift),
    })
    .prefault({}),

  // Specifications
  stlMode: z.enum(['off', 'lagrangian', 'lagrangian+direct']).default('off'),
  specifications: z
    .union([z.enum(['auto', 'default', 'original']), z.array(specification).max(SPECIFICATIONS_MAX)])
    .default('auto'),
  stlTarget: z.number().gt(0).lt(1).default(0.95),
  observeConstraints: z.enum(['auto', 'critic', 'team']).default('auto'),
  pid: z
    .strictObject({ proportional: gain.default(1), integral: gain.default(0.1), derivative: gain.default(0) })
    .prefault({}),

  // Collection
  rowsPerIteration: z.union([z.literal('auto'), size(1, 2 ** 22)]).default('auto'),
  rolloutSteps: z.union([z.literal('auto'), size(1, 65_536)]).default('auto'),
  shards: size(1, 1024).default(8),
  staleness: z.literal([0, 1]).default(0),

  // Learning
  warmStart: z.enum(['auto', 'none', 'rule']).default('auto'),
  credit: z.enum(['auto', 'sampled', 'hindsight', 'exact']).default('auto'),
  gamma: z.union([z.literal('auto'), share]).default('auto'),
  gaeLambda: share.default(0.95),
  learningRate: z.number().gt(0).max(1).default(2e-3),
  anneal: z.boolean().default(true),
  minibatchSize: z.union([z.literal('auto'), size(1, 2 ** 22)]).default('auto'),
  epochs: z.union([z.literal('auto'), size(1, 100)]).default('auto'),
  clipEpsilon: z.number().gt(0).max(1).default(0.2),
  entropyCoef: z.union([z.literal('auto'), z.number().min(0).max(100)]).default('auto'),
  valueCoef: z.number().gt(0).max(100).default(1),
  targetKl: z.number().gt(0).nullable().default(null),
  maxGradNormPolicy: z.number().gt(0).default(0.5),
  maxGradNormValue: z.number().gt(0).default(0.5),
})

/** A config as a person writes it: every key may be left out. */
export type ConfigInput = z.input<typeof configSchema>
