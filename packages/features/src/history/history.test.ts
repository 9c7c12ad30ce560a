import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fold } from './fold.ts'
import { anyInstants, anyPlan } from './history.arbitrary.ts'
import { historyOracle } from './history.oracle.ts'
import { createHistory, type LiveEvent } from './live-history.ts'
import { type HistoryPlan, parseHistoryPlan, stateBytes } from './plan.ts'
import { judgedFeatures, liveFeatures, recordedFeatures } from './recorded.fixture.ts'
import { replayHistory } from './replay-history.ts'

type OwnFold = Fold extends infer Each ? (Each extends Fold ? Omit<Each, 'name' | 'key'> : never) : never

/** A plan of one fold over the events of one key. */
const planOf = (fold: OwnFold, key: Partial<HistoryPlan['keys'][number]> = {}): HistoryPlan =>
  parseHistoryPlan({
    columns: [
      { name: 'type', kind: 'token' },
      { name: 'size', kind: 'number' },
    ],
    keys: [{ name: 'host', limit: 10, idleMs: null, ...key }],
    folds: [{ name: 'feature', key: 'host', ...fold }],
  })

const event = (ms: number, type: string | null, size: number | null = null, host: string | null = 'a'): LiveEvent => ({
  time: 1_557_248_220_790_000_000n + BigInt(Math.round(ms * 1e6)),
  keys: { host },
  values: { type, size },
})
const story = [event(0, 'open', 5), event(2, 'read', 832), event(2.5, 'read'), event(9, null, 7), event(40, 'map', 1)]
const alone = (events: readonly LiveEvent[]) => events.map((each) => [each])
const featuresOf = (plan: HistoryPlan, events: readonly LiveEvent[]) => recordedFeatures(plan, alone(events)).flat()

describe('each fold', () => {
  it.each<[string, OwnFold, (string | number | null)[]]>([
    ['previous token', { kind: 'previous', of: 'type', back: 1 }, [null, 'open', 'read', 'read', null]],
    ['token three events ago', { kind: 'previous', of: 'type', back: 3 }, [null, null, null, 'open', 'read']],
    ['previous number', { kind: 'previous', of: 'size', back: 2 }, [NaN, NaN, 5, 832, NaN]],
    ['gap', { kind: 'gap' }, [NaN, 2, 0.5, 6.5, 31]],
    ['events so far', { kind: 'events' }, [0, 1, 2, 3, 4]],
    ['count so far', { kind: 'count', of: 'type', value: 'read', last: null }, [0, 0, 1, 2, 2]],
    ['count of the last two', { kind: 'count', of: 'type', value: 'read', last: 2 }, [0, 0, 1, 2, 1]],
    ['events of the last 16 ms', { kind: 'within', of: null, value: null, ms: 16 }, [0, 1, 2, 3, 0]],
    ['tokens of the last 8 ms', { kind: 'within', of: 'type', value: 'read', ms: 8 }, [0, 0, 1, 2, 0]],
    [
      'events of this 10 ms and those before',
      { kind: 'spans', of: null, value: null, ms: 10, last: 2 },
      [0, 1, 2, 3, 0],
    ],
    ['tokens of this 10 ms', { kind: 'spans', of: 'type', value: 'read', ms: 10, last: 1 }, [0, 0, 1, 2, 0]],
    ['first tokens of this 10 ms', { kind: 'firsts', of: 'type', ms: 10, remembered: 9 }, [0, 1, 2, 2, 0]],
    ['new token', { kind: 'new', of: 'type', remembered: 2 }, [1, 1, 0, NaN, 1]],
  ])('%s is counted by hand', (_, fold, expected) => {
    expect(featuresOf(planOf(fold), story)).toEqual(expected)
  })

  it('has gaps that are exact to the nanosecond, whatever the date', () => {
    const late = story[0].time
    const times = [0n, 1n, 3n, 1_000_003n].map((ns) => ({ ...story[0], time: late + ns }))
    expect(featuresOf(planOf({ kind: 'gap' }), times)).toEqual([NaN, 1e-6, 2e-6, 1])
  })

  it('drops the step that leaves the window, one by one and several at once', () => {
    const plan = planOf({ kind: 'within', of: null, value: null, ms: 16 })
    const regular = Array.from({ length: 40 }, (_, ms) => event(ms, 'open'))
    expect(featuresOf(plan, regular)).toEqual(regular.map((_, ms) => Math.min(ms, 15)))
    const jumping = [0, 1, 2, 15, 17, 19].map((ms) => event(ms, 'open'))
    expect(featuresOf(plan, jumping)).toEqual([0, 1, 2, 3, 2, 2])
  })

  it('takes a token that was not among the latest for new again', () => {
    const types = ['a', 'b', 'a', 'c', 'b', 'a'].map((type, i) => event(i, type))
    expect(featuresOf(planOf({ kind: 'new', of: 'type', remembered: 2 }), types)).toEqual([1, 1, 0, 1, 1, 1])
  })
})

