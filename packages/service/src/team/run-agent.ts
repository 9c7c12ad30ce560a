/** One agent as a process: its files, its connections, and the agent between them. */
import { beginOf, type Epoch, epochOf } from '@vigil/agreement'
import type { StopRequest } from '@vigil/command-line'
import { TeamAgent } from './agent.ts'
import { type AgentEpochs, type AgentFiles, openAgentEpochs } from './agent-epochs.ts'
import { openAgentLog } from './agent-log.ts'
import { createAgentPasts } from './agent-pasts.ts'
import { type Member, overTls, type Transport } from './connections.ts'
import { assertEpochKnown, nextEpoch, readEpochs } from './epoch-files.ts'
import { type Looks, repeatedly } from './epoch-looks.ts'
import { type Frame, readNumbered } from './frames.ts'
import { readPast, writePast } from './past-files.ts'
import { type Pledge, readPledge, shownPledge, writePledge } from './pledges.ts'
import { signIfAsked } from './sign-epoch.ts'

/** Which agent runs, and where its files are. */
export type AgentCommand = AgentFiles & {
  /** manifest of the first epoch */
  readonly team: string
  readonly log: string
}

/**
 * Runs an agent until it is asked to stop, or cannot go on. Its folder is given back when nothing writes there any more; a
 * past that could not be written until then is told behind that.
 *
 * @param say takes a sentence for people
 * @param transport what carries frames to the others
 * @throws {VigilError} TEAM_INVALID, SECRET_INVALID, KEYS_FILE, SUCCESSOR, EPOCH_OLD, LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE, ADDRESS_TAKEN,
 *   FILE_UNWRITABLE, UNDECIDABLE, NOT_BUILT, and as readBundle
 */
export async function runAgent(
  command: AgentCommand,
  stop: StopRequest,
  say: (text: string) => void,
  transport: Transport = overTls,
): Promise<void> {
  const known = await readEpochs(command.team, say)
  const receiver = {
    onFrame: (from: Member, frame: Frame) => agent.take(from, frame),
    onOpen: (member: Member) => {
      if (member === 'enforcer') agent.greet()
    },
  }
  const epochs = await openAgentEpochs(known, { files: command, transport, receiver, note: say })
  await using opened = new AsyncDisposableStack()
  const log = await openAgentLog(command.log)
  opened.defer(log.close)
  assertEpochKnown(command.log, log, known)
  const { place, past } = await readPast(command.log, epochs.bundleAt)
  if (past !== null) epochs.at(place.batch).voter?.restore(past)
  const kept = await readPledge(command.log)
  const pledges: Pledge[] = kept === null ? [] : [kept]
  let at = place.batch
  const pasts = createAgentPasts({
    ...{ begin: place, bundleAt: epochs.bundleAt, voterAt: (batch) => epochs.at(batch).voter },
    turn: command.agent / epochOf(epochs.known, place.batch).manifest.agents.length,
    write: async (bundle, to, what) => await writePast(command.log, bundle, to, what),
  })
  const agent: TeamAgent = new TeamAgent({
    ...{
      self: command.agent,
      epochAt: epochs.at,
      firstBatch: epochs.firstBatch,
      log,
      place,
      pledges: () => pledges,
      alarm: say,
    },
    send(to, frame, epoch) {
      epochs.send(to, frame, epoch)
      if (frame.kind !== 'want') return
      at = readNumbered(frame.content)!.batch
      epochs.leave(at)
    },
    isPastDue: pasts.isDue,
    keepPast: pasts.keep,
  })
  const ignore = stop.onRequest(() => agent.close())
  let looks: Looks | undefined
  try {
    await takeShown(command, epochs.known, pledges)
    await epochs.connect(place.batch, say)
    looks = lookForSuccessors(command, { epochs, agent, say, pledges, place: () => at })
    const { manifest } = epochOf(epochs.known, place.batch)
    const address = manifest.agents[command.agent]?.address ?? 'no address yet'
    say(`Agent ${command.agent} of ${manifest.agents.length} listens at ${address}, next batch ${place.batch}.`)
    await Promise.race([agent.ended, looks.failed, pasts.failed])
  } finally {
    ignore()
    agent.close()
    await Promise.allSettled([agent.ended, looks?.stop()])
    await Promise.allSettled([pasts.written()])
    epochs.close()
  }
  await pasts.written()
}

/** A signature of the agent beside the manifests binds it, in whatever folder that was noted when it signed. */
async function takeShown(
  { team, agent, log }: AgentCommand,
  known: readonly Epoch[],
  pledges: Pledge[],
): Promise<void> {
  const shown = await shownPledge(team, known, agent)
  if (shown === null || pledges.some(({ manifest }) => manifest === shown.manifest)) return
  if (!pledges.some(({ epoch }) => epoch === shown.epoch)) await writePledge(log, shown)
  pledges.push(shown)
}

/** Looks now and then whether a quorum has signed a successor: the agent is in it from its first batch on. */
function lookForSuccessors(
  command: AgentCommand,
  {
    epochs,
    agent,
    say,
    pledges,
    place,
  }: {
    epochs: AgentEpochs
    agent: TeamAgent
    say: (text: string) => void
    pledges: Pledge[]
    place: () => number
  },
): Looks {
  return repeatedly(async (note) => {
    // What is wrong with the next epoch keeps nobody from the one that there is.
    try {
      await takeShown(command, epochs.known, pledges)
      await signIfAsked(command, epochs.known, {
        pledges,
        place: place(),
        pledge: async (made) => await agent.pledge(made, () => pledges.push(made)),
      })
      const next = await nextEpoch(command.team, epochs.known, note)
      if (next !== null) {
        await epochs.load(next, place())
        say(`Epoch ${next.manifest.epoch} begins with batch ${beginOf(next)}.`)
      }
    } finally {
      await epochs.connect(place(), note)
      agent.look()
    }
  }, say)
}
