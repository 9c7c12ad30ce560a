/** What the actors of a run are, beside their dataset: all that a host needs to compute a shard. */
import type { ActorSettings } from '@vigil/actors'
import type { Family } from '@vigil/engine-native'
import { NETWORK_LIMITS } from '@vigil/policy-wasm'
import { z } from 'zod'
import { hostsError } from '../errors.ts'

const whole = (min: number, max: number) => z.int().min(min).max(max)
const number = z.number().min(-1e9).max(1e9)
const widths = z.array(whole(1, NETWORK_LIMITS.width)).max(NETWORK_LIMITS.layers)
const agents = whole(1, NETWORK_LIMITS.agents)

const network = z.strictObject({
  agentCount: agents,
  denseSize: whole(0, NETWORK_LIMITS.denseSize),
  vocabularySizes: z.array(whole(1, NETWORK_LIMITS.vocabulary)).max(NETWORK_LIMITS.columns),
  policyHidden: widths,
  valueHidden: widths.nullable(),
  layerNorm: z.boolean(),
  lstmHidden: widths,
  constraintCount: whole(0, NETWORK_LIMITS.constraints),
})

const rewards = z.strictObject({
  truePositive: number,
  trueNegative: number,
  falsePositive: number,
  falseNegative: number,
  restrictiveCost: number,
  alertCost: number,
  alertedThreat: number,
})

const response = z.strictObject({
  allowedBenign: number,
  damage: number,
  dwell: number,
  blockedBenign: number,
  cutOffBenign: number,
  containment: number,
  falseContainment: number,
  alertCost: number,
  analystDelay: whole(0, 10_000),
  analystAccuracy: number,
  block: z.enum(['fail-soft', 'fail-stop', 'retry']),
  layout: z.enum(['stream', 'site']),
  tickets: whole(1, 64),
  alertsPerShift: whole(0, 1_000_000),
  shift: whole(0, 1_000_000),
})

const environment = z.strictObject({
  mode: z.enum(['iid', 'stream']),
  agentCount: agents,
  seed: whole(0, 2 ** 32 - 1),
  episodeSteps: whole(0, 2 ** 32 - 1),
  attribution: z.enum(['own', 'consensus']),
  rule: z.enum(['majority', 'quorum']),
  faults: whole(0, NETWORK_LIMITS.agents),
  fallbackAction: whole(0, 3),
  rewards,
  rewardWeights: z.tuple([number, number]).optional(),
  teamBonus: number,
  response: response.nullable(),
  showsBelief: z.boolean(),
  specifications: z.array(z.string().max(10_000)).max(NETWORK_LIMITS.constraints),
  observeConstraints: z.boolean(),
})

const jobSchema = z.strictObject({
  network,
  environment,
  shards: whole(1, 1024),
  lanesPerShard: whole(1, 2 ** 22),
  stepsPerRollout: whole(1, 65_536),
  /** whose kernels decide in rollouts; null = those of policy.wasm */
  family: z.enum(['avx512', 'avx2', 'neon', 'portable-c']).nullable(),
})

/** A job as it travels. */
export type Job = Omit<ActorSettings, 'dataset' | 'walksTraining' | 'insideBytesMax'> & {
  readonly family: Family | null
}

/** The bytes of a job. */
export function encodeJob(settings: ActorSettings, family: Family | null): Uint8Array {
  const { network, environment, shards, lanesPerShard, stepsPerRollout } = settings
  const job: Job = { network, environment, shards, lanesPerShard, stepsPerRollout, family }
  return new TextEncoder().encode(JSON.stringify(job))
}

/** Bytes of a job at most: 32 specifications of 10,000 letters. */
export const JOB_BYTES_MAX = 2 ** 20

/** @throws {VigilError} MESSAGE for what is no job */
export function decodeJob(bytes: Uint8Array): Job {
  try {
    // What the schema lets out has the keys that were there: absent ones are absent.
    return jobSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))) as Job
  } catch (cause) {
    const what =
      cause instanceof z.ZodError ? `${cause.issues[0].path.join('.')}: ${cause.issues[0].message}` : 'it is no JSON'
    throw hostsError('MESSAGE', `The job is not one of this version: ${what}.`, { cause })
  }
}
