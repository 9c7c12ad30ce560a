/** What a team agrees on before it votes: how votes are counted, on which rows, and in batches of how many. */
import type { RejectionReason } from './rejection.ts'
import { STANDARD_RULES } from './rules.ts'
import { type BatchSettings, settingsText } from './value.ts'

/** The same for all batches of one set of keys. The file of public keys holds them. */
export type Terms = Pick<BatchSettings, 'agentCount' | 'faults' | 'decision'> & {
  /** 64 hex digits by which the team names what it decides on */
  readonly run: string
  /** u32, one for each set of keys: with new keys the team begins a new epoch */
  readonly epoch: number
  /** events in all, at least 1 */
  readonly rows: number
  /** events of every batch but the last, which has what is left; at least 1 */
  readonly batchRows: number
}

/** How many batches there are; they are numbered from 0. */
export function batchCountOf({ rows, batchRows }: Terms): number {
  return Math.ceil(rows / batchRows)
}

/** The settings of one batch, 0 to batchCountOf(terms) - 1. Batch b is led by agent b mod n first. */
export function settingsOfBatch(terms: Terms, batch: number): BatchSettings {
  const { run, epoch, agentCount, faults, decision, rows, batchRows } = terms
  const firstRow = batch * batchRows
  const domain = { run, epoch, batch }
  return { domain, agentCount, faults, decision, firstRow, rows: Math.min(batchRows, rows - firstRow) }
}

/** Whether a batch is one of those that were agreed on, with the same settings; null, or what is wrong. */
export function checkTerms(settings: BatchSettings, terms: Terms): RejectionReason | null {
  const { domain } = settings
  const { run, epoch } = terms
  const elsewhere = STANDARD_RULES.belongs({ ...domain, run, epoch }, domain)
  if (elsewhere !== null) return elsewhere
  if (domain.batch >= batchCountOf(terms)) return 'WRONG_BATCH'
  return settingsText(settings) === settingsText(settingsOfBatch(terms, domain.batch)) ? null : 'WRONG_TERMS'
}
