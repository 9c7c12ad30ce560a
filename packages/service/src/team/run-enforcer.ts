/** The enforcer as a process: events come on stdin, decisions go into a folder and to stdout. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beginOf, type ChainTeam, type Epoch, epochOf } from '@vigil/agreement'
import { appendLine, formatCounted, type StopRequest } from '@vigil/command-line'
import { readBundle } from '@vigil/runs'
import { serviceError } from '../errors.ts'
import { untilStopped, written } from '../standard-streams.ts'
import { readTeamBundle } from './agent-epochs.ts'
import { takeFolder } from './agent-log.ts'
import { seesDecisions } from './agent-voter.ts'
import { readWrittenEvent } from './batch-event.ts'
import { openCertificateLog } from './certificate-log.ts'
import { openDecisionLog } from './decision-log.ts'
import { Enforcer, type Peer } from './enforcer.ts'
import { type EnforcerEpochs, openEnforcerEpochs } from './enforcer-epochs.ts'
import { nextEpoch, readEpochs } from './epoch-files.ts'
import { type Looks, repeatedly } from './epoch-looks.ts'
import { openEventLog } from './event-log.ts'
import { gatherLines } from './gather-lines.ts'
import { createGatherer, type Gatherer } from './gatherer.ts'
import { createKnownIds, rememberIds } from './known-ids.ts'

/** What the enforcer runs with. */
export type EnforcerCommand = {
  /** manifest of the first epoch */
  readonly team: string
  /** of the first epoch; those of later ones lie beside it, with the number of the epoch */
  readonly key: string
  /** whose bundles the manifests name */
  readonly runs: readonly string[]
  readonly out: string
  readonly deadlineMs: number
  readonly waitMs: number
  readonly onError: 'stop' | 'skip'
  /** whether stdin brings what follows the lines that were gathered, or begins with those again */
  readonly input: 'follows' | 'repeats'
}

/** Latest ids of events, and of verdicts: one that comes again is the same one. */
const IDS_MAX = 65_536

/**
 * Runs the enforcer until stdin ends and all events are answered, or it is asked to stop. What is in the folder is gone on from.
 *
 * @param say takes a sentence for people
 * @throws {VigilError} TEAM_INVALID, SECRET_INVALID, KEYS_FILE, SUCCESSOR, EPOCH_OLD, LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE, NOT_CERTIFIED,
 *   TEAM_BROKEN; as readBundle; as gatherLines
 */
