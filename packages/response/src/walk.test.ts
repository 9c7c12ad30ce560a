import { CUT_OFF, DEFAULT_RESPONSE, LEDGER_ENTRIES, type ResponseSpec } from '@vigil/env-wasm'
import { philox } from '@vigil/random'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anySpec, anyStreams } from './streams.arbitrary.ts'
import type { Streams } from './streams.ts'
import { ALERT, ALLOW, BLOCK, ENTRY, type Policy, QUARANTINE, returnOf, walk } from './walk.ts'
import { walkAll } from './walk-all.ts'

const spec = DEFAULT_RESPONSE

/** One stream whose events have these labels. */
function streamOf(labels: readonly number[], more: Partial<Streams> = {}): Streams {
  return {
    rows: Uint32Array.from(labels, (_, row) => row),
    streamStarts: Uint32Array.of(0, labels.length),
    labels: Uint8Array.from(labels),
    ratios: null,
    hazard: 0,
    damage: null,
    ...more,
  }
}

/** A policy that gives these actions one after another, then allows. */
const plan = (...actions: number[]): Policy => {
  let next = 0
  return () => actions[next++] ?? ALLOW
}

const walked = (labels: readonly number[], policy: Policy, more: Partial<ResponseSpec> = {}, seed = 1) =>
  walk(streamOf(labels), 0, { spec: { ...spec, ...more }, seed }, policy)

it('has a ledger in the order of LEDGER_ENTRIES', () => {
  expect(Object.keys(ENTRY)).toEqual([...LEDGER_ENTRIES])
  expect(Object.values(ENTRY)).toEqual([...LEDGER_ENTRIES.keys()])
})

describe('a step pays', () => {
  it.each([
    ['allow of a benign event', 0, ALLOW, [0.02, 0, 0, 0, 0, 0, 0, 0]],
    ['allow of a threat', 1, ALLOW, [0, -0.6, -0.4, 0, 0, 0, 0, 0]],
    ['block of a benign event', 0, BLOCK, [0, 0, 0, -0.3, 0, 0, 0, 0]],
    ['block of a threat', 1, BLOCK, [0, 0, -0.4, 0, 0, 0, 0, 0]],
    ['quarantine of a benign event', 0, QUARANTINE, [0, 0, 0, 0, -2, -8, -0.1, 0]],
    ['quarantine of a threat', 1, QUARANTINE, [0, 0, 0, 0, -2, 0, 0, 0]],
    ['alert on a benign event', 0, ALERT, [0.02, 0, 0, 0, 0, 0, 0, -1]],
    ['alert on a threat', 1, ALERT, [0, -0.6, -0.4, 0, 0, 0, 0, -1]],
  ])('%s', (_, label, action, ledger) => {
    expect([...walked([label], () => action).ledger]).toEqual(ledger)
  })

  it('damage and dwell of a threat times its multiplier, and nothing else', () => {
    const streams = streamOf([1, 0, 1], { damage: Float32Array.of(3, 7, 0.5) })
    const { ledger } = walk(streams, 0, { spec, seed: 1 }, plan(ALLOW, ALLOW, BLOCK))
    const expected = [0.02, -1.8, -1.4, 0, 0, 0, 0, 0]
    for (const [entry, sum] of expected.entries()) expect(ledger[entry]).toBeCloseTo(sum, 12)
  })
})

describe('containment', () => {
  it('cuts off what comes later, and costs the benign events of it where no event was a threat', () => {
    const { ledger, actions, decided, cutOff } = walked([0, 0, 1, 0], plan(ALLOW, QUARANTINE))
    expect([...actions]).toEqual([ALLOW, QUARANTINE, CUT_OFF, CUT_OFF])
    expect([decided, cutOff]).toEqual([2, 2])
    expect([...ledger]).toEqual([0.02, 0, 0, 0, -2, -8, -0.2, 0])
  })

  it('is not false after a threat, though the present event is benign', () => {
    expect(returnOf(walked([1, 0, 0], plan(BLOCK, QUARANTINE)).ledger)).toBeCloseTo(-0.4 - 2, 12)
  })
})

