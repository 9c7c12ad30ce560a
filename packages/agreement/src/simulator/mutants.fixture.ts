/** Wrong versions of the protocol, one error each. Tests put them in place and expect to see them caught. */

import { type BatchDecision, type BatchVotes, decideBatch, isRestrictive, type VoteSettings } from '@vigil/vote'
import { STANDARD_RULES } from '../protocol/rules.ts'
import type { Mutation } from './team.ts'

/** By name: what is wrong. */
export const MUTANTS = {
  'quorum of 2f': { rules: { quorum: ({ faults }) => 2 * faults } },
  'quorum of 2f + 1 whatever n': { rules: { quorum: ({ faults }) => 2 * faults + 1 } },
  'signers counted twice': { rules: { distinct: () => null } },
  'signatures unchecked': { unchecked: true },
  'votes in views that were left': {
    rules: { mayVote: ({ voted }, view) => (view === voted ? 'REPEATED' : null) },
  },
  'votes for two proposals of a view': { rules: { mayVote: (at, view) => (view < at.view ? 'OLD_VIEW' : null) } },
  'proposals need not follow the highest lock': { rules: { justified: () => ({ any: true }) } },
  'lock not carried into the next view': { rules: { carriedLock: () => null } },
  'certificate of a lock need not be the highest': {
    rules: { justified: (_, lock) => (lock === null ? { any: true } : { any: false, digest: lock.digest }) },
  },
  'commits without a certificate': { rules: { mayCommit: () => null } },
  'stale timers count': { rules: { timerCounts: () => true } },
  'first statement of evidence unsigned': { rules: { proven: (_, second) => second() } },
  'second statement of evidence unsigned': { rules: { proven: (first) => first() } },
  'evidence without a contradiction': { rules: { conflicting: (first, second) => first.kind === second.kind } },
  'statements not bound to their batch': { signed: (statement) => ({ ...statement, batch: 0 }) },
  'statements not bound to their kind': {
    signed: (statement) => (statement.kind === 'commit' ? { ...statement, kind: 'prepare' } : statement),
  },
  'statements not bound to their view': { signed: (statement) => ({ ...statement, view: 0 }) },
  'messages of other batches followed': {
    rules: { belongs: (own, received) => STANDARD_RULES.belongs(own, { ...received, batch: own.batch }) },
    signed: (statement) => ({ ...statement, batch: 0 }),
  },
  'votes counted against all agents': { count: counted((votes, { all }) => 2 * votes > all) },
  'quorum of 2f + 1 votes however many ballots': { count: counted((votes, { faults }) => votes >= 2 * faults + 1) },
  'weights that f agents can heap up': {
    count: counted(
      () => true,
      (weight) => weight ** 8,
    ),
  },
  'mean in place of the trimmed median': { count: byMean },
  'takes part after losing its state': { forgetful: 'at once' },
  'takes part after losing its state and another crash': { forgetful: 'later' },
} as const satisfies Record<string, Mutation>

type Count = typeof decideBatch

/** Like the rules of actions, but what is counted for the larger class must be enough; weights count as `weigh` says. */
function counted(
  isEnough: (votes: number, team: { all: number; faults: number }) => boolean,
  weigh: ((weight: number) => number) | null = null,
): Count {
  return (input) => {
    const { agentCount, faults, weights } = input
    return judged(input, (at) => {
      const sums = [0, 0]
      for (let agent = 0; agent < agentCount; agent++) {
        const action = input.actions[at + agent]
        const weight = weigh === null ? 1 : weigh(weights?.[agent] ?? 1)
        if (action < 4) sums[isRestrictive(action) ? 1 : 0] += weight
      }
      if (sums[0] === sums[1] || !isEnough(Math.max(...sums), { all: agentCount, faults })) return 'none'
      return sums[1] > sums[0]
    })
  }
}

function byMean(input: BatchVotes & VoteSettings): BatchDecision {
  return judged(input, (at) => {
    const present = Array.from({ length: input.agentCount }, (_, agent) => at + agent).filter(
      (vote) => input.actions[vote] < 4,
    )
    return present.reduce((sum, vote) => sum + input.scores![vote], 0) / present.length > 0.5
  })
}

/** Decisions of which a wrong rule says the class, true for restrictive. */
function judged(input: BatchVotes & VoteSettings, classOf: (at: number) => boolean | 'none'): BatchDecision {
  const batch = decideBatch(input)
  for (const row of batch.actions.keys()) {
    const wrong = classOf(row * input.agentCount)
    batch.decided[row] = wrong === 'none' ? 0 : 1
    if (wrong === 'none') batch.actions[row] = 3
    else if (wrong !== isRestrictive(batch.actions[row])) batch.actions[row] = wrong ? 1 : 0
  }
  return batch
}
