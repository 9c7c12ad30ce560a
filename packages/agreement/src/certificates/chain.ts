/**
 * Chains of certificates, for a team that decides on events as they come: nobody knows how many there will be, so the terms of
 * a run (terms.ts) do not fit. Every batch is agreed on under a name of its own in the place of the run:
 *
 *   run_b = SHA-256 over the team's manifest, the batch, its rows, the root of its events and what the batch before came to
 *
 * Every signature is bound to its run. Agents that were given other events, or that know another past, therefore sign other
 * statements: they can neither agree with each other nor be played off against each other.
 */
import { hash } from 'node:crypto'
import type { RejectionReason } from '../protocol/rejection.ts'
import type { Verify } from '../protocol/statement.ts'
import { rootOfLeaves } from '../protocol/tree-root.ts'
import type { BatchSettings } from '../protocol/value.ts'
import { type BatchCertificate, verifyBatch } from './certificate.ts'

/** Who agrees in a chain, and how it counts. */
export type ChainTeam = Pick<BatchSettings, 'agentCount' | 'faults' | 'decision'> & {
  /** 64 hex digits: SHA-256 of the manifest */
  readonly id: string
  readonly epoch: number
  readonly verify: Verify
}

/** What a batch of a chain is about. */
export type ChainLink = {
  /** 0, 1, ... */
  readonly batch: number
  readonly firstRow: number
  readonly rows: number
  /** 64 hex digits each: eventsRoot of its events, and linkAfter of the batch before or CHAIN_BEGIN */
  readonly events: string
  readonly previous: string
}

/** What stands before the first batch. */
export const CHAIN_BEGIN = '0'.repeat(64)

/** The root of the tree over a batch's events, as they were given to the agents. */
export function eventsRoot(events: readonly string[]): string {
  return rootOfLeaves(events.map((event) => Buffer.from(event)))
}

/** The settings under which a batch of a chain is agreed on. */
export function settingsOfLink(
  { id, epoch, agentCount, faults, decision }: Omit<ChainTeam, 'verify'>,
  { batch, firstRow, rows, events, previous }: ChainLink,
): BatchSettings {
  const lines = ['vigil/chain/1', `team ${id}`, `batch ${batch}`, `rows ${firstRow} ${rows}`, `events ${events}`]
  const run = hash('sha256', [...lines, `previous ${previous}`].map((line) => `${line}\n`).join(''))
  return { domain: { run, epoch, batch }, agentCount, faults, decision, firstRow, rows }
}

/** What the batch behind names its predecessor by: the same for every certificate of what was agreed on. */
export function linkAfter(run: string, digest: string): string {
  return hash('sha256', `vigil/chain/1\nrun ${run}\ndigest ${digest}\n`)
}

/** Where a chain stands. */
export type ChainPlace = { readonly batch: number; readonly firstRow: number; readonly previous: string }

/** The place behind a certificate. */
export function placeAfter({ settings, certificate }: BatchCertificate): ChainPlace {
  const { domain, firstRow, rows } = settings
  return { batch: domain.batch + 1, firstRow: firstRow + rows, previous: linkAfter(domain.run, certificate.digest) }
}

/**
 * Whether a certificate holds as the next one of a chain; null, or what is wrong with it.
 *
 * @example
 * ```ts
 * let place = { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }
 * for (const batch of decodeCertificates(file, team)) {
 *   verifyLink(batch, place, team) // null
 *   place = placeAfter(batch)
 * }
 * ```
 */
export function verifyLink(batch: BatchCertificate, place: ChainPlace, team: ChainTeam): RejectionReason | null {
  const { settings, link } = batch
  if (link === undefined || settings.domain.batch !== place.batch) return 'WRONG_BATCH'
  if (settings.firstRow !== place.firstRow || link.previous !== place.previous) return 'WRONG_TERMS'
  const expected = settingsOfLink(team, { ...place, rows: settings.rows, events: link.events })
  return verifyBatch(batch, { settings: expected, verify: team.verify })
}
