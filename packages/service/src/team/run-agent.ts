/** One agent as a process: its files, its connections, and the agent between them. */
import { beginOf, epochOf } from '@vigil/agreement'
import type { StopRequest } from '@vigil/command-line'
import { TeamAgent } from './agent.ts'
import { type AgentEpochs, type AgentFiles, openAgentEpochs } from './agent-epochs.ts'
import { openAgentLog } from './agent-log.ts'
import { type Member, overTls, type Transport } from './connections.ts'
import { assertEpochKnown, nextEpoch, readEpochs, readPledge } from './epoch-files.ts'
import { repeatedly } from './epoch-looks.ts'
import { type Frame, readNumbered } from './frames.ts'
import { readPast, writePast } from './past-files.ts'

/** Events after which the past is kept again: so many are voted on again at most when the agent begins anew. */
const PAST_EVENTS = 20_000

/** Which agent runs, and where its files are. */
export type AgentCommand = AgentFiles & {
  /** manifest of the first epoch */
  readonly team: string
  readonly log: string
}

/**
 * Runs an agent until it is asked to stop, or cannot go on.
 *
 * @param say takes a sentence for people
 * @param transport what carries frames to the others
 * @throws {VigilError} TEAM_INVALID, SECRET_INVALID, KEYS_FILE, SUCCESSOR, EPOCH_OLD, LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE, ADDRESS_TAKEN,
 *   UNDECIDABLE, and as readBundle
 */
export async function runAgent(
  command: AgentCommand,
  stop: StopRequest,
  say: (text: string) => void,
  transport: Transport = overTls,
): Promise<void> {
  const known = await readEpochs(command.team)
  const receiver = {
    onFrame: (from: Member, frame: Frame) => agent.take(from, frame),
    onOpen: (member: Member) => {
      if (member === 'enforcer') agent.greet()
    },
  }
  const epochs = await openAgentEpochs(known, { files: command, transport, receiver })
  const log = await openAgentLog(command.log)
  try {
    assertEpochKnown(command.log, log, known)
  } catch (error) {
    await log.close()
    throw error
  }
  const { place, past } = await readPast(command.log, epochs.bundleAt)
  if (past !== null) epochs.at(place.batch).voter?.restore(past)
  const pledge = await readPledge(command.log)
  let at = place.batch
  let kept = { row: place.firstRow, bundle: epochs.bundleAt(place.batch) }
  const agent: TeamAgent = new TeamAgent({
    ...{ self: command.agent, epochAt: epochs.at, firstBatch: epochs.firstBatch, log, place, pledge, alarm: say },
    send(to, frame, epoch) {
      epochs.send(to, frame, epoch)
      if (frame.kind !== 'want') return
      at = readNumbered(frame.content)!.batch
      epochs.leave(at)
    },
    isPastDue: ({ batch, firstRow }) =>
      epochs.at(batch).voter !== null && (firstRow - kept.row >= PAST_EVENTS || epochs.bundleAt(batch) !== kept.bundle),
    async keepPast(at) {
      const bundle = epochs.bundleAt(at.batch)
      await writePast(command.log, bundle, at, epochs.at(at.batch).voter!.save())
      kept = { row: at.firstRow, bundle }
    },
  })
  const ignore = stop.onRequest(() => agent.close())
  let looking: NodeJS.Timeout | undefined
  try {
    await epochs.connect(place.batch)
    looking = lookForSuccessors(command.team, { epochs, agent, say, place: () => at })
    const { manifest } = epochOf(epochs.known, place.batch)
    const address = manifest.agents[command.agent]?.address ?? 'no address yet'
    say(`Agent ${command.agent} of ${manifest.agents.length} listens at ${address}, next batch ${place.batch}.`)
    await agent.ended
  } finally {
    ignore()
    clearInterval(looking)
    epochs.close()
    await log.close()
  }
}

/** Looks now and then whether a quorum has signed a successor: the agent is in it from its first batch on. */
function lookForSuccessors(
  team: string,
  {
    epochs,
    agent,
    say,
    place,
  }: { epochs: AgentEpochs; agent: TeamAgent; say: (text: string) => void; place: () => number },
): NodeJS.Timeout {
  return repeatedly(async () => {
    const next = await nextEpoch(team, epochs.known)
    if (next !== null) {
      await epochs.load(next)
      say(`Epoch ${next.manifest.epoch} begins with batch ${beginOf(next)}.`)
    }
    await epochs.connect(place())
    agent.look()
  }, say)
}
