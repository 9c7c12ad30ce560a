import { CUT_OFF, DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { walkAll } from '@vigil/response'
import { describe, expect, it } from 'vitest'
import { isContained, isFalselyContained, outcomeFigures, outcomesOf } from './outcomes.ts'
import { teamFigures } from './response-scores.ts'
import { playedBy, SETTINGS, streamsOfLabels } from './streams.fixture.ts'
import { timelinesOf } from './timelines.ts'
import { validityOf } from './validity.ts'

const [ALLOW, BLOCK, QUARANTINE, ALERT] = [0, 1, 2, 3]

/** Acts as it is told at some positions, else allows. */
const acting = (actions: Readonly<Record<number, number>>) => (view: { readonly position: number }) =>
  actions[view.position] ?? ALLOW

// Positions 0-3 turn hostile at 2, 4-7 never do, 8-17 do at once, 18-20 do at the end.
const streams = streamsOfLabels([0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1, 1, 0], [0, 0, 1])
// Contained by the team with the first threat; falsely; by the analyst 6 events after the alert; not at all.
const played = playedBy(streams, acting({ 2: QUARANTINE, 5: QUARANTINE, 8: ALERT, 18: BLOCK }))
const outcomes = outcomesOf(played.actions, streams, 'fail-soft')
const nobody = () => Promise.reject(new Error('not asked for'))
const validity = (of: typeof played, replay: Parameters<typeof validityOf>[1]['replay'] = nobody) =>
  validityOf(of, { streams, outcomes: outcomesOf(of.actions, streams, 'fail-soft'), spec: DEFAULT_RESPONSE, replay })

describe('what became of streams', () => {
  it('says who ended each of them, where, and whether a threat had been there', () => {
    expect(outcomes).toEqual([
      { endedBy: 'team', endedAt: 2, compromisedFrom: 2, hasThreat: true },
      { endedBy: 'team', endedAt: 5, compromisedFrom: 8, hasThreat: false },
      { endedBy: 'analyst', endedAt: 14, compromisedFrom: 8, hasThreat: true },
      { endedBy: null, endedAt: 21, compromisedFrom: 20, hasThreat: true },
    ])
    expect(outcomes.map(isContained)).toEqual([true, false, true, false])
    expect(outcomes.map(isFalselyContained)).toEqual([false, true, false, false])
  })

  it('counts a stream that is contained before its threat as false, but not among those without one, as the walk does', () => {
    const early = streamsOfLabels([0, 0, 1], [0, 0], [1, 0])
    const contained = playedBy(early, () => 2, { spec: DEFAULT_RESPONSE, seed: 1 })
    const counts = { falselyContained: 2, benignContained: 1 }
    expect(outcomeFigures(contained, early, 'fail-soft')).toMatchObject({ contained: 1, ...counts })
    expect(walkAll(early, { spec: DEFAULT_RESPONSE, seed: 1 }, () => 2)).toMatchObject(counts)
  })

  it('counts a stream that the analyst contains without a threat as false', () => {
    const wrong = { spec: { ...DEFAULT_RESPONSE, analystAccuracy: 0.5 }, seed: 3 }
    const benign = streamsOfLabels(...Array.from({ length: 40 }, () => Array(12).fill(0)))
    const alerted = playedBy(benign, ({ age }) => (age === 0 ? ALERT : ALLOW), wrong)
    const entry = (stream: number) => alerted.ledgers[8 * stream + 5]
    const said = outcomesOf(alerted.actions, benign, 'fail-soft').map(isFalselyContained)
    expect(said).toEqual(said.map((_, stream) => entry(stream) < 0))
    expect(said.filter(Boolean).length).toBeGreaterThan(5)
  })

  it('does not take the threats of an intruder who gave up for a containment', () => {
    const stop = { spec: { ...DEFAULT_RESPONSE, block: 'fail-stop' as const }, seed: 1 }
    const given = streamsOfLabels([1, 1, 0, 1, 0])
    const blocked = playedBy(given, acting({ 0: BLOCK }), stop)
    expect([...blocked.actions]).toEqual([BLOCK, CUT_OFF, ALLOW, CUT_OFF, ALLOW])
    expect(outcomesOf(blocked.actions, given, 'fail-stop')).toEqual([
      { endedBy: null, endedAt: 5, compromisedFrom: 0, hasThreat: true },
    ])
  })

  it.each(['fail-soft', 'fail-stop', 'retry'] as const)(
    'is contained where a containment was paid for (%s)',
    (block) => {
      const settings = { spec: { ...DEFAULT_RESPONSE, block, analystDelay: 1 }, seed: 1 }
      const mixed = streamsOfLabels([1, 1, 1], [1, 1, 1, 0], [0, 1, 1, 1, 0, 0], [1, 1], [0, 1, 1, 0])
      // Blocked with the first event, or blocked and then contained by the analyst or by the team, or by the analyst alone.
      const own = playedBy(
        mixed,
        acting({ 0: BLOCK, 3: BLOCK, 4: ALERT, 7: ALERT, 8: BLOCK, 13: ALERT, 16: BLOCK, 18: 2 }),
        settings,
      )
      const paid = Array.from(own.returns, (_, stream) => own.ledgers[8 * stream + 4] < 0)
      const said = outcomesOf(own.actions, mixed, block)
      expect(said.map(({ endedBy }) => endedBy !== null)).toEqual(paid)
      expect(paid.slice(0, 1)).toEqual([false])
      expect(new Set(paid).size).toBe(2)
    },
  )

  it('gives up to the last threat, and is not contained by anyone', () => {
    const stop = { spec: { ...DEFAULT_RESPONSE, block: 'fail-stop' as const }, seed: 1 }
    const given = streamsOfLabels([0, 1, 1, 1])
    const blocked = playedBy(given, acting({ 1: BLOCK }), stop)
    expect([...blocked.actions]).toEqual([ALLOW, BLOCK, CUT_OFF, CUT_OFF])
    expect(outcomesOf(blocked.actions, given, 'fail-stop')).toEqual([
      { endedBy: null, endedAt: 4, compromisedFrom: 1, hasThreat: true },
    ])
    expect(outcomeFigures(blocked, given, 'fail-stop')).toMatchObject({ contained: 0, falselyContained: 0, cutOff: 2 })
  })

  it('gives the figures of a policy and of the team', () => {
    const spread = [...played.returns].map((own) => own - played.returns.reduce((a, b) => a + b, 0) / 4)
    expect(outcomeFigures(played, streams, 'fail-soft')).toEqual({
      returnMean: played.returns.reduce((a, b) => a + b, 0) / 4,
      actions: { allow: 2 + 1 + 5 + 2, block: 1, quarantine: 2, alert: 1 },
      cutOff: 1 + 2 + 4,
      contained: 2,
      falselyContained: 1,
      benignContained: 1,
    })
    const figures = teamFigures(played, { streams, outcomes, spec: DEFAULT_RESPONSE, eventsPerDay: 7 })
    expect(figures).toMatchObject({ streams: 4, threatStreams: 3, contained: 2, falselyContained: 1, missed: 1 })
    // From the first threat on 0, 6 and 1 events went on; one alert in three days.
    expect(figures.dwellEvents).toBeCloseTo(7 / 3, 12)
    // With the first threat, and with the seventh event after it.
    expect(figures.containmentEvents).toBe((1 + 7) / 2)
    expect(figures.alertsPerDay).toBeCloseTo(1 / 3, 12)
    expect(figures.returnDeviation).toBeCloseTo(Math.sqrt(spread.reduce((sum, own) => sum + own * own, 0) / 4), 12)
    expect(Object.values(figures.ledger).reduce((a, b) => a + b, 0)).toBeCloseTo(figures.returnMean, 12)
  })
})

describe('how a return is known', () => {
  it('is exact where events are let through and streams quarantined', async () => {
    const allowed = playedBy(streams, acting({ 2: QUARANTINE }))
    expect(await validity(allowed)).toEqual({ exact: 1, modelled: 0, unidentified: 0, blockedIntruder: null })
  })

  it('is modelled for alerts and what the analyst contains', async () => {
    const { modelled, unidentified } = await validity(playedBy(streams, acting({ 8: ALERT })))
    // Benign events let through, 2 + 4 + 2; threats, 2 + 6 + 1; the alert, and the containment.
    const [known, asked] = [0.02 * 8 + 9, 1 + 2]
    expect(modelled).toBeCloseTo(asked / (known + asked), 12)
    expect(unidentified).toBe(0)
  })

  it('is unidentified for blocked events, and asks what else the same team may return', async () => {
    const blocked = playedBy(streams, acting({ 0: BLOCK, 2: BLOCK }))
    const { unidentified, blockedIntruder } = await validity(blocked, async (block) => (block === 'retry' ? -9 : -1))
    const [known, hidden] = [0.02 * (1 + 4 + 1 + 2) + 11, 0.3 + 0.4]
    expect(unidentified).toBeCloseTo(hidden / (known + hidden), 12)
    const own = blocked.returns.reduce((a, b) => a + b, 0) / 4
    expect(blockedIntruder).toEqual({ 'fail-soft': own, 'fail-stop': -1, retry: -9 })
    expect((await validity(playedBy(streams, acting({ 0: BLOCK })))).blockedIntruder).toBeNull()
  })
})

describe('timelines', () => {
  const shown = { streams, settings: SETTINGS, outcomes, agentCount: 2, faults: 0 }

  it('show a stream of each kind that there is', () => {
    expect(timelinesOf(played, shown).map(({ kind, stream }) => [kind, stream])).toEqual([
      ['contained', 0],
      ['verdict', 2],
      ['false-containment', 1],
      ['missed', 3],
    ])
  })

  it('show tickets, votes and rewards of what was decided, and what never happened', () => {
    const { moments, returned } = timelinesOf(played, shown)[1]
    expect(moments.map(({ ticket }) => ticket)).toEqual([0, 5, 4, 3, 2, 1, null, null, null, null])
    expect(moments[0]).toMatchObject({ row: 8, isThreat: true, votes: [ALERT, ALERT], action: ALERT, reward: -2 })
    expect(moments[0].score).toBeCloseTo(0.15, 6)
    expect(moments[5].reward).toBe(-3)
    expect(moments[6]).toMatchObject({ row: 14, isThreat: true, votes: null, action: null, score: null })
    expect(moments.reduce((sum, { reward }) => sum + (reward ?? 0), 0)).toBeCloseTo(returned, 12)
  })

  it('are left out where intruders try again, since only the last try is known', () => {
    const settings = { ...SETTINGS, spec: { ...DEFAULT_RESPONSE, block: 'retry' as const } }
    expect(timelinesOf(playedBy(streams, acting({ 2: BLOCK }), settings), { ...shown, settings })).toEqual([])
  })

  it('are found among more streams than a call takes arguments', () => {
    const many = streamsOfLabels(...Array.from({ length: 3 }, () => [1]))
    const own = playedBy(many, () => QUARANTINE)
    const wide = { ...many, streamStarts: Uint32Array.from([...many.streamStarts, ...Array(200_000).fill(3)]) }
    const contained = { endedBy: 'team', endedAt: 0, compromisedFrom: 0 } as const
    const found = timelinesOf(own, { ...shown, streams: wide, outcomes: Array(200_000).fill(contained) })
    expect(found.map(({ kind, stream }) => [kind, stream])).toEqual([['contained', 0]])
  })

  it('leave out what is far from where a stream turns', () => {
    const long = streamsOfLabels(Array(300).fill(0).with(150, 1))
    const stopped = playedBy(long, acting({ 150: QUARANTINE }))
    const [own] = timelinesOf(stopped, {
      ...shown,
      streams: long,
      outcomes: outcomesOf(stopped.actions, long, 'fail-soft'),
    })
    expect([own.before, own.moments.length, own.after]).toEqual([90, 90, 120])
    expect(own.moments[60]).toMatchObject({ row: 150, action: QUARANTINE })
  })
})
