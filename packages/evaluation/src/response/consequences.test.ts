import { DEFAULT_RESPONSE, type ResponseSpec, siteOrderOf } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { consequencesOf, judgedOrder } from './consequences.ts'
import { playedBy, SETTINGS, streamsOfLabels } from './streams.fixture.ts'

const [ALLOW, BLOCK, QUARANTINE, ALERT] = [0, 1, 2, 3]
const acting = (actions: Readonly<Record<number, number>>) => (view: { readonly position: number }) =>
  actions[view.position] ?? ALLOW
const asLists = (of: ReturnType<typeof consequencesOf>) =>
  Object.fromEntries(Object.entries(of).map(([name, values]) => [name, Array.from(values)]))

describe('consequencesOf', () => {
  it('says of every decided event what it cost, how long an intruder has stayed, and which tickets are open', () => {
    // Contained with its second threat; falsely; an alert whose ticket the recording's end closes.
    const streams = {
      ...streamsOfLabels([0, 1, 1, 1], [0, 0, 0], [1, 0, 1]),
      damage: Float32Array.from(Array(10).fill(2)),
    }
    const played = playedBy(streams, acting({ 1: BLOCK, 2: QUARANTINE, 5: QUARANTINE, 7: ALERT }))
    const { damage, dwell } = DEFAULT_RESPONSE
    expect(asLists(consequencesOf(played, streams, SETTINGS))).toEqual({
      damage: [0, 2 * dwell, 0, 0, 0, 2 * damage + 2 * dwell, 0, 2 * damage + 2 * dwell],
      dwellTime: [0, 1, 1, 0, 0, 1, 2, 3],
      openTickets: [0, 0, 0, 0, 0, 1, 1, 1],
      falselyContained: [0, 0, 0, 0, 1, 0, 0, 0],
    })
  })

  it('knows when the analyst closes a ticket, and that an all-clear lets the next one be opened', () => {
    const settings = { ...SETTINGS, spec: { ...DEFAULT_RESPONSE, analystDelay: 2 } }
    const streams = streamsOfLabels([0, 0, 0, 0, 0, 0, 0, 0])
    const played = playedBy(streams, acting({ 1: ALERT, 2: ALERT, 5: ALERT }), settings)
    const { openTickets } = consequencesOf(played, streams, settings)
    expect(Array.from(openTickets)).toEqual([0, 1, 1, 1, 0, 1, 1, 1])
  })

  it('lets an intruder who gave up stay no longer', () => {
    const settings = { ...SETTINGS, spec: { ...DEFAULT_RESPONSE, block: 'fail-stop' as const } }
    const streams = streamsOfLabels([1, 1, 1, 0, 0])
    const played = playedBy(streams, acting({ 1: BLOCK }), settings)
    expect(Array.from(consequencesOf(played, streams, settings).dwellTime)).toEqual([1, 2, 2, 2])
  })

  it('costs what the ledgers hold', () => {
    const streams = streamsOfLabels([0, 1, 1, 1, 0], [1, 1, 0, 1], [0, 0, 1])
    const played = playedBy(
      streams,
      ({ position, age }) => [ALLOW, BLOCK, ALERT, ALLOW, QUARANTINE][(3 * position + age) % 5],
    )
    const { damage } = consequencesOf(played, streams, SETTINGS)
    const paid = played.ledgers.reduce((sum, entry, i) => sum - (i % 8 === 1 || i % 8 === 2 ? entry : 0), 0)
    expect(Array.from(damage).reduce((sum, one) => sum + one, 0)).toBeCloseTo(paid, 12)
    expect(paid).toBeGreaterThan(1)
  })

  it('is of all streams of a site in the order of time: its tickets are shared', () => {
    // By time: a0 b0 a1 b1 a2 b2, where a turns hostile with a1, and the verdict on b is due at tick 4.
    const plain = streamsOfLabels([0, 1, 1], [0, 0, 0])
    const ranks = Uint32Array.of(0, 2, 4, 1, 3, 5)
    const order = siteOrderOf(plain, { ranks, sites: new Uint32Array(6), phases: null }, plain.labels)
    const streams = { ...plain, order }
    const spec: ResponseSpec = { ...DEFAULT_RESPONSE, layout: 'site', tickets: 2, analystDelay: 2 }
    const actions = Uint8Array.of(ALLOW, ALERT, ALLOW, ALERT, ALLOW, QUARANTINE)
    const decidedAt = Uint32Array.of(0, 1, 2, 3, 4, 5)
    expect([...judgedOrder({ decidedAt }, streams)]).toEqual([0, 3, 1, 4, 2, 5])
    const { damage, dwell } = spec
    expect(asLists(consequencesOf({ actions, decidedAt }, streams, { spec, seed: 1 }))).toEqual({
      damage: [0, 0, damage + dwell, 0, damage + dwell, 0],
      dwellTime: [0, 0, 1, 0, 2, 0],
      openTickets: [0, 1, 2, 2, 0, 0],
      falselyContained: [0, 0, 0, 0, 0, 1],
    })
  })
})
