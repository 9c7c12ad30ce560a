/** The enforcer as a process: events come on stdin, decisions go into a folder and to stdout. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ChainTeam } from '@vigil/agreement'
import { appendLine, formatCounted, type StopRequest } from '@vigil/command-line'
import type { RawEvent } from '@vigil/features'
import { serviceError } from '../errors.ts'
import { createRecentEntries, type RecentEntries } from '../recent-entries.ts'
import { untilStopped, written } from '../standard-streams.ts'
import { ownIdOf } from '../written-decision.ts'
import { takeFolder } from './agent-log.ts'
import { seesDecisions } from './agent-voter.ts'
import { readWrittenEvent } from './batch-event.ts'
import { openCertificateLog } from './certificate-log.ts'
import { type Connection, dial, type Member } from './connections.ts'
import { openDecisionLog } from './decision-log.ts'
import { Enforcer } from './enforcer.ts'
import { openEventLog } from './event-log.ts'
import type { Frame } from './frames.ts'
import { gatherLines } from './gather-lines.ts'
import { createGatherer, type Gatherer } from './gatherer.ts'
import { identityOf, readTeamBundle } from './run-agent.ts'
import { assertOwnKeys, readKeys, readTeam } from './team-files.ts'

/** What the enforcer runs with. */
export type EnforcerCommand = {
  readonly team: string
  readonly key: string
  readonly run: string
  readonly out: string
  readonly deadlineMs: number
  readonly waitMs: number
  readonly onError: 'stop' | 'skip'
  /** whether stdin brings what follows the lines that were gathered, or begins with those again */
  readonly input: 'follows' | 'repeats'
}

/** Latest ids of events: one that comes again is the same event. */
const IDS_MAX = 65_536

/**
 * Runs the enforcer until stdin ends and all events are answered, or it is asked to stop. What is in the folder is gone on from.
 *
 * @param say takes a sentence for people
 * @throws {VigilError} TEAM_INVALID, SECRET_INVALID, KEYS_FILE, LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE, NOT_CERTIFIED; as readBundle;
 *   as gatherLines
 */
export async function runEnforcer(
  command: EnforcerCommand,
  stop: StopRequest,
  say: (text: string) => void,
): Promise<void> {
  const { manifest, team } = await readTeam(command.team)
  const keys = await readKeys(command.key)
  assertOwnKeys(keys, { certificate: manifest.enforcer, publicKey: null })
  const bundle = await readTeamBundle(command.run, manifest.bundle, team.agentCount)
  const { events, certificates, decisions, ids, close } = await openFolder(command.out, team)
  const ways: Connection[] = []
  const send = (agent: number, frame: Frame) => ways[agent]?.send(frame)
  const clock = () => performance.now()
  const enforcer: Enforcer = new Enforcer({
    ...{ team, events, certificates, decisions, deadlineMs: command.deadlineMs, send, alarm: say, clock },
    onIdle: () => gatherer.onIdle(),
    evidence: async (line) => await appendLine(join(command.out, 'evidence.jsonl'), line),
    write: async (lines) => {
      await written(lines.map((line) => `${line}\n`).join(''))
    },
  })
  enforcer.resume()
  const identity = identityOf(manifest, keys, manifest.enforcer)
  const onFrame = (from: Member, frame: Frame) => {
    if (typeof from === 'number') enforcer.take(from, frame)
    return undefined
  }
  for (const [agent, { address }] of manifest.agents.entries()) {
    ways.push(dial(agent, address, identity, { onFrame, onOpen: () => undefined }))
  }
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
      apart: seesDecisions(bundle),
      clock,
    },
    isIdle: () => enforcer.isIdle,
    onBatch: (batch, since) => enforcer.gather(batch, since),
  })
  const ignore = stop.onRequest(() => process.stdin.destroy())
  try {
    const { onError, input } = command
    const reading = gatherLines(untilStopped(stop), {
      ...{ bundle, gatherer, ids, linesBefore: events.line, onError, input, say, isCut: stop.requested },
      room: () => (enforcer.isFull ? enforcer.room() : null),
    })
    await Promise.race([reading, enforcer.failed])
    await Promise.race([enforcer.settled(), enforcer.failed])
    // A certificate may still come for what was answered late.
    await Promise.race([enforcer.idle(), enforcer.failed, setTimeout(command.deadlineMs, undefined, { ref: false })])
  } finally {
    ignore()
    // Where nothing more is read, nobody need send.
    process.stdin.destroy()
    await enforcer.close()
    for (const way of ways) way.close()
    await close()
  }
  const { batches, late } = enforcer.open
  if (late > 0) say(`${formatCounted(late, 'batch', 'batches')} answered with the fallback`)
  if (batches > 0) throw notCertified(batches)
}

/** The files of the enforcer, and the ids of the latest events in them. */
async function openFolder(out: string, team: ChainTeam) {
  await mkdir(out, { recursive: true })
  const release = await takeFolder(out)
  const ids = createRecentEntries<string | number, true>(IDS_MAX)
  const events = await openEventLog(join(out, 'events.log'), (batch) => {
    for (const text of batch.events) rememberId(ids, readWrittenEvent(text))
  })
  const certificates = await openCertificateLog(join(out, 'certificates.bin'), team)
  const decisions = await openDecisionLog(join(out, 'decisions.jsonl'))
  const close = async () => {
    await Promise.all([events.close(), certificates.close(), decisions.close()])
    await release()
  }
  return { events, certificates, decisions, ids, close }
}

function rememberId(ids: RecentEntries<string | number, true>, { event }: { readonly event: RawEvent }): void {
  const own = ownIdOf(event)
  if (own !== null) ids.put(own, true)
}

function notCertified(batches: number) {
  return serviceError(
    'NOT_CERTIFIED',
    `The team has not agreed on ${formatCounted(batches, 'batch', 'batches')}. Start the agents that are away, and begin again with the same --out and < /dev/null, or with --input=repeats and the same events: no answer is given twice.`,
  )
}
