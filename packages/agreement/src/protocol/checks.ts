/** Whether what was received holds: certificates, claims, ballots, values, proposals, evidence. No state. */
import { ballotsNeeded } from '@vigil/vote'
import type { Ballot, Claim, Evidence, Message, Proposal, QuorumCertificate, Value } from './messages.ts'
import type { RejectionReason } from './rejection.ts'
import type { AgreementRules } from './rules.ts'
import { type Claimed, claimed, type Verify } from './statement.ts'
import type { BatchSettings, Digests } from './value.ts'

/** What a check needs to know. */
export type Checking = {
  readonly settings: BatchSettings
  readonly rules: AgreementRules
  readonly verify: Verify
  readonly digests: Digests
}

/** Whether the agent has signed this in this batch. */
export function isSigned(
  { settings, verify }: Checking,
  { agent, statement, signature }: { agent: number; statement: Claimed; signature: string },
): boolean {
  return verify(agent, { ...settings.domain, ...statement }, signature)
}

/** Whether a quorum of distinct agents has signed. */
export function checkCertificate(checking: Checking, certificate: QuorumCertificate): RejectionReason | null {
  const { settings, rules } = checking
  const { phase, view, digest, signatures } = certificate
  const repeated = rules.distinct(signatures)
  if (repeated !== null) return repeated
  if (signatures.length < rules.quorum(settings)) return 'TOO_FEW_SIGNERS'
  const statement = claimed(phase, view, digest)
  for (const { agent, signature } of signatures) {
    if (agent >= settings.agentCount) return 'UNKNOWN_AGENT'
    if (!isSigned(checking, { agent, statement, signature })) return 'BAD_SIGNATURE'
  }
  return null
}

/** What the signature of a claim is over. */
export function statementOfClaim({ view, digest, lockView }: Claim): Claimed {
  return { kind: 'status', view, digest, lockView }
}

/** Whether the agent that a claim names has signed it. */
export function checkClaim(checking: Checking, claim: Claim): RejectionReason | null {
  if (claim.agent >= checking.settings.agentCount) return 'UNKNOWN_AGENT'
  if (claim.lockView >= claim.view) return 'UNJUSTIFIED'
  const { agent, signature } = claim
  return isSigned(checking, { agent, statement: statementOfClaim(claim), signature }) ? null : 'BAD_SIGNATURE'
}

/** Whether an agent has signed the digest that stands in a ballot. Its votes are not looked at. */
export function checkBallotSignature(
  checking: Checking,
  { agent, digest, signature }: Omit<Ballot, 'actions' | 'scores'>,
): RejectionReason | null {
  if (agent >= checking.settings.agentCount) return 'UNKNOWN_AGENT'
  return isSigned(checking, { agent, statement: claimed('ballot', 0, digest), signature }) ? null : 'BAD_SIGNATURE'
}

/** Whether a ballot's votes are those that were signed. */
export function isAsSigned({ digests }: Checking, ballot: Ballot): boolean {
  return digests.ballot(ballot) === ballot.digest
}

/**
 * Whether a value holds the ballots of at least n - f distinct agents, each as its agent signed it. All signatures are
 * checked before any votes are hashed.
 */
export function checkValue(checking: Checking, value: Value): RejectionReason | null {
  const { agentCount, faults } = checking.settings
  if (value.length < ballotsNeeded(agentCount, faults)) return 'BAD_VALUE'
  const isOrdered = value.every((ballot, i) => i === 0 || ballot.agent > value[i - 1].agent)
  if (!isOrdered || value.some((ballot) => checkBallotSignature(checking, ballot) !== null)) return 'BAD_VALUE'
  return value.every((ballot) => isAsSigned(checking, ballot)) ? null : 'BAD_VALUE'
}

/** Whether a claim to a lock comes with the certificate and the value, which a leader needs to propose it again, and one to none with nothing. */
export function checkLock(
  checking: Checking,
  { claim, lock, value }: { claim: Claim; lock: QuorumCertificate | null; value: Value },
): RejectionReason | null {
  if (claim.lockView < 0) return lock === null && value.length === 0 ? null : 'UNJUSTIFIED'
  if (lock === null || lock.phase !== 'prepare') return 'LOCK_MISSING'
  if (lock.view !== claim.lockView || lock.digest !== claim.digest) return 'LOCK_MISSING'
  const reason = checkCertificate(checking, lock) ?? checkValue(checking, value)
  if (reason !== null) return reason
  return checking.digests.value(value) === lock.digest ? null : 'OTHER_DIGEST'
}

