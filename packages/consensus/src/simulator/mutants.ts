/** Wrong versions of the protocol, one error each. Tests put them in place and expect to see them caught. */
import { STANDARD_RULES } from '../agreement/rules.ts'
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
  'takes part after losing its state': { forgetful: 'at once' },
  'takes part after losing its state and another crash': { forgetful: 'later' },
} as const satisfies Record<string, Mutation>
