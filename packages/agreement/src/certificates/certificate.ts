/** The certificate of a committed batch: its decisions, the votes that they follow from, and the signatures of a quorum. */
import { VigilError } from '@vigil/errors'
import type { BatchDecision } from '@vigil/vote'
import { type Checking, checkCertificate, checkEvidence, checkValue } from '../protocol/checks.ts'
import { inclusionPath, rootOfInclusion } from '../protocol/merkle.ts'
import type { Committed, Evidence, QuorumCertificate, Value } from '../protocol/messages.ts'
import type { RejectionReason } from '../protocol/rejection.ts'
import { STANDARD_RULES } from '../protocol/rules.ts'
import { claimed, type Verify } from '../protocol/statement.ts'
import { checkTerms, type Terms } from '../protocol/terms.ts'
import {
  type BatchSettings,
  ballotDigest,
  countValue,
  Digests,
  decideValue,
  decisionLeaf,
  settingsText,
  type ValueOutline,
  valueDigest,
} from '../protocol/value.ts'

/** All that is needed to check a batch's decisions with the public keys alone. */
export type BatchCertificate = {
  readonly settings: BatchSettings
  /** the vote vector: every ballot with its agent's signature */
  readonly value: Value
  /** a quorum's commit votes */
  readonly certificate: QuorumCertificate
  /** [rows] what the team does: 0..3, or NO_ACTION */
  readonly actions: Uint8Array
  /** where it stands in a chain (chain.ts), 64 hex digits each; its `run` is made of them */
  readonly link?: { readonly previous: string; readonly events: string }
}

/** Who is to be believed, and what they agreed on. */
export type TrustedTeam = Terms & { readonly verify: Verify }

/** One decision of a certified batch, which can be checked without the other ones. */
export type DecisionProof = {
  readonly settings: BatchSettings
  readonly outline: ValueOutline
  readonly certificate: QuorumCertificate
  readonly row: number
  /** row, action and votes, as src/protocol/value.ts lays them out */
  readonly leaf: Uint8Array
  /** 64 hex digits each */
  readonly path: readonly string[]
}

/** The certificate of a batch from what an agent has committed. */
export function certify(settings: BatchSettings, { value, certificate }: Committed): BatchCertificate {
  return { settings, value, certificate, actions: countValue(value, settings).decisions.actions }
}

/**
 * Whether a certificate holds; null, or what is wrong with it.
 *
 * @example
 * ```ts
 * const team = decodePublicTeam(publicKeysFile)
 * for (const batch of decodeCertificates(certificatesFile, team)) verifyCertificate(batch, team) // null
 * ```
 */
export function verifyCertificate(batch: BatchCertificate, team: TrustedTeam): RejectionReason | null {
  return checkTerms(batch.settings, team) ?? checkCertified(batch, team)
}

/**
 * Whether a certificate holds under these settings; null, or what is wrong with it.
 *
 * @param settings that the verifier has from elsewhere
 */
export function verifyBatch(
  batch: BatchCertificate,
  { settings, verify }: { readonly settings: BatchSettings; readonly verify: Verify },
): RejectionReason | null {
  const elsewhere = STANDARD_RULES.belongs(settings.domain, batch.settings.domain)
  if (elsewhere !== null) return elsewhere
  return settingsText(batch.settings) === settingsText(settings) ? checkCertified(batch, { verify }) : 'WRONG_TERMS'
}

/** Whether a proof that an agent has lied holds in a batch with these settings; null, or what is wrong with it. */
export function verifyEvidence(
  evidence: Pick<Evidence, 'agent' | 'first' | 'second'>,
  { settings, verify }: { readonly settings: BatchSettings; readonly verify: Verify },
): RejectionReason | null {
  return checkEvidence(checkingFor(settings, { verify }), evidence)
}

/**
 * Proofs from two certificates of one batch that were checked and are of different values: who has signed both in one view, or
 * two ballots. Where the views differ those that signed both may have been deceived, and are not named.
 *
 * @example
 * ```ts
 * splitEvidence(ours, theirs).map(({ agent }) => agent) // more than f where the views are the same
 * ```
 */