describe('a ticket', () => {
  it('brings its verdict with the event after as many decided events as the delay, the alert apart', () => {
    const { steps } = walked([0, 0, 0, 0, 0], plan(ALERT), { analystDelay: 2 })
    expect(steps.map(({ view }) => view.ticket)).toEqual([0, 2, 1, 0, 0])
    expect(steps.map(({ view }) => view.sinceClear)).toEqual([0, 0, 0, 1, 2])
  })

  it('is not opened twice: another alert is paid and lost', () => {
    const { steps, ledger } = walked([0, 0, 0, 0], plan(ALERT, ALERT, ALERT), { analystDelay: 2 })
    expect(steps.map(({ view }) => view.ticket)).toEqual([0, 2, 1, 0])
    expect(ledger[7]).toBe(-3)
  })

  it('contains a compromised stream with the event of the verdict, which never happens', () => {
    const { actions, ledger, steps } = walked([0, 0, 1, 1], plan(ALERT), { analystDelay: 1 })
    expect([...actions]).toEqual([ALERT, ALLOW, CUT_OFF, CUT_OFF])
    expect([...ledger]).toEqual([0.04, 0, 0, 0, -2, 0, 0, -1])
    expect(steps[1].reward).toBeCloseTo(0.02 - 2, 12)
  })

  it('of no delay brings its verdict with the next event', () => {
    expect([...walked([1, 1], plan(ALERT), { analystDelay: 0 }).actions]).toEqual([ALERT, CUT_OFF])
  })

  it('lapses where the stream ends before', () => {
    expect([...walked([1, 1, 1], plan(ALERT), { analystDelay: 2 }).ledger.slice(4, 6)]).toEqual([0, 0])
  })

  it('is judged rightly as often as the accuracy says, by the number drawn for the row', () => {
    const outcomes = Array.from({ length: 400 }, (_, seed) => {
      const { cutOff } = walked([0, 0], plan(ALERT), { analystDelay: 0, analystAccuracy: 0.7 }, seed)
      const words = new Uint32Array(4)
      philox([seed, 1], [1, 0, 0, 2], words)
      const isWrong = (words[0] >>> 8) / 2 ** 24 >= 0.7
      expect(cutOff === 1, `seed ${seed}`).toBe(isWrong)
      return isWrong
    })
    const share = outcomes.filter(Boolean).length / outcomes.length
    expect(Math.abs(share - 0.3)).toBeLessThan(3 * Math.sqrt((0.3 * 0.7) / outcomes.length))
  })

  it('that wrongly finds a threat costs as a false containment does', () => {
    const seed = [...Array(100).keys()].find(
      (candidate) => walked([0, 0, 0], plan(ALERT), { analystDelay: 0, analystAccuracy: 0.5 }, candidate).cutOff === 2,
    )!
    const { ledger } = walked([0, 0, 0], plan(ALERT), { analystDelay: 0, analystAccuracy: 0.5 }, seed)
    expect([...ledger]).toEqual([0.02, 0, 0, 0, -2, -8, -0.2, -1])
  })
})

describe('a blocked threat', () => {
  const labels = [1, 0, 1, 0]

  it('of fail-soft goes on with its next event', () => {
    expect([...walked(labels, () => BLOCK).actions]).toEqual([1, 1, 1, 1])
  })

  it('of fail-stop has no later threats; its benign events still come', () => {
    const { actions, decided, cutOff, ledger } = walked(labels, () => BLOCK, { block: 'fail-stop' })
    expect([...actions]).toEqual([1, 1, CUT_OFF, 1])
    expect([decided, cutOff]).toEqual([3, 1])
    expect([...ledger]).toEqual([0, 0, -0.4, -0.6, 0, 0, 0, 0])
  })

  it('of retry comes again three times at most, and is counted by its last decision', () => {
    const stubborn = walked(labels, () => BLOCK, { block: 'retry' })
    expect(stubborn.steps.map(({ view }) => view.position)).toEqual([0, 0, 0, 0, 1, 2, 2, 2, 2, 3])
    expect(stubborn.steps.map(({ view }) => view.age)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect([stubborn.decided, stubborn.cutOff]).toEqual([4, 0])
    expect([...walked(labels, plan(BLOCK, ALLOW), { block: 'retry' }).actions]).toEqual([0, 0, 0, 0])
  })
})

describe('belief', () => {
  it('is Bayes by all paths of the hidden state', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0.25, 0.5, 1, 3), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(0.01, 0.2),
        (ratios, hazard) => {
          const streams = streamOf(
            ratios.map(() => 0),
            { ratios: Float32Array.from(ratios), hazard },
          )
          const { steps } = walk(streams, 0, { spec, seed: 1 }, () => ALLOW)
          for (const { view } of steps)
            expect(view.belief).toBeCloseTo(beliefByPaths(ratios.slice(0, view.position + 1), hazard), 12)
        },
      ),
    )
  })

  it('is of the event alone without hazard', () => {
    const streams = streamOf([0, 0], { ratios: Float32Array.of(3, 0.25) })
    const { steps } = walk(streams, 0, { spec, seed: 1 }, () => ALLOW)
    expect(steps.map(({ view }) => view.belief)).toEqual([0.75, 0.2])
  })

  it('begins anew with the event of an all-clear', () => {
    const streams = streamOf([0, 0, 0], { ratios: Float32Array.of(4, 4, 4), hazard: 0.1 })
    const { steps } = walk(streams, 0, { spec: { ...spec, analystDelay: 0 }, seed: 1 }, plan(ALERT))
    expect(steps[1].view.belief).toBe(0)
    expect(steps[2].view.belief).toBeCloseTo(0.4 / (0.4 + 0.9), 12)
  })
})