export async function runEnforcer(
  command: EnforcerCommand,
  stop: StopRequest,
  say: (text: string) => void,
): Promise<void> {
  const epochs: EnforcerEpochs = await openEnforcerEpochs(await readEpochs(command.team, say), {
    key: command.key,
    onFrame: (peer, frame) => enforcer.take(peer, frame),
  })
  const { events, certificates, decisions, ids, close } = await openFolder(command.out, epochs)
  const { manifest } = epochOf(epochs.known, certificates.place.batch)
  const bundle = await readTeamBundle(command.runs, manifest.bundle, manifest.agents.length)
  const bundles = await Promise.all(command.runs.map(async (run) => await readBundle(run)))
  const evidence = join(command.out, 'evidence.jsonl')
  const clock = () => performance.now()
  const enforcer: Enforcer = new Enforcer({
    ...{ teamAt: epochs.teamAt, events, certificates, decisions, deadlineMs: command.deadlineMs, alarm: say, clock },
    send: (peer, frame) => epochs.send(peer, frame),
    onIdle: () => gatherer.onIdle(),
    accused: await accusedIn(evidence),
    evidence: async (line) => await appendLine(evidence, line),
    write: async (lines) => {
      await written(lines.map((line) => `${line}\n`).join(''))
    },
  })
  enforcer.resume(signersOfOpen(epochs.known, certificates.place.batch))
  epochs.connect(certificates.place.batch)
  if (events.batchCount > 0) {
    say(
      `${formatCounted(events.rowCount, 'event')} in ${command.out}, the last of line ${events.line}; ${formatCounted(decisions.rows, 'answer')}.`,
    )
  }
  const gatherer: Gatherer = createGatherer({
    ...{
      batchRows: manifest.batchRows,
      waitMs: command.waitMs,
      waitMsMax: command.deadlineMs / 2,
      // What is gathered now may be decided in a later epoch.
      apart: bundles.some(seesDecisions),
      clock,
    },
    isIdle: () => enforcer.isIdle,
    onBatch: (batch, since) => enforcer.gather(batch, since),
  })
  const looks = followEpochs(command.team, { epochs, enforcer, place: () => certificates.place.batch, say })
  const ignore = stop.onRequest(() => process.stdin.destroy())
  try {
    const { onError, input } = command
    const reading = gatherLines(untilStopped(stop), {
      ...{ bundle, gatherer, ids, linesBefore: events.line, onError, input, say, isCut: stop.requested },
      room: () => (enforcer.isFull ? enforcer.room() : null),
    })
    const failed = Promise.race([enforcer.failed, looks.failed])
    await Promise.race([reading, failed])
    await Promise.race([enforcer.settled(), failed])
    // A certificate may still come for what was answered late.
    await Promise.race([enforcer.idle(), failed, setTimeout(command.deadlineMs, undefined, { ref: false })])
  } finally {
    ignore()
    await looks.stop()
    // Where nothing more is read, nobody need send.
    process.stdin.destroy()
    await enforcer.close()
    epochs.close()
    await close()
  }
  const { batches, late } = enforcer.open
  if (late > 0) say(`${formatCounted(late, 'batch', 'batches')} answered with the fallback`)
  if (batches > 0) throw notCertified(batches)
}

/** Looks now and then whether a quorum has signed a successor, and leaves the agents of an epoch that is over. */
function followEpochs(
  team: string,
  {
    epochs,
    enforcer,
    place,
    say,
  }: { epochs: EnforcerEpochs; enforcer: Enforcer; place: () => number; say: (text: string) => void },
): Looks {
  const look = async (note: (text: string) => void) => {
    const next = await nextEpoch(team, epochs.known, note)
    if (next !== null) {
      const begin = await epochs.prepare(next)
      await enforcer.enter({ team: next.team, first: beginOf(next) }, () => {
        begin()
        say(`Epoch ${next.manifest.epoch} begins with batch ${beginOf(next)}.`)
      })
    }
    epochs.connect(place())
  }
  return repeatedly(look, say)
}

/** Teams whose successors have certified nothing yet. */
function signersOfOpen(known: readonly Epoch[], batch: number): ChainTeam[] {
  return known.slice(1).flatMap((next, i) => (beginOf(next) >= batch ? [known[i].team] : []))
}

/** The files of the enforcer, and the ids of the latest events in them. */
async function openFolder(out: string, { known, teamAt }: EnforcerEpochs) {
  await mkdir(out, { recursive: true })
  const release = await takeFolder(out)
  const ids = createKnownIds(IDS_MAX)
  const events = await openEventLog(join(out, 'events.log'), (batch) => {
    for (const text of batch.events) rememberIds(ids, readWrittenEvent(text))
  })
  const certificates = await openCertificateLog(
    join(out, 'certificates.bin'),
    teamAt,
    known.map(({ team }) => team),
  )
  const decisions = await openDecisionLog(join(out, 'decisions.jsonl'))
  const close = async () => {
    await Promise.all([events.close(), certificates.close(), decisions.close()])
    await release()
  }
  return { events, certificates, decisions, ids, close }
}

/** Agents of whom there is a proof in a file of evidence. */
async function accusedIn(path: string): Promise<Peer[]> {
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

function notCertified(batches: number) {
  return serviceError(
    'NOT_CERTIFIED',
    `The team has not agreed on ${formatCounted(batches, 'batch', 'batches')}. Start the agents that are away, and begin again with the same --out and < /dev/null, or with --input=repeats and the same events: no answer is given twice.`,
  )
}