describe('a key', () => {
  it('that is not there has no features and is nobody’s past', () => {
    const events = [event(0, 'open'), event(1, 'read', 1, null), event(2, 'map')]
    expect(featuresOf(planOf({ kind: 'events' }), events)).toEqual([0, NaN, 1])
  })

  it('begins anew when so many others had events since as there is room for', () => {
    const hosts = ['a', 'b', 'a', 'c', 'a', 'b', 'c', 'a'].map((host, i) => event(i, 'open', 1, host))
    expect(featuresOf(planOf({ kind: 'events' }, { limit: 2 }), hosts)).toEqual([0, 0, 1, 0, 2, 0, 0, 0])
  })

  it('begins anew after more than its age without an event', () => {
    const events = [0, 10, 20.000001, 21].map((ms) => event(ms, 'open'))
    expect(featuresOf(planOf({ kind: 'events' }, { idleMs: 10 }), events)).toEqual([0, 1, 0, 1])
  })

  it('has a time that never runs back', () => {
    const events = [5, 3, 6].map((ms) => event(ms, 'open'))
    expect(featuresOf(planOf({ kind: 'gap' }), events)).toEqual([NaN, 0, 1])
  })
})

describe('the evaluator', () => {
  it('computes for recordings and for live events what the whole past gives, bit for bit', () => {
    fc.assert(
      fc.property(anyPlan, anyInstants, (plan, instants) => {
        const expected = historyOracle(parseHistoryPlan(plan), instants)
        expect(recordedFeatures(plan, instants)).toEqual(expected)
        expect(liveFeatures(plan, instants)).toEqual(expected)
      }),
      { numRuns: 1500 },
    )
  })

  it('gives an event what it gave without the events after it', () => {
    fc.assert(
      fc.property(anyPlan, anyInstants, anyInstants, (plan, before, after) => {
        const features = recordedFeatures(plan, [...before, ...after])
        expect(features.slice(0, before.flat().length)).toEqual(recordedFeatures(plan, before))
      }),
    )
  })

  it('takes a text of more than 1,000 characters for missing, recorded and live', () => {
    const texts = ['x'.repeat(1000), 'x'.repeat(1001), 'y'.repeat(1002), 'open'].map((type, i) => event(i, type))
    const previous = planOf({ kind: 'previous', of: 'type', back: 1 })
    expect(featuresOf(previous, texts)).toEqual([null, 'x'.repeat(1000), null, null])
    expect(liveFeatures(previous, alone(texts)).flat()).toEqual([null, 'x'.repeat(1000), null, null])
    const isNew = planOf({ kind: 'new', of: 'type', remembered: 9 })
    expect(featuresOf(isNew, texts)).toEqual([1, NaN, NaN, 1])
    expect(liveFeatures(isNew, alone(texts)).flat()).toEqual([1, NaN, NaN, 1])
  })

  it('looks at the past between the events of a recording as it does live', () => {
    fc.assert(
      fc.property(anyPlan, anyInstants, fc.infiniteStream(fc.nat(3)), (plan, instants, draws) => {
        const judged = instants.flat().map(({ time, keys }) => ({ time, keys, values: {} }))
        const moments = judged.flatMap((event, past) => (draws.next().value === 0 ? [{ event, past: past + 1 }] : []))
        const history = createHistory(plan)
        let next = 0
        const live = moments.map(({ event, past }) => {
          for (; next < past; next++) history.absorb(instants.flat()[next])
          return history.read(event)
        })
        expect(judgedFeatures(plan, instants.flat(), moments)).toEqual(live)
      }),
    )
  })

  it('looks at no value of the event itself, but for whether its token is new', () => {
    fc.assert(
      fc.property(anyPlan, anyInstants, (plan, instants) => {
        const last = instants[instants.length - 1]
        const changed = last.map((each) => ({ ...each, values: { type: 'other', user: null, size: 99 } }))
        const features = recordedFeatures(plan, instants)
        const after = recordedFeatures(plan, [...instants.slice(0, -1), changed])
        for (const [i, fold] of plan.folds.entries()) {
          if (fold.kind !== 'new') expect(after.map((row) => row[i])).toEqual(features.map((row) => row[i]))
        }
      }),
    )
  })

  it('sees the events of one instant by nothing of each other', () => {
    const plan = planOf({ kind: 'previous', of: 'type', back: 1 })
    const instants = [[event(0, 'open')], [event(1, 'read'), event(1, 'map')], [event(2, 'close')]]
    expect(recordedFeatures(plan, instants).flat()).toEqual([null, 'open', 'open', 'map'])
  })

  it('leaves rows that the order does not name without features', () => {
    const features = replayHistory(
      planOf({ kind: 'events' }),
      {
        times: BigInt64Array.of(0n, 1n, 2n),
        keys: { host: Int32Array.of(0, 0, 0) },
        columns: {
          type: { kind: 'token', codes: Int32Array.of(0, 0, 0), dictionary: ['open'] },
          size: { kind: 'number', values: Float64Array.of(1, 2, 3) },
        },
      },
      { order: Uint32Array.of(2, 0), instants: null },
    )
    expect(features.get('feature')).toEqual({ kind: 'number', values: Float64Array.of(1, NaN, 0) })
  })

  it.each([
    ['a column', { columns: {} }, /column 'type' of tokens/],
    [
      'a column of another kind',
      { columns: { type: { kind: 'number', values: new Float64Array(1) } } },
      /'type' of tok/,
    ],
    ['a key', { keys: {} }, /key 'host'/],
  ])('refuses a recording without %s of the plan', (_, lacking, message) => {
    const recording = {
      times: new BigInt64Array(1),
      keys: { host: new Int32Array(1) },
      columns: {
        type: { kind: 'token', codes: new Int32Array(1), dictionary: ['open'] },
        size: { kind: 'number', values: new Float64Array(1) },
      },
      ...lacking,
    } as Parameters<typeof replayHistory>[1]
    expect(() =>
      replayHistory(planOf({ kind: 'gap' }), recording, { order: new Uint32Array(1), instants: null }),
    ).toThrow(expect.objectContaining({ code: 'HISTORY_MISMATCH', message: expect.stringMatching(message) }))
  })
})

