import { contextSize, type EnvironmentSpec, type TargetedSpecification } from '@vigil/env-wasm'
import { NETWORK_LIMITS, type NetworkSpec } from '@vigil/policy-wasm'
import { z } from 'zod'
import { count, label, responseCosts, rewardTable, sha256 } from '../schema-parts.ts'
import { BUNDLE_VERSION, type Bundle } from './bundle.ts'

const u32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)
const width = z.int().min(1).max(NETWORK_LIMITS.width)
const widths = z.array(width).max(NETWORK_LIMITS.layers)
const action = z.literal([0, 1, 2, 3])

/**
 * bundle.json: the settings, cut as the packages declare them that decide. What follows from other settings or from
 * pipeline.json is not stored: the number of agents is that of the weights, the network's inputs are the pipeline's.
 */
export const bundleSettingsSchema = z.strictObject({
  version: z.literal(BUNDLE_VERSION),
  /** Version of Vigil that wrote it. */
  vigil: label.max(60),
  iteration: z.int().min(1),
  configFingerprint: sha256,
  datasetFingerprint: sha256,
  sha256: z.strictObject({
    'pipeline.json': sha256,
    'belief.json': sha256,
    'reference.json': sha256,
    'weights.bin': sha256,
  }),
  network: z.strictObject({
    policyHidden: widths.min(1),
    valueHidden: widths.min(1).nullable(),
    lstmHidden: widths,
    layerNorm: z.boolean(),
    constraintCount: z.int().min(0).max(NETWORK_LIMITS.constraints),
  }),
  environment: z.strictObject({
    mode: z.enum(['iid', 'stream']),
    seed: u32,
    episodeSteps: count.max(2 ** 31),
    attribution: z.enum(['own', 'consensus']),
    rule: z.enum(['majority', 'quorum']),
    rewards: rewardTable,
    teamBonus: z.number(),
    response: responseCosts.nullable(),
    showsBelief: z.boolean(),
    observeConstraints: z.boolean(),
  }),
  vote: z.strictObject({
    rule: z.enum(['majority', 'quorum', 'trimmed-median', 'weighted']),
    faults: z.int().min(0).max(NETWORK_LIMITS.agents),
    fallbackAction: action,
    weights: z.array(u32).min(1).max(NETWORK_LIMITS.agents),
  }),
  stopFactor: z.number().min(1e-6).max(1e6),
  specifications: z
    .array(
      z.strictObject({
        name: label.max(60),
        formula: label.max(10_000),
        target: z.number().gt(0).lt(1),
      }),
    )
    .max(NETWORK_LIMITS.constraints)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'names must differ'),
})

/** @see bundleSettingsSchema */
export type BundleSettings = z.infer<typeof bundleSettingsSchema>

/** A bundle's settings as bundle.json has them. @param hashes of the other files */
export function settingsOf(bundle: Bundle, vigil: string, hashes: BundleSettings['sha256']): BundleSettings {
  const { policyHidden, valueHidden, lstmHidden, layerNorm, constraintCount } = bundle.network
  const { mode, seed, episodeSteps, attribution, rule, rewards, teamBonus } = bundle.environment
  const { response, showsBelief, observeConstraints } = bundle.environment
  return {
    version: BUNDLE_VERSION,
    vigil,
    iteration: bundle.iteration,
    configFingerprint: bundle.configFingerprint,
    datasetFingerprint: bundle.datasetFingerprint,
    sha256: hashes,
    network: {
      ...{ layerNorm, constraintCount, policyHidden: [...policyHidden], lstmHidden: [...lstmHidden] },
      valueHidden: valueHidden === null ? null : [...valueHidden],
    },
    environment: {
      ...{ mode, seed, episodeSteps, attribution, rule, teamBonus, showsBelief, observeConstraints },
      response: response && { ...response },
      rewards: { ...rewards },
    },
    vote: { ...bundle.vote, weights: [...bundle.vote.weights] },
    stopFactor: bundle.stopFactor,
    specifications: bundle.specifications.map(({ name, formula, target }) => ({ name, formula, target })),
  }
}

/** The environment that the settings describe. */
export function environmentOf({ environment, vote, specifications }: BundleSettings): EnvironmentSpec {
  const { faults, fallbackAction, weights } = vote
  const formulas = specifications.map(({ formula }: TargetedSpecification) => formula)
  return { ...environment, agentCount: weights.length, faults, fallbackAction, specifications: formulas }
}

/** The network that the settings describe, on the inputs of a pipeline. */
export function networkOf(
  { network, vote }: BundleSettings,
  environment: EnvironmentSpec,
  inputs: {
    readonly denseNames: readonly string[]
    readonly categoricalColumns: readonly { vocabularySize: number }[]
  },
): NetworkSpec {
  return {
    ...network,
    agentCount: vote.weights.length,
    denseSize: inputs.denseNames.length + contextSize(environment),
    vocabularySizes: inputs.categoricalColumns.map(({ vocabularySize }) => vocabularySize),
  }
}
