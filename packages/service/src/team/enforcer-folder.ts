/** The folder of an enforcer: what was gathered, certified, decided and proven. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { takeFolder } from './agent-log.ts'
import { readWrittenEvent } from './batch-event.ts'
import { openCertificateLog } from './certificate-log.ts'
import { openDecisionLog } from './decision-log.ts'
import type { Peer } from './enforcer.ts'
import type { EnforcerEpochs } from './enforcer-epochs.ts'
import { openEventLog } from './event-log.ts'
import { createKnownIds, rememberIds } from './known-ids.ts'

/** Latest ids of events, and of verdicts: one that comes again is the same one. */
const IDS_MAX = 65_536

/**
 * Takes the files of the enforcer, and the ids of the latest events in them.
 *
 * @throws {VigilError} LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE
 */
export async function openEnforcerFolder(out: string, { known, teamAt }: EnforcerEpochs) {
  await mkdir(out, { recursive: true })
  const release = await takeFolder(out)
  const ids = createKnownIds(IDS_MAX)
  const events = await openEventLog(join(out, 'events.log'), (batch) => {
    for (const text of batch.events) rememberIds(ids, readWrittenEvent(text))
  })
  ids.keepLast()
  const certificates = await openCertificateLog(
    join(out, 'certificates.bin'),
    teamAt,
    known.map(({ team }) => team),
  )
  const files = { decisions: join(out, 'decisions.jsonl'), published: join(out, 'published.json') }
  const decisions = await openDecisionLog(files.decisions)
  const close = async (): Promise<void> => {
    await Promise.all([events.close(), certificates.close(), decisions.close()])
    await release()
  }
  return { events, certificates, decisions, ids, files, close }
}

/** Agents of whom there is a proof in a file of evidence. */
export async function accusedIn(path: string): Promise<Peer[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  // Half a line at the end was never said to be there.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Peer)
}