describe('live events', () => {
  it.each<[string, Partial<Record<keyof LiveEvent, unknown>>]>([
    ['a time beyond 64 bits', { time: 2n ** 63n }],
    ['a time that is a number', { time: 5 }],
    ['a key that is a number', { keys: { host: 1 } }],
    ['a key of 1,001 characters', { keys: { host: 'x'.repeat(1001) } }],
    ['a token that is a number', { values: { type: 5 } }],
    ['a number that is text', { values: { size: '5' } }],
  ])('are refused with %s, and nothing changes', (_, wrong) => {
    const history = createHistory(planOf({ kind: 'events' }))
    history.absorb(story[0])
    const bad = { ...story[1], ...wrong } as LiveEvent
    for (const call of [() => history.read(bad), () => history.absorb(bad)]) {
      expect(call).toThrow(expect.objectContaining({ code: 'EVENT_INVALID' }))
      expect(call).toThrow(VigilError)
    }
    expect(history.read(story[1])).toEqual([1])
  })

  it('may leave out keys and values, and names of every object are none', () => {
    const history = createHistory(planOf({ kind: 'previous', of: 'type', back: 1 }))
    history.absorb({ time: 0n, keys: {}, values: {} })
    history.absorb({ time: 0n, keys: { host: 'toString' }, values: {} })
    expect(history.read({ time: 1n, keys: { host: 'toString' }, values: {} })).toEqual([null])
    expect(history.read({ time: 1n, keys: { host: 'valueOf' }, values: {} })).toEqual([null])
  })

  it('are told apart when there were many more tokens than the state can hold', () => {
    const plan = planOf({ kind: 'previous', of: 'type', back: 3 }, { limit: 3 })
    const history = createHistory(plan)
    const hosts = ['a', 'b', 'c', 'd']
    for (let i = 0; i < 30_000; i++) {
      const host = hosts[Math.floor(i / 5) % 4]
      const each = event(i, `token ${i}`, null, host)
      // The fourth and fifth event of each turn of a host know the one three events before.
      const [previous] = history.read(each)
      if (i % 5 >= 3) expect(previous).toBe(`token ${i - 3}`)
      history.absorb(each)
    }
  })
})