/** P(hostile at the last event): the change came before some event, or did not. */
function beliefByPaths(ratios: readonly number[], hazard: number): number {
  const joint = ratios.map(
    (_, change) =>
      (1 - hazard) ** change * hazard * ratios.slice(change).reduce((product, ratio) => product * ratio, 1),
  )
  const hostile = joint.reduce((sum, path) => sum + path, 0)
  return hostile / (hostile + (1 - hazard) ** ratios.length)
}

/** A policy that depends on all it sees, without order, and takes every action. */
const erratic =
  (key: number): Policy =>
  ({ row, age, ticket, sinceClear, belief }) => {
    const words = new Uint32Array(4)
    philox([key, 0], [row, age, ticket + 64 * sinceClear, belief > 0.3 ? 1 : 0], words)
    const draw = words[0] / 2 ** 32
    if (draw < 0.45) return ALLOW
    if (draw < 0.7) return BLOCK
    return draw < 0.95 ? ALERT : QUARANTINE
  }

const anyWalk = fc.record({ streams: anyStreams, spec: anySpec, seed: fc.nat(), key: fc.nat() })

describe('walk and walkAll', () => {
  it('agree on returns, ledger, actions, events cut off and streams that are falsely contained', () => {
    fc.assert(
      fc.property(anyWalk, ({ streams, spec: { falseContainment, ...costs }, seed, key }) => {
        const spec = { ...costs, falseContainment: falseContainment + 1 }
        const walks = [...Array(streams.streamStarts.length - 1).keys()].map((stream) =>
          walk(streams, stream, { spec, seed }, erratic(key)),
        )
        const totals = walkAll(streams, { spec, seed }, erratic(key))
        for (const [stream, { ledger }] of walks.entries())
          expect(totals.returns[stream]).toBeCloseTo(returnOf(ledger), 9)
        for (let entry = 0; entry < 8; entry++)
          expect(totals.ledger[entry]).toBeCloseTo(
            walks.reduce((sum, { ledger }) => sum + ledger[entry], 0),
            9,
          )
        const actions = walks.flatMap((walked) => [...walked.actions])
        expect([...totals.actions]).toEqual([0, 1, 2, 3].map((a) => actions.filter((action) => action === a).length))
        expect(totals.decided).toBe(actions.filter((action) => action !== CUT_OFF).length)
        expect(totals.decided + totals.cutOff).toBe(streams.rows.length)
        const falsely = walks.map(({ ledger }) => ledger[ENTRY.falseContainment] < 0)
        expect(totals.falselyContained).toBe(falsely.filter(Boolean).length)
        const labelsOf = (stream: number) => streams.rows.subarray(...streams.streamStarts.subarray(stream, stream + 2))
        expect(totals.benignContained).toBe(
          falsely.filter((is, stream) => is && labelsOf(stream).every((row) => streams.labels[row] === 0)).length,
        )
      }),
      { numRuns: 500 },
    )
  })

  it('give each step its part of the return', () => {
    fc.assert(
      fc.property(anyWalk, ({ streams, spec, seed, key }) => {
        const { steps, ledger } = walk(streams, 0, { spec, seed }, erratic(key))
        expect(steps.reduce((sum, { reward }) => sum + reward, 0)).toBeCloseTo(returnOf(ledger), 9)
      }),
    )
  })

  it('show a policy nothing of the labels', () => {
    fc.assert(
      fc.property(anyWalk, ({ streams, spec, seed }) => {
        const seen = (labels: Uint8Array) =>
          walk({ ...streams, labels }, 0, { spec: { ...spec, block: 'fail-soft' }, seed }, () => BLOCK).steps.map(
            ({ view }) => view,
          )
        expect(seen(streams.labels.map((label) => 1 - label))).toEqual(seen(streams.labels))
      }),
    )
  })

  it.each<[string, Partial<Streams>, Policy, string]>([
    ['an action that there is not', {}, () => 4, 'ACTION'],
    ['ratios of another dataset', { ratios: Float32Array.of(1) }, () => 0, 'STREAMS'],
    ['damage of another dataset', { damage: Float32Array.of(1) }, () => 0, 'STREAMS'],
    ['starts of another split', { streamStarts: Uint32Array.of(0, 3) }, () => 0, 'STREAMS'],
    ['a hazard of 1', { hazard: 1 }, () => 0, 'STREAMS'],
  ])('refuse %s', (_, more, policy, code) => {
    const streams = streamOf([0, 1], more)
    expect(() => walk(streams, 0, { spec, seed: 1 }, policy)).toThrow(expect.objectContaining({ code }))
    expect(() => walkAll(streams, { spec, seed: 1 }, policy)).toThrow(expect.objectContaining({ code }))
  })
})
