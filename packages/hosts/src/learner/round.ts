/** One collection as the exchange knows it: its policy, the states its shards begin in, the leases and what was answered. */
import { type Parcel, parcelOf } from '../wire/parts.ts'
import { type Audit, type CheckedRollout, differenceOf, isAudited } from './audit.ts'
import { createLeases, LEARNER, type LeaseRules, type Leases, type Ruling } from './leases.ts'

/** A collection under way. */
export type Round = {
  readonly number: number
  readonly policyVersion: number
  /** when it began, in milliseconds */
  readonly beganMs: number
  readonly policy: Parcel
  /** by shard */
  readonly states: readonly Parcel[]
  readonly leases: Leases
  /** A rollout that has been found sound. */
  answer(worker: string, shard: number, rollout: CheckedRollout & { readonly digest: string }): Ruling
  /** What a liar answered otherwise than the learner, as evidence. */
  evidence(liar: string, shard: number): string
  /** Forgets what a liar has answered. @returns how many shards that counted */
  revoke(liar: string): number
  /** The rollouts that count, by shard; null while some are missing. */
  outcome(): readonly CheckedRollout[] | null
}

export type RoundStart = {
  readonly number: number
  readonly policyVersion: number
  readonly beganMs: number
  readonly policy: Uint8Array
  readonly states: readonly Uint8Array[]
  readonly audit: Audit
  /** Whether the learner computes the first shard itself, which is the canary then. */
  readonly makesCanary: boolean
  readonly rules: LeaseRules
}

/** @see Round */
export function beginRound(start: RoundStart): Round {
  const { number, policyVersion, beganMs, policy, states, audit, makesCanary, rules } = start
  const leases = createLeases(states.length, {
    audited: (shard) => isAudited(audit, number, shard),
    own: (shard) => makesCanary && shard === 0,
    rules,
  })
  const rollouts = states.map(() => new Map<string, CheckedRollout & { readonly digest: string }>())
  return {
    ...{ number, policyVersion, beganMs, leases },
    policy: parcelOf([policy]),
    states: states.map((state) => parcelOf([state])),
    answer(worker, shard, rollout) {
      const ruling = leases.answer(worker, shard, rollout.digest)
      if (ruling.verdict !== 'unasked') rollouts[shard].set(worker, rollout)
      return ruling
    },
    evidence(liar, shard) {
      const [answered, own] = [rollouts[shard].get(liar)!, rollouts[shard].get(LEARNER)!]
      const difference = differenceOf(answered.decoded, own.decoded) ?? 'the state after the rollout is another'
      return `in shard ${shard} of collection ${number}, computed with policy ${policyVersion}, ${difference} (SHA-256 ${answered.digest}, but ${own.digest})`
    },
    revoke(liar) {
      leases.revoke(liar)
      return rollouts.filter((answers) => answers.delete(liar)).length
    },
    outcome: () => leases.outcome()?.map((worker, shard) => rollouts[shard].get(worker)!) ?? null,
  }
}
