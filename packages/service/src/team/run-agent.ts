/** One agent as a process: its files, its connections, and the agent between them. */
import { type EpochManifest, ed25519Sign, messageBytesMax } from '@vigil/agreement'
import type { StopRequest } from '@vigil/command-line'
import { type Bundle, readBundle } from '@vigil/runs'
import { serviceError } from '../errors.ts'
import { bundleFingerprint } from '../serve/bundle-fingerprint.ts'
import { TeamAgent } from './agent.ts'
import { openAgentLog } from './agent-log.ts'
import { createAgentVoter } from './agent-voter.ts'
import { type Identity, type Member, overTls, type Transport, type Ways } from './connections.ts'
import type { Frame } from './frames.ts'
import { BATCH_BYTES_MAX } from './gatherer.ts'
import { readPast, writePast } from './past-files.ts'
import { assertOwnKeys, type MemberKeys, readKeys, readTeam } from './team-files.ts'

/** Events after which the past is kept again: so many are voted on again at most when the agent begins anew. */
const PAST_EVENTS = 20_000

/** What a frame has beside the text of events and a certificate, at most. */
const FRAME_HEAD_BYTES = 64

/** Which agent runs, and where its files are. */
export type AgentCommand = {
  readonly team: string
  readonly agent: number
  readonly key: string
  readonly run: string
  readonly log: string
}

/**
 * Runs an agent until it is asked to stop, or cannot go on.
 *
 * @param say takes a sentence for people
 * @param transport what carries frames to the others
 * @throws {VigilError} TEAM_INVALID, SECRET_INVALID, KEYS_FILE, LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE, ADDRESS_TAKEN, UNDECIDABLE, and
 *   as readBundle
 */
export async function runAgent(
  command: AgentCommand,
  stop: StopRequest,
  say: (text: string) => void,
  transport: Transport = overTls,
): Promise<void> {
  const { manifest, team } = await readTeam(command.team)
  const own = manifest.agents[command.agent]
  if (own === undefined) {
    throw serviceError(
      'TEAM_INVALID',
      `The team has the agents 0 to ${team.agentCount - 1}, and no agent ${command.agent}.`,
    )
  }
  const keys = await readKeys(command.key)
  assertOwnKeys(keys, own)
  const bundle = await readTeamBundle(command.run, manifest.bundle, team.agentCount)
  const voter = await createAgentVoter(bundle, command.agent, manifest.batchRows)
  const log = await openAgentLog(command.log)
  const { place, past } = await readPast(command.log, manifest.bundle)
  if (past !== null) voter.restore(past)
  let keptRow = place.firstRow
  let ways: Ways | null = null
  const agent = new TeamAgent({
    ...{ team, self: command.agent, sign: ed25519Sign(keys.signing!), voter, log, place },
    ...{ batchRows: manifest.batchRows, viewMs: manifest.viewMs, alarm: say },
    send: (to, frame) => ways?.send(to, frame),
    isPastDue: ({ firstRow }) => firstRow - keptRow >= PAST_EVENTS,
    async keepPast(at) {
      await writePast(command.log, manifest.bundle, at, voter.save())
      keptRow = at.firstRow
    },
  })
  const identity = identityOf(manifest, keys, own.certificate)
  const receiver = {
    onFrame: (from: Member, frame: Frame) => agent.take(from, frame),
    onOpen: (member: Member) => {
      if (member === 'enforcer') agent.greet()
    },
  }
  const addresses = manifest.agents.map(({ address }) => address)
  const connected = await transport(command.agent, addresses, identity, receiver).catch((cause: Error) => {
    throw serviceError('ADDRESS_TAKEN', `The agent cannot listen at ${own.address}: ${cause.message}.`, { cause })
  })
  ways = connected
  say(`Agent ${command.agent} of ${team.agentCount} listens at ${own.address}, next batch ${place.batch}.`)
  const ignore = stop.onRequest(() => agent.close())
  try {
    await agent.ended
  } finally {
    ignore()
    connected.close()
    await log.close()
  }
}

/**
 * The bundle that the manifest names.
 *
 * @throws {VigilError} TEAM_INVALID, and as readBundle
 */
export async function readTeamBundle(run: string, fingerprint: string, agentCount: number): Promise<Bundle> {
  const bundle = await readBundle(run)
  if ((await bundleFingerprint(run)) === fingerprint && bundle.network.agentCount === agentCount) return bundle
  throw serviceError(
    'TEAM_INVALID',
    `The bundle of ${run} is not the one that the manifest names. Give the run that the team was made for.`,
  )
}

/** A member as the others know it. */
export function identityOf(
  { agents, enforcer, batchRows }: EpochManifest,
  { connection }: Pick<MemberKeys, 'connection'>,
  certificate: string,
): Identity {
  return {
    ...{ certificates: agents.map((agent) => agent.certificate), enforcer, certificate },
    privateKey: connection.export({ format: 'pem', type: 'pkcs8' }).toString(),
    // A batch with its certificate.
    frameBytesMax: FRAME_HEAD_BYTES + BATCH_BYTES_MAX + messageBytesMax({ agentCount: agents.length, rows: batchRows }),
  }
}
