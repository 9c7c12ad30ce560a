/** A team in one process that agrees on its batches: every agent its own replica, everything between them as bytes. */
import { agreementError } from '../errors.ts'
import { encodeEnvelope } from '../protocol/codec.ts'
import { EventQueue } from '../protocol/event-queue.ts'
import { type AgentKeys, ed25519Sign, ed25519Verify } from '../protocol/keys.ts'
import type { Ballot } from '../protocol/messages.ts'
import type { Effect, Timer } from '../protocol/outbox.ts'
import { Replica } from '../protocol/replica.ts'
import { STANDARD_RULES } from '../protocol/rules.ts'
import type { Sign, Verify } from '../protocol/statement.ts'
import { batchCountOf, settingsOfBatch, type Terms } from '../protocol/terms.ts'
import { type BatchSettings, Digests } from '../protocol/value.ts'
import { type BatchCertificate, certify } from './certificate.ts'

/** Milliseconds of an imagined clock: a message takes 1, and view 0 may take 1000. */
const BASE_TIMEOUT_MS = 1000

/** What agents vote for on all rows; null for an agent that is away. */
type Votes = readonly (Pick<Ballot, 'actions' | 'scores'> | null)[]

/** A team and its votes. */
export type TeamVotes = {
  readonly terms: Terms
  /** [A] */
  readonly keys: readonly AgentKeys[]
  /** [A] votes on every row */
  readonly votes: Votes
}

type Event = { readonly to: number; readonly bytes: Uint8Array } | { readonly to: number; readonly timer: Timer }

/** One agent: what it signs and checks with. */
type Agent = { readonly sign: Sign; readonly verify: Verify }

/**
 * Runs the protocol batch by batch until every agent that is there has committed them all. Nothing waits in real time.
 *
 * @example
 * ```ts
 * const decision = { rule: 'quorum' } as const
 * const terms = { run, epoch: 0, agentCount: 4, faults: 1, decision, rows, batchRows: 1000 } // run: 64 hex digits
 * const certificates = agree({ terms, keys: generateTeamKeys(4), votes }) // votes: [A] { actions, scores } of [rows]
 * ```
 *
 * @returns the certificates of the batches, in their order
 * @throws {VigilError} NO_AGREEMENT when more than f agents are away; VOTES, KEY, and what the terms deserve
 */
export function agree({ terms, keys, votes }: TeamVotes): BatchCertificate[] {
  const away = votes.filter((vote) => vote === null).length
  if (away > terms.faults) {
    throw agreementError('NO_AGREEMENT', {
      field: 'votes',
      requirement: `must come from all but ${terms.faults} agents`,
      received: `${away} without votes`,
      remedy: 'Wait for the others, or use a larger team',
    })
  }
  const publicKeys = keys.map(({ publicKey }) => publicKey)
  // Every agent checks for itself: nothing is shared but the terms.
  const agents = keys.map(({ privateKey }) => ({ sign: ed25519Sign(privateKey), verify: ed25519Verify(publicKeys) }))
  return Array.from({ length: batchCountOf(terms) }, (_, batch) => {
    const settings = settingsOfBatch(terms, batch)
    const last = batch === batchCountOf(terms) - 1
    return agreeOnBatch(settings, { agents, votes: votes.map((vote) => vote && votesOfBatch(vote, settings, last)) })
  })
}

/** To the last batch belongs whatever is left, so that too many votes are noticed like too few. */
function votesOfBatch(
  { actions, scores }: Pick<Ballot, 'actions' | 'scores'>,
  { firstRow, rows }: BatchSettings,
  last: boolean,
): Pick<Ballot, 'actions' | 'scores'> {
  const end = last ? undefined : firstRow + rows
  return { actions: actions.slice(firstRow, end), scores: scores.slice(firstRow, end) }
}

function agreeOnBatch(
  settings: BatchSettings,
  { agents, votes }: { agents: readonly Agent[]; votes: Votes },
): BatchCertificate {
  const replicas = agents.map(({ sign, verify }, self) => {
    const checking = { settings, rules: STANDARD_RULES, verify, digests: new Digests(settings) }
    return new Replica({ checking, self, sign, baseTimeoutMs: BASE_TIMEOUT_MS })
  })
  const queue = new EventQueue<Event>()
  const carryOut = (nowMs: number, self: number, effects: readonly Effect[]) => {
    for (const effect of effects) {
      if (effect.type === 'timer') {
        queue.add(nowMs + effect.delayMs, { to: self, timer: effect.timer })
        continue
      }
      const bytes = encodeEnvelope(effect.envelope)
      for (let to = 0; to < replicas.length; to++) {
        if (to !== self && votes[to] !== null && (effect.to === 'all' || effect.to === to))
          queue.add(nowMs + 1, { to, bytes })
      }
    }
  }
  for (const [self, vote] of votes.entries()) if (vote !== null) carryOut(0, self, replicas[self].begin(vote))
  const isOpen = () => replicas.some((replica, self) => votes[self] !== null && replica.committed === null)
  while (isOpen()) {
    const { atMs, event } = queue.take()
    const replica = replicas[event.to]
    carryOut(atMs, event.to, 'timer' in event ? replica.expire(event.timer) : replica.receiveBytes(event.bytes))
  }
  const { committed } = replicas.find((replica) => replica.committed !== null)!
  return certify(settings, committed!)
}
