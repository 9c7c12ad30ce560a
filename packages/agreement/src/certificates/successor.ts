/**
 * Epochs that follow one on another. The manifest of the next epoch names the one before and the batch from which on it is in
 * force, and is valid when a quorum of the agents before has signed it. Who signs takes no part in that batch under the old
 * manifest, and has cast no vote for the commit of a value there. Any two quorums share an honest agent, so there is either a
 * certificate of the old epoch for that batch, or a successor that begins with it, and one successor at most.
 *
 * What is signed is a statement of the protocol: the commit of the new manifest's SHA-256, under a name that no batch has. Before that a
 * quorum of the new agents sign it, too, with their own keys: an epoch whose keys were lost would end the team.
 */
import { hash } from 'node:crypto'
import type { VigilError } from '@vigil/errors'
import { agreementError } from '../errors.ts'
import type { Evidence } from '../protocol/messages.ts'
import { agreementQuorum } from '../protocol/rules.ts'
import { claimed, type Domain, type Sign, type Statement } from '../protocol/statement.ts'
import type { ChainTeam } from './chain.ts'
import type { EpochManifest } from './epoch-manifest.ts'

/** A manifest with the team that it is of, as decodeManifest gives them. */
export type Epoch = { readonly manifest: EpochManifest; readonly team: ChainTeam }

/** An agent's signature under a successor. */
export type SuccessorSignature = { readonly agent: number; readonly signature: string }

/** An agent of the old epoch signs its successor. */
export function signSuccessor(before: Epoch, next: Epoch, sign: Sign): string {
  return sign({ ...domainOf(before, next), ...claimed('commit', 0, next.team.id) })
}

/**
 * Whether a manifest may come after another one, whoever has signed it.
 *
 * @param epochs all so far, the first one first
 * @throws {VigilError} SUCCESSOR
 */
export function assertFollows(epochs: readonly Epoch[], { manifest }: Epoch): void {
  const before = epochs[epochs.length - 1]
  const { follows } = manifest
  if (follows === null) throw refused('must name the epoch before', 'nothing')
  if (follows.manifest !== before.team.id) throw refused('must name the epoch before', follows.manifest)
  const due = before.manifest.epoch + 1
  if (manifest.epoch !== due) throw refused(`must be of epoch ${due}`, manifest.epoch)
  const first = beginOf(before)
  // Where the one before could certify nothing, another may begin in its place.
  if (follows.batch < first) throw refused(`must not begin before batch ${first}`, follows.batch)
  // A batch that was gathered before is given to the new agents.
  const { batchRows } = before.manifest
  if (manifest.batchRows < batchRows)
    throw refused(`must have batches of at least ${batchRows} events`, manifest.batchRows)
  for (const { manifest: earlier } of epochs) {
    const used = new Set(secretsOf(earlier))
    if (secretsOf(manifest).some((key) => used.has(key))) {
      throw refused('must have keys of its own', `one of epoch ${earlier.epoch}`)
    }
  }
  const taken = new Set(before.manifest.agents.map(({ address }) => address))
  const shared = manifest.agents.find(({ address }) => taken.has(address))
  if (shared !== undefined) throw refused('must have agents that listen elsewhere than those before', shared.address)
}

/**
 * Whether a quorum of the epoch before has signed a manifest. Signatures that do not hold count for nothing.
 *
 * @returns null, or how many are missing
 */
export function missingSigners(before: Epoch, next: Epoch, signatures: readonly SuccessorSignature[]): number | null {
  return missing(
    before,
    signatures.filter((one) => isSigned(before, next, one)),
  )
}

/** Whether an agent of the epoch before has signed a manifest. */
export function isSigned(before: Epoch, next: Epoch, { agent, signature }: SuccessorSignature): boolean {
  const statement = { ...domainOf(before, next), ...claimed('commit', 0, next.team.id) }
  return before.team.verify(agent, statement, signature)
}

