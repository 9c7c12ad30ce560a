/** The folder of an enforcer: what was gathered, certified, decided and proven. */
import { join } from 'node:path'
import type { Epoch } from '@vigil/agreement'
import { formatCounted } from '@vigil/command-line'
import { makeFolder } from '@vigil/runs'
import { serviceError } from '../errors.ts'
import { takeFolder } from './agent-log.ts'
import { readWrittenEvent } from './batch-event.ts'
import { type CertificateLog, openCertificateLog } from './certificate-log.ts'
import { type DecisionLog, openDecisionLog } from './decision-log.ts'
import type { EnforcerEpochs } from './enforcer-epochs.ts'
import { type EventLog, openEventLog } from './event-log.ts'
import { createKnownIds, rememberIds } from './known-ids.ts'

/** Latest ids of events, and of verdicts: one that comes again is the same one. */
const IDS_MAX = 65_536

/**
 * Takes the files of the enforcer, and the ids of the latest events in them.
 *
 * @throws {VigilError} LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE
 */
export async function openEnforcerFolder(
  out: string,
  { known, teamAt }: Pick<EnforcerEpochs, 'teamAt'> & { readonly known: readonly Pick<Epoch, 'team'>[] },
) {
  await makeFolder(out)
  await using opening = new AsyncDisposableStack()
  opening.defer(await takeFolder(out))
  const ids = createKnownIds(IDS_MAX)
  const events = await openEventLog(join(out, 'events.log'), (batch) => {
    for (const text of batch.events) rememberIds(ids, readWrittenEvent(text))
  })
  opening.defer(events.close)
  const certificates = await openCertificateLog(
    join(out, 'certificates.bin'),
    teamAt,
    known.map(({ team }) => team),
  )
  opening.defer(certificates.close)
  const files = { decisions: join(out, 'decisions.jsonl'), published: join(out, 'published.json') }
  const decisions = await openDecisionLog(files.decisions)
  opening.defer(decisions.close)
  const lost = lostFrom(events, certificates, decisions)
  if (lost !== null) {
    throw serviceError(
      'LOG_INVALID',
      `The files in ${out} are not of one time: ${lost}. Give the folder as it was when its enforcer ended: later lines would be named as earlier ones are. Where it is lost, begin with another --out and a new team.`,
    )
  }
  const opened = opening.move()
  return { events, certificates, decisions, ids, files, close: async () => await opened.disposeAsync() }
}

/** What one file lacks of what another one has: events are stored before certificates and decisions on them; null = nothing. */
function lostFrom(
  { batchCount, rowCount, firstRowOf }: EventLog,
  { place }: CertificateLog,
  { rows }: DecisionLog,
): string | null {
  if (rows > rowCount) return `decisions.jsonl has ${rows} lines, and events.log ${formatCounted(rowCount, 'event')}`
  if (place.batch > batchCount)
    return `certificates.bin has ${formatCounted(place.batch, 'certificate')}, and events.log ${formatCounted(batchCount, 'batch', 'batches')}`
  const firstRow = firstRowOf(place.batch)
  if (place.firstRow === firstRow) return null
  return `the batches that certificates.bin has are of ${formatCounted(place.firstRow, 'event')}, and of ${firstRow} in events.log`
}