/** Whether the leader of its view has signed the digest of a proposal. Its value is not looked at. */
export function checkHeader(
  checking: Checking,
  { view, digest, signature }: Pick<Proposal, 'view' | 'digest' | 'signature'>,
): RejectionReason | null {
  const agent = checking.rules.leaderOf(view, checking.settings)
  return isSigned(checking, { agent, statement: claimed('proposal', view, digest), signature }) ? null : 'BAD_SIGNATURE'
}

/**
 * Whether a proposal is its leader's and follows from the claims of a quorum. Its value is not looked at: it is long and
 * anybody can send one, so that for who is not the leader nothing is done but one check of a signature.
 */
export function checkJustified(checking: Checking, proposal: Proposal): RejectionReason | null {
  const badHeader = checkHeader(checking, proposal)
  if (badHeader !== null) return badHeader
  const justified = proposal.view === 0 ? justifyFirst(proposal) : justifyLater(checking, proposal)
  if (typeof justified === 'string') return justified
  return justified.required === null || justified.required === proposal.digest ? null : 'OTHER_DIGEST'
}

/** Whether a proposal holds the value that its leader signed. */
export function checkProposed(checking: Checking, { value, digest }: Proposal): RejectionReason | null {
  const badValue = checkValue(checking, value)
  if (badValue !== null) return badValue
  return checking.digests.value(value) === digest ? null : 'OTHER_DIGEST'
}

/**
 * Whether a message deserves that its votes are read at all, by its signatures alone: the message is as it was sent, but
 * without the votes of its ballots.
 */
export function checkOutline(checking: Checking, message: Message): RejectionReason | null {
  switch (message.type) {
    case 'ballot':
      return checkBallotSignature(checking, message.ballot)
    case 'proposal':
      return checkHeader(checking, message)
    case 'committed':
      return checkCertificate(checking, message.certificate)
    case 'status':
      return checkClaim(checking, message.claim)
    default:
      return null
  }
}

/** The digest that a proposal must have, or null where the leader is free. */
type Required = { readonly required: string | null }

/** Nobody can be locked before view 0. */
function justifyFirst({ claims, lock }: Proposal): Required | RejectionReason {
  return claims.length === 0 && lock === null ? { required: null } : 'UNJUSTIFIED'
}

function justifyLater(checking: Checking, { view, claims, lock }: Proposal): Required | RejectionReason {
  const { settings, rules } = checking
  const repeated = rules.distinct(claims)
  if (repeated !== null) return repeated
  if (claims.length < rules.quorum(settings)) return 'TOO_FEW_SIGNERS'
  const justified = rules.justified(claims, lock)
  if (justified === null || claims.some((claim) => claim.view !== view)) return 'UNJUSTIFIED'
  for (const claim of claims) {
    const reason = checkClaim(checking, claim)
    if (reason !== null) return reason
  }
  if (justified.any) return { required: null }
  const reason = lock === null ? null : checkCertificate(checking, lock)
  return reason ?? { required: justified.digest }
}

/** Whether both statements are the agent's, and no honest agent would have signed both. */
export function checkEvidence(
  checking: Checking,
  { agent, first, second }: Pick<Evidence, 'agent' | 'first' | 'second'>,
): RejectionReason | null {
  if (agent >= checking.settings.agentCount) return 'UNKNOWN_AGENT'
  if (!checking.rules.conflicting(first, second)) return 'NOT_PROVEN'
  const signed = (statement: typeof first) => () =>
    isSigned(checking, { agent, statement: { ...claimedOf(statement) }, signature: statement.signature })
  return checking.rules.proven(signed(first), signed(second)) ? null : 'BAD_SIGNATURE'
}

function claimedOf({ kind, view, digest, lockView }: Claimed): Claimed {
  return { kind, view, digest, lockView }
}
