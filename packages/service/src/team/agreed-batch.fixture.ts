/** A team of four in this process, and batches on which it has agreed. */
import {
  type BatchCertificate,
  CHAIN_BEGIN,
  type ChainPlace,
  type ChainTeam,
  type Committed,
  certify,
  Digests,
  ed25519Sign,
  ed25519Verify,
  encodeEnvelope,
  eventsRoot,
  generateTeamKeys,
  placeAfter,
  Replica,
  type Sign,
  STANDARD_RULES,
  settingsOfLink,
} from '@vigil/agreement'
import type { AgentVoter } from './agent-voter.ts'

/** A team of n = 4, f = 1 with what its agents sign with. */
type Signing = { readonly team: ChainTeam; readonly signs: readonly Sign[] }

function teamOfEpoch(epoch: number, id: string): Signing {
  const keys = generateTeamKeys(4)
  const decision = { rule: 'quorum', fallbackAction: 3 } as const
  const verify = ed25519Verify(keys.map(({ publicKey }) => publicKey))
  const team = { id: id.repeat(32), epoch, agentCount: 4, faults: 1, decision, verify }
  return { team, signs: keys.map(({ privateKey }) => ed25519Sign(privateKey)) }
}

/** The team of epoch 0, and what its agents sign with. */
export const { team, signs } = teamOfEpoch(0, 'ab')

/** The team of the epoch that comes after. */
export const next = teamOfEpoch(1, 'cd')

const ALERT = 3

/** Everybody votes for one action on everything. */
const voting = (rows: number, action: number) => ({
  actions: new Uint8Array(rows).fill(action),
  scores: new Float32Array(rows).fill(0.5),
})

/** A voter that alerts on everything, and has no past. */
export const alertingVoter: AgentVoter = {
  vote: (events) => voting(events.length, ALERT),
  settle: () => undefined,
  save: () => {
    throw new Error('this voter has no past')
  },
  restore: () => undefined,
}

/** A batch with what the agents have agreed on. */
export type AgreedBatch = {
  readonly place: ChainPlace
  readonly events: readonly string[]
  readonly certificate: BatchCertificate
  /** an envelope with the committed value */
  readonly committed: Uint8Array
}

/**
 * Batches of a chain, a list of events for each.
 *
 * @param at     the first batch of the team that comes after
 * @param action what all agents vote for
 */
export function agreedChain(
  batches: readonly (readonly string[])[],
  at = batches.length,
  action = ALERT,
): AgreedBatch[] {
  let place: ChainPlace = { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }
  return batches.map((events) => {
    const batch = agreed(place, events, { ...(place.batch < at ? { team, signs } : next), action })
    place = placeAfter(batch.certificate)
    return batch
  })
}

/** Messages pass in the order in which they were sent, and no time passes. */
function agreed(
  place: ChainPlace,
  events: readonly string[],
  { team, signs, action }: Signing & { action: number },
): AgreedBatch {
  const link = { ...place, rows: events.length, events: eventsRoot(events) }
  const settings = settingsOfLink(team, link)
  const replicas = signs.map((sign, self) => {
    const checking = { settings, rules: STANDARD_RULES, verify: team.verify, digests: new Digests(settings) }
    return new Replica({ checking, self, sign, baseTimeoutMs: 1000 })
  })
  const line = replicas.flatMap((replica, from) =>
    replica.begin(voting(events.length, action)).map((effect) => ({ from, effect })),
  )
  for (const { from, effect } of line) {
    if (effect.type === 'timer') continue
    for (const [to, replica] of replicas.entries()) {
      if (to === from || (effect.to !== 'all' && effect.to !== to)) continue
      const effects = replica.receiveBytes(encodeEnvelope(effect.envelope))
      line.push(...effects.map((then) => ({ from: to, effect: then })))
    }
  }
  const message: Committed = replicas[0].committed!
  return {
    ...{ place, events },
    certificate: { ...certify(settings, message), link: { events: link.events, previous: place.previous } },
    committed: encodeEnvelope({ domain: settings.domain, message }),
  }
}
