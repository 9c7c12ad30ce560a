/**
 * An agent of a team as service:agent runs it, but for the way of its messages, which FAULTS in the environment makes worse:
 * they may be lost, late or not let through to some, and it may lie by behaviours of the simulator.
 */
import { mkdir } from 'node:fs/promises'
import {
  type BehaviourName,
  decodeEnvelope,
  type Envelope,
  ed25519Sign,
  encodeEnvelope,
  type LoneLiar,
  loneLiar,
  type Sign,
} from '@vigil/agreement'
import { type Member, overTls, type Transport } from './connections.ts'
import { decodeBatch, type Frame, numbered, readNumbered } from './frames.ts'
import { runAgent } from './run-agent.ts'
import { readKeys, readTeam } from './team-files.ts'

/** What is wrong with an agent. */
export type Faults = {
  readonly behaviours?: readonly BehaviourName[]
  /** agents whose keys it has too */
  readonly conspirators?: readonly number[]
  /** share of messages that are lost */
  readonly loss?: number
  /** most milliseconds that a message is late */
  readonly delayMs?: number
  /** agents that it cannot reach, though they can reach it */
  readonly cut?: readonly number[]
}

const flags = new Map(process.argv.slice(2).map((word) => word.slice(2).split('=') as [string, string]))
const flag = (name: string) => flags.get(name)!
const self = Number(flag('agent'))
const {
  behaviours = [],
  conspirators = [],
  loss = 0,
  delayMs = 0,
  cut = [],
} = JSON.parse(process.env.FAULTS ?? '{}') as Faults
const { manifest, team } = await readTeam(flag('team'))
const signs = new Map<number, Sign>()
for (const agent of [self, ...conspirators]) {
  const { signing } = await readKeys(flag('key').replace(/\d+\.key$/, `${agent}.key`))
  signs.set(agent, ed25519Sign(signing!))
}

/** Rows and first row of the batches that the enforcer has given, by number. */
const shapes = new Map<number, { readonly firstRow: number; readonly rows: number }>()
const liars = new Map<number, LoneLiar>()

/** Numbers in [0, 1) that look drawn. */
let draw = 1 + self
const random = () => {
  draw = (draw * 48_271) % 2_147_483_647
  return draw / 2_147_483_647
}

function read(frame: Frame): Envelope | null {
  const { batch, bytes } = readNumbered(frame.content)!
  const shape = shapes.get(batch)
  if (shape === undefined) return null
  const envelope = decodeEnvelope(bytes, { agentCount: team.agentCount, rows: shape.rows })
  return 'rejected' in envelope ? null : envelope
}

/** The liar in a batch, from the first message on that its honest code has sent there. */
function liarIn({ domain }: Envelope): LoneLiar {
  const known = liars.get(domain.batch)
  if (known !== undefined) return known
  const { agentCount, faults, decision } = team
  const settings = { domain, agentCount, faults, decision, ...shapes.get(domain.batch)! }
  const liar = loneLiar(settings, { agent: self, signs, behaviours, seed: 1 })
  liars.set(domain.batch, liar)
  return liar
}

const faulty: Transport = async (agent, addresses, identity, receiver) => {
  const transmit = (to: number, envelope: Envelope) => {
    if (cut.includes(to) || random() < loss) return
    const frame: Frame = { kind: 'message', content: numbered(envelope.domain.batch, encodeEnvelope(envelope)) }
    if (delayMs === 0) inner.send(to, frame)
    else setTimeout(() => inner.send(to, frame), delayMs * random())
  }
  const hear = (from: Member, frame: Frame) => {
    if (frame.kind === 'batch') {
      const given = decodeBatch(frame.content, manifest.batchRows)!
      shapes.set(given.batch, { firstRow: given.firstRow, rows: given.events.length })
      shapes.delete(given.batch - 3)
      liars.delete(given.batch - 3)
    }
    const envelope = frame.kind === 'message' ? read(frame) : null
    const liar = envelope === null ? undefined : liars.get(envelope.domain.batch)
    if (envelope === null || liar === undefined) return receiver.onFrame(from, frame)
    if (!liar.ignores(envelope)) receiver.onFrame(from, frame)
    for (const lie of liar.incoming(envelope)) {
      for (let to = 0; to < team.agentCount; to++)
        if (to !== self && (lie.to === 'all' || lie.to === to)) transmit(to, lie.envelope)
    }
  }
  const inner = await overTls(agent, addresses, identity, { onOpen: receiver.onOpen, onFrame: hear })
  return {
    send(to, frame) {
      const envelope = frame.kind === 'message' && typeof to === 'number' ? read(frame) : null
      if (envelope === null || typeof to !== 'number') return inner.send(to, frame)
      for (const sent of liarIn(envelope).outgoing({ to, envelope })) transmit(to, sent)
    },
    close: inner.close,
  }
}

const never = { requested: () => false, onRequest: () => () => undefined }
const command = { team: flag('team'), agent: self, key: flag('key'), runs: [flag('run')], log: flag('log') }

await mkdir(command.log, { recursive: true })
await runAgent(command, never, (text) => process.stderr.write(`${text}\n`), faulty)
