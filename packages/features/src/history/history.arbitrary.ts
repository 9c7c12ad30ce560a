import fc from 'fast-check'
import type { Fold } from './fold.ts'
import type { LiveEvent } from './live-history.ts'
import type { HistoryPlan } from './plan.ts'

const TOKENS = ['open', 'read', 'map', '__proto__', '']
const token = fc.constantFrom(...TOKENS)
const key = fc.constantFrom('host', 'object')
const ms = fc.constantFrom(1, 3, 16, 1000, 600_000)

const fold: fc.Arbitrary<Omit<Fold, 'name'>> = fc.oneof(
  fc.record({
    kind: fc.constant('previous' as const),
    key,
    of: fc.constantFrom('type', 'user', 'size'),
    back: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ kind: fc.constantFrom('gap' as const, 'events' as const), key }),
  fc.record({
    kind: fc.constant('count' as const),
    key,
    of: fc.constantFrom('type', 'user'),
    value: fc.oneof(token, fc.constant('never seen')),
    last: fc.constantFrom(null, 1, 2, 7, 33),
  }),
  fc.record({
    kind: fc.constant('within' as const),
    key,
    of: fc.constant('type'),
    value: token,
    ms,
  }),
  fc.record({ kind: fc.constant('within' as const), key, of: fc.constant(null), value: fc.constant(null), ms }),
  fc.record({
    kind: fc.constant('spans' as const),
    key,
    of: fc.constant('type'),
    value: token,
    ms,
    last: fc.constantFrom(1, 2, 5, 40),
  }),
  fc.record({
    kind: fc.constant('spans' as const),
    key,
    of: fc.constant(null),
    value: fc.constant(null),
    ms,
    last: fc.constantFrom(1, 3, 16),
  }),
  fc.record({
    kind: fc.constant('firsts' as const),
    key,
    of: fc.constantFrom('type', 'user'),
    ms,
    remembered: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    kind: fc.constant('new' as const),
    key,
    of: fc.constantFrom('type', 'user'),
    remembered: fc.integer({ min: 1, max: 4 }),
  }),
)

/** Plans with caps and ages so small that events of `anyInstants` meet them. */
export const anyPlan: fc.Arbitrary<HistoryPlan> = fc
  .record({
    folds: fc.array(fold, { minLength: 1, maxLength: 8 }),
    limits: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    idle: fc.tuple(fc.option(ms), fc.option(ms)),
  })
  .map(({ folds, limits, idle }) => ({
    columns: [
      { name: 'type', kind: 'token' },
      { name: 'user', kind: 'token' },
      { name: 'size', kind: 'number' },
    ],
    keys: ['host', 'object'].map((name, i) => ({ name, limit: limits[i], idleMs: idle[i] })),
    folds: folds.map((entry, i) => ({ ...entry, name: `feature ${i}` }) as Fold),
  }))

/** Steps in time around the ages and windows: mostly small, some far, some back, some of parts of a millisecond. */
const stepNs = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 3_000_000n }) },
  { weight: 2, arbitrary: fc.constantFrom(0n, 62_500n, 1_000_000n, 15_000_000n, 16_000_000n, 600_000_000_000n) },
  { weight: 1, arbitrary: fc.bigInt({ min: -5_000_000n, max: -1n }) },
  { weight: 1, arbitrary: fc.constantFrom(9_007_199_254_740_993n, -1_000_000_000_000n) },
)

const event = fc.record({
  keys: fc.record({
    host: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'toString')),
    object: fc.option(fc.constantFrom('x', 'y', 'z')),
  }),
  values: fc.record({
    type: fc.option(token),
    user: fc.option(fc.constantFrom('u', 'v', 'w', 'x', 'y', 'z')),
    size: fc.option(fc.constantFrom(0, -0, 832, 0.1, 1e300)),
  }),
  stepNs,
  /** Whether it shares the instant of the event before it. */
  joins: fc.boolean(),
})

/** Events of few keys, in instants; times before 1970, far above 2^53 ns, and running back are among them. */
export const anyInstants: fc.Arbitrary<LiveEvent[][]> = fc
  .record({
    start: fc.constantFrom(1_557_248_220_790_000_001n, 0n, -5_000_000_000_123n),
    events: fc.array(event, { minLength: 1, maxLength: 60 }),
  })
  .map(({ start, events }) => {
    let time = start
    const instants: LiveEvent[][] = []
    for (const { keys, values, stepNs, joins } of events) {
      time += stepNs
      if (!joins || instants.length === 0) instants.push([])
      instants[instants.length - 1].push({ time, keys, values })
    }
    return instants
  })
