import { describe, expect, test } from 'vitest'
import { encodeEnvelope } from '../protocol/codec.ts'
import { ed25519Sign, ed25519Verify } from '../protocol/keys.ts'
import { Replica } from '../protocol/replica.ts'
import { STANDARD_RULES } from '../protocol/rules.ts'
import { keys, votesOf } from '../protocol/team.fixture.ts'
import { Digests } from '../protocol/value.ts'
import { type BatchCertificate, certify } from './certificate.ts'
import { decodeCertificates, encodeCertificates } from './certificate-file.ts'
import {
  CHAIN_BEGIN,
  type ChainPlace,
  type ChainTeam,
  eventsRoot,
  placeAfter,
  settingsOfLink,
  verifyLink,
} from './chain.ts'

const own = keys.slice(0, 4)
const team: ChainTeam = {
  ...{ id: 'ab'.repeat(32), epoch: 2, agentCount: 4, faults: 1, decision: { rule: 'quorum', fallbackAction: 3 } },
  verify: ed25519Verify(own.map(({ publicKey }) => publicKey)),
}
const BEGIN: ChainPlace = { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }

/** Agents that were each given a batch agree on it as far as they can; messages pass in the order in which they were sent. */
function agreeOn(
  given: readonly { readonly place: ChainPlace; readonly events: readonly string[] }[],
): BatchCertificate | null {
  const links = given.map(({ place, events }) => ({ ...place, rows: events.length, events: eventsRoot(events) }))
  const replicas = links.map((link, self) => {
    const settings = settingsOfLink(team, link)
    const checking = { settings, rules: STANDARD_RULES, verify: team.verify, digests: new Digests(settings) }
    return new Replica({ checking, self, sign: ed25519Sign(own[self].privateKey), baseTimeoutMs: 1000 })
  })
  const line = replicas.flatMap((replica, from) => replica.begin(votesOf(from)).map((effect) => ({ from, effect })))
  const timers: typeof line = []
  for (let next = line.shift(); next !== undefined; next = line.shift() ?? timers.shift()) {
    const { from, effect } = next
    if (effect.type === 'timer') {
      // Once nothing is on its way any more the leader does without the ballots that have not come.
      if (effect.timer.kind !== 'gather') continue
      if (line.length > 0) timers.push(next)
      else line.push(...replicas[from].expire(effect.timer).map((then) => ({ from, effect: then })))
      continue
    }
    const bytes = encodeEnvelope(effect.envelope)
    for (const [to, replica] of replicas.entries()) {
      if (to === from || (effect.to !== 'all' && effect.to !== to)) continue
      line.push(...replica.receiveBytes(bytes).map((then) => ({ from: to, effect: then })))
    }
  }
  const { committed } = replicas[0]
  if (committed === null) return null
  const { events, previous } = links[0]
  return { ...certify(settingsOfLink(team, links[0]), committed), link: { events, previous } }
}

const all = (place: ChainPlace, events: readonly string[]) => agreeOn([0, 1, 2, 3].map(() => ({ place, events })))!
const first = all(BEGIN, ['a', 'b', 'c'])
const second = all(placeAfter(first), ['d', 'e', 'f'])

describe('a chain of certificates', () => {
  test('holds link by link, also after it was in a file', () => {
    let place = BEGIN
    for (const batch of decodeCertificates(encodeCertificates([first, second]), team)) {
      expect(verifyLink(batch, place, team)).toBeNull()
      place = placeAfter(batch)
    }
    expect(place).toMatchObject({ batch: 2, firstRow: 6 })
  })

  test.each<[string, BatchCertificate, ChainPlace, ChainTeam, string]>([
    ['a batch that is left out', second, BEGIN, team, 'WRONG_BATCH'],
    ['another past', second, { ...placeAfter(first), previous: 'cd'.repeat(32) }, team, 'WRONG_TERMS'],
    ['another manifest', first, BEGIN, { ...team, id: 'cd'.repeat(32) }, 'WRONG_RUN'],
    ['another epoch', first, BEGIN, { ...team, epoch: 3 }, 'WRONG_EPOCH'],
    [
      'other events',
      { ...first, link: { ...first.link!, events: eventsRoot(['a', 'b', 'x']) } },
      BEGIN,
      team,
      'WRONG_RUN',
    ],
    ['no link', { ...first, link: undefined } as never, BEGIN, team, 'WRONG_BATCH'],
    ['a decision', { ...first, actions: first.actions.map((action) => 3 - action) }, BEGIN, team, 'WRONG_DECISIONS'],
  ])('does not hold with %s', (_, batch, place, trusted, reason) => {
    expect(verifyLink(batch, place, trusted)).toBe(reason)
  })

  test('agents that were given other events do not agree with the others', () => {
    const same = { place: BEGIN, events: ['a', 'b', 'c'] }
    const other = { place: BEGIN, events: ['a', 'b', 'x'] }
    expect(agreeOn([same, same, other, other])).toBeNull()
    expect(agreeOn([same, same, same, other])?.value.map(({ agent }) => agent)).toEqual([0, 1, 2])
  })

  test('the root of events depends on their order and on where one ends', () => {
    const roots = [['a', 'b'], ['b', 'a'], ['ab'], ['a', 'b', ''], ['a']].map(eventsRoot)
    expect(new Set(roots).size).toBe(roots.length)
  })
})