/**
 * An agent of a new epoch shows that it holds its key, before those of the epoch before sign.
 *
 * @example
 * ```ts
 * const ready = [{ agent: 0, signature: signReadiness(next, sign) }]
 * missingReady(next, ready) // how many more of the new agents must show it, or null
 * ```
 */
export function signReadiness(next: Epoch, sign: Sign): string {
  return sign(readinessOf(next))
}

/** Whether an agent of a new epoch has shown that it holds its key. */
function isReady(next: Epoch, { agent, signature }: SuccessorSignature): boolean {
  return next.team.verify(agent, readinessOf(next), signature)
}

/**
 * Whether a quorum of the new agents hold their keys: fewer could certify nothing. Signatures that do not hold count for nothing.
 *
 * @returns null, or how many are missing
 */
export function missingReady(next: Epoch, signatures: readonly SuccessorSignature[]): number | null {
  return missing(
    next,
    signatures.filter((one) => isReady(next, one)),
  )
}

/**
 * Proofs that agents have signed two successors of one epoch that begin with the same batch, which no honest agent does.
 *
 * @example
 * ```ts
 * successorEvidence(before, [{ next: ours, signatures }, { next: theirs, signatures: others }]) // one for each agent that signed both
 * ```
 */
export function successorEvidence(
  before: Epoch,
  [one, other]: readonly [Rival, Rival],
): { readonly domain: Domain; readonly evidence: Evidence }[] {
  const domain = domainOf(before, one.next)
  if (domain.batch !== domainOf(before, other.next).batch || one.next.team.id === other.next.team.id) return []
  return one.signatures.flatMap((first) => {
    const second = other.signatures.find(({ agent }) => agent === first.agent)
    if (second === undefined || !isSigned(before, one.next, first) || !isSigned(before, other.next, second)) return []
    const statementOf = ({ next }: Rival, { signature }: SuccessorSignature) => ({
      ...claimed('commit', 0, next.team.id),
      signature,
    })
    const statements = { first: statementOf(one, first), second: statementOf(other, second) }
    return [{ domain, evidence: { type: 'evidence', agent: first.agent, ...statements } }]
  })
}

type Rival = { readonly next: Epoch; readonly signatures: readonly SuccessorSignature[] }

/** The first batch of an epoch. */
export function beginOf({ manifest }: Epoch): number {
  return manifest.follows?.batch ?? 0
}

/** The epoch that a batch belongs to. @param epochs the first one first */
export function epochOf<One extends Epoch>(epochs: readonly One[], batch: number): One {
  return epochs.findLast((epoch) => beginOf(epoch) <= batch) ?? epochs[0]
}

function domainOf({ team }: Epoch, next: Epoch): Domain {
  return { run: hash('sha256', `vigil/successor/1\nteam ${team.id}\n`), epoch: team.epoch, batch: beginOf(next) }
}

/** As a successor is signed, in a run that no batch and no successor has. */
function readinessOf(next: Epoch): Statement {
  const domain = { run: hash('sha256', 'vigil/readiness/1\n'), epoch: next.team.epoch, batch: beginOf(next) }
  return { ...domain, ...claimed('commit', 0, next.team.id) }
}

/** @param signatures that hold @returns how many signers lack to a quorum; null = none */
function missing({ team }: Epoch, signatures: readonly SuccessorSignature[]): number | null {
  const lacking = agreementQuorum(team) - new Set(signatures.map(({ agent }) => agent)).size
  return lacking > 0 ? lacking : null
}

/** What nobody but a member has the other half of. */
function secretsOf({ agents, enforcer }: EpochManifest): string[] {
  return [...agents.flatMap(({ publicKey, certificate }) => [publicKey, certificate]), enforcer]
}

function refused(requirement: string, received: unknown): VigilError {
  return agreementError('SUCCESSOR', {
    field: 'The manifest of an epoch',
    requirement,
    received: String(received),
    remedy: 'Make it with service:team-rotate from the manifests that the team has',
  })
}
