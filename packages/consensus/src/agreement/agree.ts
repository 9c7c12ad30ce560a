/** A team in one process that agrees on a batch: every agent its own replica, everything between them as bytes. */
import { ConsensusError } from '../errors.ts'
import { EventQueue } from '../event-queue.ts'
import { type BatchCertificate, certify } from './certificate.ts'
import { encodeEnvelope } from './codec.ts'
import { type AgentKeys, ed25519Sign, ed25519Verify } from './keys.ts'
import type { Ballot } from './messages.ts'
import type { Effect, Timer } from './outbox.ts'
import { Replica } from './replica.ts'
import { STANDARD_RULES } from './rules.ts'
import { type BatchSettings, Digests } from './value.ts'

/** Milliseconds of an imagined clock: a message takes 1, and view 0 may take 1000. */
const BASE_TIMEOUT_MS = 1000

/** A team and its votes. */
export type TeamVotes = {
  readonly settings: BatchSettings
  /** [A] */
  readonly keys: readonly AgentKeys[]
  /** [A] votes on every row; null for an agent that is away */
  readonly votes: readonly (Pick<Ballot, 'actions' | 'scores'> | null)[]
}

type Event = { readonly to: number; readonly bytes: Uint8Array } | { readonly to: number; readonly timer: Timer }

/**
 * Runs the protocol until every agent that is there has committed. Nothing waits in real time.
 *
 * @returns the certificate of the batch
 * @throws {ConsensusError} NO_AGREEMENT when more than f agents are away; VOTES, KEY, and what the settings deserve
 */
export function agree({ settings, keys, votes }: TeamVotes): BatchCertificate {
  const away = votes.filter((vote) => vote === null).length
  if (away > settings.faults) {
    throw new ConsensusError('NO_AGREEMENT', {
      field: 'votes',
      requirement: `must come from all but ${settings.faults} agents`,
      received: `${away} without votes`,
      remedy: 'Wait for the others, or use a larger team',
    })
  }
  const publicKeys = keys.map(({ publicKey }) => publicKey)
  const replicas = keys.map(({ privateKey }, self) => {
    // Every agent checks for itself: nothing is shared but the settings.
    const checking = {
      settings,
      rules: STANDARD_RULES,
      verify: ed25519Verify(publicKeys),
      digests: new Digests(settings),
    }
    return new Replica({ checking, self, sign: ed25519Sign(privateKey), baseTimeoutMs: BASE_TIMEOUT_MS })
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
