/**
 * The judgements that safety and progress rest on, each a pure function, in one object. The protocol takes it as an
 * argument so that tests can put a wrong judgement in place of one of them and see it caught.
 */
import { assertTolerates } from '@vigil/vote'
import type { AgentSignature, Claim, QuorumCertificate } from './messages.ts'
import type { RejectionReason } from './rejection.ts'
import { type Claimed, type Domain, NO_LOCK } from './statement.ts'

/** What a proposal must be: any value, this value, or nothing since it does not follow from its claims. */
type Justified = { readonly any: true } | { readonly any: false; readonly digest: string } | null

/** The judgements; STANDARD_RULES are the ones to use. */
export type AgreementRules = {
  readonly leaderOf: (view: number, team: { agentCount: number; domain: Domain }) => number
  readonly quorum: (team: { agentCount: number; faults: number }) => number
  readonly distinct: (signatures: readonly AgentSignature[]) => RejectionReason | null
  readonly belongs: (own: Domain, received: Domain) => RejectionReason | null
  readonly mayVote: (at: { view: number; voted: number }, view: number) => RejectionReason | null
  readonly justified: (claims: readonly Claim[], lock: QuorumCertificate | null) => Justified
  readonly carriedLock: <Lock>(lock: Lock | null) => Lock | null
  readonly mayCommit: (check: () => RejectionReason | null) => RejectionReason | null
  readonly timerCounts: (at: { view: number }, timer: { view: number }) => boolean
  readonly conflicting: (first: Claimed, second: Claimed) => boolean
  readonly proven: (first: () => boolean, second: () => boolean) => boolean
}

/** The protocol of docs/agreement.md. */
export const STANDARD_RULES: AgreementRules = {
  // Agents take turns, and different batches begin with different ones: of f + 1 views in a row an honest agent leads one.
  leaderOf: (view, { agentCount, domain }) => (view + domain.batch) % agentCount,
  quorum: agreementQuorum,
  distinct: ascendingAgents,
  belongs: sameDomain,
  mayVote: oncePerView,
  justified: highestLock,
  // What an agent has locked on goes with it into every later view.
  carriedLock: (lock) => lock,
  // A commit vote needs a prepare certificate that holds.
  mayCommit: (check) => check(),
  // A timer of a view that has been left says nothing about the present one.
  timerCounts: (at, timer) => at.view === timer.view,
  conflicting,
  proven: (first, second) => first() && second(),
}

/**
 * Votes that make a certificate: the fewest of which any two sets share an honest agent, 2q - n >= f + 1. This is 2f + 1
 * with n = 3f + 1 and more where there are more agents: among six, two sets of three need not meet.
 *
 * @returns floor((n + f) / 2) + 1, from 2f + 1 to n - f: the honest agents alone can always form one
 * @throws {VigilError} AGENT_COUNT, FAULTS, TOO_FEW_AGENTS
 */
export function agreementQuorum({ agentCount, faults }: { agentCount: number; faults: number }): number {
  assertTolerates(agentCount, faults)
  return Math.floor((agentCount + faults) / 2) + 1
}

/** Strictly ascending agents are distinct ones, and leave one order for one set. */
function ascendingAgents(signatures: readonly AgentSignature[]): RejectionReason | null {
  for (let i = 1; i < signatures.length; i++) {
    if (signatures[i].agent <= signatures[i - 1].agent) return 'REPEATED_SIGNER'
  }
  return null
}

function sameDomain(own: Domain, received: Domain): RejectionReason | null {
  if (received.run !== own.run) return 'WRONG_RUN'
  if (received.epoch !== own.epoch) return 'WRONG_EPOCH'
  return received.batch === own.batch ? null : 'WRONG_BATCH'
}

/** An agent votes in the view that it is in or enters, and in each view once. */
function oncePerView({ view: current, voted }: { view: number; voted: number }, view: number): RejectionReason | null {
  if (view < current) return 'OLD_VIEW'
  return view <= voted ? 'REPEATED' : null
}

/**
 * The highest lock among the claims of a quorum decides: where a value was committed in an earlier view, a quorum had
 * locked on it, and one honest agent is in both.
 */
function highestLock(claims: readonly Claim[], lock: QuorumCertificate | null): Justified {
  const highest = claims.reduce((view, claim) => Math.max(view, claim.lockView), NO_LOCK)
  if (highest === NO_LOCK) return lock === null ? { any: true } : null
  const shown = lock !== null && lock.phase === 'prepare' && lock.view === highest
  return shown ? { any: false, digest: lock.digest } : null
}

/**
 * Whether no honest agent signs both:
 *   two ballots, or two proposals, votes of one phase or claims of one view, that differ;
 *   a commit vote, and a claim for a later view that knows no lock so high, or another value for it;
 *   a claim to a lock, and a claim for a later view that knows no lock so high, or another value for it.
 */
function conflicting(first: Claimed, second: Claimed): boolean {
  if (first.kind === second.kind && first.view === second.view) {
    return first.digest !== second.digest || first.lockView !== second.lockView
  }
  return forgotten(first, second) || forgotten(second, first)
}

/** Whether a later claim does not know the lock that a commit vote or an earlier claim shows. */
function forgotten(earlier: Claimed, later: Claimed): boolean {
  if (later.kind !== 'status' || later.view <= earlier.view) return false
  if (earlier.kind !== 'commit' && earlier.kind !== 'status') return false
  const locked = earlier.kind === 'commit' ? earlier.view : earlier.lockView
  return later.lockView < locked || (later.lockView === locked && later.digest !== earlier.digest)
}