describe('a plan', () => {
  const good = planOf({ kind: 'previous', of: 'type', back: 1 })
  const fold = good.folds[0]
  const key = good.keys[0]

  it('is plain JSON', () => {
    expect(parseHistoryPlan(JSON.parse(JSON.stringify(good)))).toEqual(good)
  })

  it.each<[string, unknown, RegExp]>([
    ['another kind of fold', { ...good, folds: [{ ...fold, kind: 'eval' }] }, /folds\.0\.kind/],
    ['two features of one name', { ...good, folds: [fold, fold] }, /folds: names must differ/],
    ['a key that is not there', { ...good, folds: [{ ...fold, key: 'user' }] }, /folds\.0\.key: must be one of/],
    ['a column that is not there', { ...good, folds: [{ ...fold, of: 'path' }] }, /folds\.0\.of: must be one of/],
    [
      'counts of numbers',
      { ...good, folds: [{ name: 'x', key: 'host', kind: 'new', of: 'size', remembered: 2 }] },
      /folds\.0\.of: must be a column of tokens/,
    ],
    [
      'half a token in a window',
      { ...good, folds: [{ name: 'x', key: 'host', kind: 'within', of: 'type', value: null, ms: 5 }] },
      /folds\.0\.value/,
    ],
    ['0 events back', { ...good, folds: [{ ...fold, back: 0 }] }, /folds\.0\.back/],
    ['300 events back', { ...good, folds: [{ ...fold, back: 300 }] }, /folds\.0\.back/],
    ['an unknown field', { ...good, folds: [{ ...fold, extra: 1 }] }, /folds\.0/],
    ['a limit of 0', { ...good, keys: [{ ...key, limit: 0 }] }, /keys\.0\.limit/],
    ['a limit of 1e9', { ...good, keys: [{ ...key, limit: 1e9 }] }, /keys\.0\.limit/],
    ['an age that is not finite', { ...good, keys: [{ ...key, idleMs: Number.POSITIVE_INFINITY }] }, /keys\.0\.idleMs/],
    ['an empty name', { ...good, keys: [{ ...key, name: '' }] }, /keys\.0\.name/],
    ['nothing', null, /the plan/],
  ])('with %s is refused by its field', (_, plan, message) => {
    expect(() => parseHistoryPlan(plan)).toThrow(
      expect.objectContaining({ code: 'HISTORY_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it('is refused where its state could grow above a gibibyte', () => {
    const wide = (limit: number) => ({
      ...good,
      keys: [{ ...key, limit }],
      folds: [{ name: 'x', key: 'host', kind: 'new', of: 'type', remembered: 4096 }],
    })
    expect(stateBytes(parseHistoryPlan(wide(60_000)))).toBeLessThan(2 ** 30)
    expect(() => parseHistoryPlan(wide(70_000))).toThrow(/may need 1073741824 bytes/)
  })

  it('meets any JSON with its own error and nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record({ columns: fc.jsonValue(), keys: fc.jsonValue(), folds: fc.array(fc.jsonValue()) }),
        ),
        (json) => {
          try {
            parseHistoryPlan(json)
          } catch (error) {
            expect((error as VigilError).code).toBe('HISTORY_INVALID')
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a past that was kept', () => {
  it('is gone on from as if it had never been away, for every plan', () => {
    fc.assert(
      fc.property(anyPlan, anyInstants, fc.nat(), (plan, instants, at) => {
        const cut = at % (instants.length + 1)
        const [before, after] = [instants.slice(0, cut), instants.slice(cut)]
        const first = createHistory(plan)
        for (const instant of before) for (const event of instant) first.absorb(event)
        const second = createHistory(plan)
        second.restore(structuredClone(first.save()))
        expect(second.save()).toEqual(first.save())
        const featuresOf = (history: typeof first) =>
          after.flatMap((instant) => {
            const features = instant.map((event) => history.read(event))
            for (const event of instant) history.absorb(event)
            return features
          })
        expect(featuresOf(second)).toEqual(featuresOf(first))
      }),
    )
  })

  it('is refused by a history of another plan', () => {
    const one = createHistory(planOf({ kind: 'previous', of: 'type', back: 1 }))
    for (const each of story) one.absorb(each)
    const kept = one.save()
    const refused = expect.objectContaining({ code: 'HISTORY_KEPT', kind: 'data' })
    const others: OwnFold[] = [
      { kind: 'previous', of: 'type', back: 9 },
      { kind: 'count', of: 'type', value: 'x', last: null },
    ]
    for (const other of others) expect(() => createHistory(planOf(other)).restore(kept)).toThrow(refused)
    const alike = () => createHistory(planOf({ kind: 'previous', of: 'type', back: 1 }))
    const [{ keys, words }] = kept.kinds
    const twice = { keys: [...keys, ...keys], words: new Int32Array(2 * words.length) }
    const unknown = { keys, words: words.map((word) => (word === 0 ? 0 : 1000)) }
    expect(() => alike().restore(kept)).not.toThrow()
    for (const kinds of [[], [twice], [unknown]]) expect(() => alike().restore({ ...kept, kinds })).toThrow(refused)
  })
})
