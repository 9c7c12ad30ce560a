import { z } from 'zod'
import { configSchema, layers, reward, share, size } from './config-schema.ts'
import { DEFECTS } from './defects.ts'

/**
 * What experiments may change besides: settings that the defaults have settled, and the faults of the earlier system. `lab:train`
 * takes them as flags; everywhere else they have the values of here.
 */
export const labConfigSchema = configSchema.extend({
  // Wider than in configSchema
  valueHidden: layers.nullable().default([64, 64]),
  stlMode: z.enum(['off', 'penalty', 'fixed-target', 'lagrangian', 'lagrangian+direct']).default('off'),
  observeConstraints: z.enum(['auto', 'none', 'critic', 'team']).default('auto'),

  // Team and environment
  layerNorm: z.boolean().default(false),
  episodeSteps: size(0, 2 ** 31).default(0),
  // Wider than in configSchema
  sampling: z.enum(['natural', 'importance', 'balanced']).default('natural'),
  attribution: z.enum(['own', 'consensus']).default('own'),
  teamBonus: reward.default(0),

  // Specifications
  costCritic: z.enum(['robustness', 'network']).default('robustness'),
  costGamma: z.number().min(0).max(0.9999).default(0.9),
  costLambda: share.default(0),
  constraintCoef: z.number().min(0).max(100).default(1),
  penaltyCoef: z.number().min(0).max(1e6).default(5),

  // Learning
  returns: z.enum(['monte-carlo', 'gae', 'td-lambda']).default('monte-carlo'),
  bootstrap: z.boolean().default(true),
  returnNormalisation: z.enum(['running', 'batch', 'none']).default('running'),
  baseline: z.enum(['critic', 'counterfactual']).default('critic'),
  defects: z.array(z.enum(DEFECTS)).max(100).default([]),
})

/** A config of an experiment as a person writes it: every key may be left out. */
export type LabConfigInput = z.input<typeof labConfigSchema>

/** A config with every default filled in, but still with `auto`s. */
export type ParsedConfig = z.output<typeof labConfigSchema>

/** Keys that configSchema lacks. */
export const LAB_KEYS: readonly string[] = Object.keys(labConfigSchema.shape).filter(
  (key) => !Object.hasOwn(configSchema.shape, key),
)
