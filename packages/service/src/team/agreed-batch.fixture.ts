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
  STANDARD_RULES,
  settingsOfLink,
} from '@vigil/agreement'
import type { AgentVoter } from './agent-voter.ts'

const keys = generateTeamKeys(4)

/** n = 4, f = 1. */
export const team: ChainTeam = {
  ...{ id: 'ab'.repeat(32), epoch: 0, agentCount: 4, faults: 1, decision: { rule: 'quorum', fallbackAction: 3 } },
  verify: ed25519Verify(keys.map(({ publicKey }) => publicKey)),
}

/** By agent. */
export const signs = keys.map(({ privateKey }) => ed25519Sign(privateKey))

/** Everybody alerts on everything. */
const alerting = (rows: number) => ({
  actions: new Uint8Array(rows).fill(3),
  scores: new Float32Array(rows).fill(0.5),
})

/** A voter that alerts on everything, and has no past. */
export const alertingVoter: AgentVoter = {
  vote: (events) => alerting(events.length),
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

/** Batches of a chain, a list of events for each. */
export function agreedChain(batches: readonly (readonly string[])[]): AgreedBatch[] {
  let place: ChainPlace = { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }
  return batches.map((events) => {
    const batch = agreed(place, events)
    place = placeAfter(batch.certificate)
    return batch
  })
}

/** Messages pass in the order in which they were sent, and no time passes. */
function agreed(place: ChainPlace, events: readonly string[]): AgreedBatch {
  const link = { ...place, rows: events.length, events: eventsRoot(events) }
  const settings = settingsOfLink(team, link)
  const replicas = signs.map((sign, self) => {
    const checking = { settings, rules: STANDARD_RULES, verify: team.verify, digests: new Digests(settings) }
    return new Replica({ checking, self, sign, baseTimeoutMs: 1000 })
  })
  const line = replicas.flatMap((replica, from) =>
    replica.begin(alerting(events.length)).map((effect) => ({ from, effect })),
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
