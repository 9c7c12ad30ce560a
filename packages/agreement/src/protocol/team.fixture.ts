/** A small team with real keys for the tests, and one message of every kind. */
import { hash } from 'node:crypto'
import type { Checking } from './checks.ts'
import { type AgentKeys, ed25519Sign, ed25519Verify, keysOfSecret } from './keys.ts'
import type { Ballot, Claim, Message, Phase, QuorumCertificate, Value } from './messages.ts'
import type { Effect } from './outbox.ts'
import { Replica, type ReplicaOptions } from './replica.ts'
import { STANDARD_RULES } from './rules.ts'
import { type Claimed, claimed } from './statement.ts'
import type { Terms } from './terms.ts'
import { type BatchSettings, ballotDigest, Digests } from './value.ts'

/** n = 4, f = 1, three rows. */
export const settings: BatchSettings = {
  domain: { run: hash('sha256', 'a run'), epoch: 3, batch: 0 },
  agentCount: 4,
  faults: 1,
  firstRow: 0,
  rows: 3,
  decision: { rule: 'quorum' },
}

/** Two batches like that of the settings. */
export const terms: Terms = {
  run: settings.domain.run,
  epoch: settings.domain.epoch,
  agentCount: 4,
  faults: 1,
  decision: settings.decision,
  rows: 6,
  batchRows: 3,
}

/** The keys of agents 0 to 3, and of a stranger. */
export const keys: readonly AgentKeys[] = [0, 1, 2, 3, 4].map((agent) => keysOfSecret(Buffer.alloc(32, agent + 1)))
const signs = keys.map(({ privateKey }) => ed25519Sign(privateKey))
const verify = ed25519Verify(keys.slice(0, 4).map(({ publicKey }) => publicKey))

/** Fresh, so that tests share no digests. */
export function newChecking(): Checking {
  return { settings, rules: STANDARD_RULES, verify, digests: new Digests(settings) }
}

/** A replica of one of the agents, not begun. */
export function newReplica(self: number, durable?: ReplicaOptions['durable']): Replica {
  const options = { checking: newChecking(), self, sign: signs[self], baseTimeoutMs: 1000 }
  return new Replica(durable === undefined ? options : { ...options, durable })
}

/** A replica that has cast its votes. */
export function started(self: number): Replica {
  const replica = newReplica(self)
  replica.begin(votesOf(self))
  return replica
}

/** What a replica does about a message in the domain of the settings. */
export function give(replica: Replica, message: Message): readonly Effect[] {
  return replica.receive({ domain: settings.domain, message })
}

/** The messages among effects. */
export function sent(effects: readonly Effect[]): Message[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? [effect.envelope.message] : []))
}

/** Signs as agent `signer` in the domain of the settings. */
export function signed(signer: number, statement: Claimed): string {
  return signs[signer]({ ...settings.domain, ...statement })
}

/** What an agent votes for, or something else. */
export function votesOf(agent: number, variant = 0): Pick<Ballot, 'actions' | 'scores'> {
  const actions = Uint8Array.from({ length: 3 }, (_, row) => (agent + row + variant) % 4)
  return { actions, scores: Float32Array.from({ length: 3 }, (_, row) => (agent + row) / 8) }
}

/** An agent's signed ballot. */
export function ballotOf(agent: number, variant = 0): Ballot {
  const digest = ballotDigest(votesOf(agent, variant))
  return { agent, ...votesOf(agent, variant), digest, signature: signed(agent, claimed('ballot', 0, digest)) }
}

/** The ballots of all agents. */
export function valueFor(variant = 0): Value {
  return [0, 1, 2, 3].map((agent) => ballotOf(agent, variant))
}

/** What a value is voted on by. */
export function digestOf(value: Value): string {
  return newChecking().digests.value(value)
}

/** A certificate signed by these agents. */
export function certificateOf(phase: Phase, view: number, digest: string, agents = [0, 1, 2]): QuorumCertificate {
  const statement = claimed(phase, view, digest)
  return { phase, view, digest, signatures: agents.map((agent) => ({ agent, signature: signed(agent, statement) })) }
}

/** An agent's claim, locked on a value or on none. */
export function claimOf(agent: number, view: number, lock: { view: number; digest: string } | null = null): Claim {
  const digest = lock?.digest ?? ''
  const lockView = lock?.view ?? -1
  return { agent, view, lockView, digest, signature: signed(agent, { kind: 'status', view, digest, lockView }) }
}

/** A leader's proposal. */
export function proposalOf(
  view: number,
  value: Value,
  {
    claims = [],
    lock = null,
    signer = view % 4,
  }: { claims?: Claim[]; lock?: QuorumCertificate | null; signer?: number } = {},
): Message & { type: 'proposal' } {
  const digest = digestOf(value)
  const signature = signed(signer, claimed('proposal', view, digest))
  return { type: 'proposal', view, digest, value, claims, lock, signature }
}

/** One sound message of every kind, those with all optional parts first. */
export function messages(): Message[] {
  const value = valueFor()
  const digest = digestOf(value)
  const lock = certificateOf('prepare', 0, digest)
  const claim = claimOf(2, 1, lock)
  const vote = claimed('prepare', 1, digest)
  const first = { ...vote, signature: signed(3, vote) }
  const other = claimed('prepare', 1, 'ab'.repeat(32))
  const seen = { view: 0, digest, signature: signed(0, claimed('proposal', 0, digest)) }
  return [
    { type: 'status', claim, seen, lock, value },
    proposalOf(1, value, { claims: [claimOf(0, 1, lock), claimOf(1, 1), claim], lock }),
    { type: 'ballot', ballot: value[1] },
    { type: 'vote', phase: 'prepare', view: 1, digest, agent: 3, signature: first.signature },
    { type: 'prepared', certificate: certificateOf('prepare', 1, digest, [0, 1, 3]) },
    { type: 'committed', certificate: certificateOf('commit', 1, digest), value },
    { type: 'evidence', agent: 3, first, second: { ...other, signature: signed(3, other) } },
    { type: 'status', claim: claimOf(1, 4), seen: null, lock: null, value: [] },
    { type: 'ask', agent: 2 },
  ]
}
