/** What an enforcer has gathered and answered, against certificates that hold: which events and verdicts the agents signed, and what came of them. */
import { createReadStream } from 'node:fs'
import { type BatchCertificate, eventsRoot } from '@vigil/agreement'
import { inputLines } from '../input-lines.ts'
import { readWrittenEvent } from './batch-event.ts'
import { certifiedLines } from './certified-lines.ts'
import { batchesIn } from './event-log.ts'

/** The files of an enforcer. */
type EnforcerFiles = { readonly events: string; readonly decisions: string }

/** What the files have. */
export type Audit = {
  /** events whose line is the certified one */
  readonly certified: number
  /** verdicts that were signed with them */
  readonly verdicts: number
  /** events that were answered with the fallback */
  readonly late: number
  /** the first thing that does not hold, in words; null = all does */
  readonly wrong: string | null
}

/**
 * Compares the events of each certificate with those that were gathered, verdicts included, by their root, and the lines of decisions with what was
 * certified. A line in place of which a fallback was written is counted. Events behind the last certificate may have nothing but that.
 *
 * @param certificates of a chain that holds, from its beginning
 * @throws {VigilError} LOG_INVALID, EVENT_MALFORMED
 */
export async function auditDecisions(
  certificates: readonly BatchCertificate[],
  { events, decisions }: EnforcerFiles,
): Promise<Audit> {
  const counts = { certified: 0, verdicts: 0, late: 0 }
  const found = (wrong: string): Audit => ({ ...counts, wrong })
  const answers = linesOf(decisions)
  let batch = 0
  let row = 0
  for await (const gathered of batchesIn(events)) {
    const certificate = certificates[batch]
    if (certificate !== undefined && eventsRoot(gathered.events) !== certificate.link?.events) {
      return found(`The events of batch ${batch} are others than the agents signed.`)
    }
    const written = gathered.events.map(readWrittenEvent)
    const lines =
      certificate &&
      certifiedLines(
        certificate,
        written.map(({ id }) => id),
      )
    for (const [i, { id, heard }] of written.entries()) {
      row++
      if (lines !== undefined) counts.verdicts += heard.length
      const { value: line } = await answers.next()
      if (line === undefined) continue
      if (line !== null && line === lines?.[i]) counts.certified++
      else if (isFallback(line, id)) counts.late++
      else return found(`Line ${row} of the decisions is not what was certified.`)
    }
    batch++
  }
  if (batch < certificates.length) return found(`The events of batch ${batch}, which has a certificate, are missing.`)
  const more = await answers.next()
  return more.done === true ? { ...counts, wrong: null } : found(`Line ${row + 1} of the decisions is of no event.`)
}

/** @returns null for a line that is too long */
async function* linesOf(path: string): AsyncGenerator<string | null> {
  for await (const lines of inputLines(createReadStream(path))) for (const { text } of lines) yield text
}

function isFallback(line: string | null, id: string | number): boolean {
  try {
    const { late, id: own } = JSON.parse(line ?? '') as { readonly late?: unknown; readonly id?: unknown }
    return late === true && own === id
  } catch {
    return false
  }
}
