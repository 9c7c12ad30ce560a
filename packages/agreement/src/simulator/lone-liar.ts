/** A faulty agent outside the simulator: among agents that are processes of their own, for tests of what carries their messages. */
import type { Envelope } from '../protocol/messages.ts'
import type { Sign } from '../protocol/statement.ts'
import { type BatchSettings, Digests } from '../protocol/value.ts'
import { type BehaviourName, ignores, incoming, type Liar, outgoing, type Sent } from './behaviours.ts'
import { Conspiracy } from './conspiracy.ts'
import { Draws } from './draws.ts'

/** Lies of one answer to one message at most, and in all of a batch: or it would be heard and answered for ever. */
const LIES_MAX = 200

/** What a faulty agent does in one batch. */
export type LoneLiar = {
  /** Whether its honest code never gets to see a message. */
  readonly ignores: (envelope: Envelope) => boolean
  /** What becomes of a message that its honest code sends. */
  readonly outgoing: (sent: { readonly to: number; readonly envelope: Envelope }) => Envelope[]
  /** What it makes up when it hears a message. */
  readonly incoming: (envelope: Envelope) => Sent[]
}

/**
 * A liar in one batch, which hears of no other one what that one hears.
 *
 * @example
 * ```ts
 * const liar = loneLiar(settings, { agent: 3, signs: new Map([[3, sign]]), behaviours: ['double-vote'], seed: 1 })
 * liar.outgoing({ to: 0, envelope }) // what agent 0 is sent instead
 * ```
 */
export function loneLiar(
  settings: BatchSettings,
  {
    agent,
    signs,
    behaviours,
    seed,
  }: {
    readonly agent: number
    /** its own, and those of agents that it conspires with and whose keys it has */
    readonly signs: ReadonlyMap<number, Sign>
    readonly behaviours: readonly BehaviourName[]
    readonly seed: number
  },
): LoneLiar {
  const { agentCount, faults, domain } = settings
  const draws = new Draws(seed, 'byzantine', 64 * domain.batch + agent)
  const others = Array.from({ length: agentCount }, (_, other) => other).filter((other) => !signs.has(other))
  const knows = new Conspiracy({ settings, digests: new Digests(settings) }, signs)
  const before = { ...domain, batch: Math.max(0, domain.batch - 1) }
  const favoured = new Set(draws.subset(others, 0.6))
  const liar: Liar = {
    agent,
    knows,
    draws,
    favoured,
    victims: new Set(others.slice(0, faults)),
    otherDomains: [before],
  }
  let lies = 0
  return {
    ignores: (envelope) => ignores(liar, behaviours, envelope),
    outgoing(sent) {
      knows.hear(sent.envelope)
      return outgoing(liar, behaviours, sent)
    },
    incoming(envelope) {
      knows.hear(envelope)
      const made = lies < LIES_MAX ? incoming(liar, behaviours, envelope) : []
      lies += made.length
      return made
    },
  }
}