export function splitEvidence(
  one: Pick<BatchCertificate, 'certificate' | 'value'>,
  other: Pick<BatchCertificate, 'certificate' | 'value'>,
): Evidence[] {
  const found = new Map<number, Evidence>()
  const compare = (kind: 'commit' | 'ballot', first: readonly Signed[], second: readonly Signed[]) => {
    for (const { agent, view, digest, signature } of first) {
      const twin = second.find((signed) => signed.agent === agent && signed.view === view && signed.digest !== digest)
      if (twin === undefined || found.has(agent)) continue
      const statements = {
        first: { ...claimed(kind, view, digest), signature },
        second: { ...claimed(kind, view, twin.digest), signature: twin.signature },
      }
      found.set(agent, { type: 'evidence', agent, ...statements })
    }
  }
  compare('commit', commitsOf(one.certificate), commitsOf(other.certificate))
  compare('ballot', ballotsOf(one.value), ballotsOf(other.value))
  return [...found.values()].sort((a, b) => a.agent - b.agent)
}

type Signed = { readonly agent: number; readonly view: number; readonly digest: string; readonly signature: string }

function commitsOf({ view, digest, signatures }: QuorumCertificate): Signed[] {
  return signatures.map(({ agent, signature }) => ({ agent, view, digest, signature }))
}

function ballotsOf(value: Value): Signed[] {
  return value.map(({ agent, digest, signature }) => ({ agent, view: 0, digest, signature }))
}

function checkCertified(
  { settings, value, certificate, actions }: BatchCertificate,
  trusted: { readonly verify: Verify },
): RejectionReason | null {
  const checking = checkingFor(settings, trusted)
  const reason = checkCommit(checking, certificate) ?? checkValue(checking, value)
  if (reason !== null) return reason
  // Settings that no vote can be counted by are not those that a quorum has signed.
  const decisions = decisionsOf(value, checking)
  if (decisions === null || checking.digests.value(value) !== certificate.digest) return 'OTHER_DIGEST'
  return Buffer.compare(decisions.actions, actions) === 0 ? null : 'WRONG_DECISIONS'
}

/**
 * One decision of the batch with its way to what the quorum has signed.
 *
 * @param row 0 to rows - 1
 */
export function proveDecision({ settings, value, certificate }: BatchCertificate, row: number): DecisionProof {
  const decided = decideValue(value, settings)
  const root = decided.tree.levels.at(-1)![0].toString('hex')
  const ballots = value.map((ballot) => [ballot.agent, ballotDigest(ballot)] as const)
  const leaf = new Uint8Array(decisionLeaf(decided, { row, agentCount: settings.agentCount }))
  return { settings, outline: { root, ballots }, certificate, row, leaf, path: inclusionPath(decided.tree, row) }
}

/**
 * Whether the quorum has certified this decision; null, or what is wrong.
 *
 * @example
 * ```ts
 * verifyDecision(proveDecision(batch, 3), team) // null: the quorum has certified the decision about row 3
 * ```
 */
export function verifyDecision(proof: DecisionProof, team: TrustedTeam): RejectionReason | null {
  const { settings, outline, certificate, row, leaf, path } = proof
  const reason = checkTerms(settings, team) ?? checkCommit(checkingFor(settings, team), certificate)
  if (reason !== null) return reason
  const isOfRow = leaf.length === 6 + 5 * settings.agentCount && Buffer.from(leaf).readUInt32BE(0) === row
  const root = isOfRow ? rootOfInclusion({ content: leaf, index: row, count: settings.rows, path }) : null
  if (root === null || root !== outline.root) return 'NOT_PROVEN'
  return valueDigest(outline, settings) === certificate.digest ? null : 'OTHER_DIGEST'
}

function decisionsOf(value: Value, { digests }: Checking): BatchDecision | null {
  try {
    return digests.decisions(value)
  } catch (error) {
    if (error instanceof VigilError) return null
    throw error
  }
}

function checkCommit(checking: Checking, certificate: QuorumCertificate): RejectionReason | null {
  return certificate.phase === 'commit' ? checkCertificate(checking, certificate) : 'UNJUSTIFIED'
}

function checkingFor(settings: BatchSettings, { verify }: { readonly verify: Verify }): Checking {
  return { settings, rules: STANDARD_RULES, verify, digests: new Digests(settings) }
}
