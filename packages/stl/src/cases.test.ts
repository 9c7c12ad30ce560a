/** Closed forms: what each operator says about short traces, worked out by hand from docs/stl.md. */
import { describe, expect, it } from 'vitest'
import { robustness } from './offline/robustness.ts'
import { robustnessInterval } from './offline/robustness-interval.ts'
import { IntervalMonitor } from './online/interval-monitor.ts'
import { Monitor } from './online/monitor.ts'
import type { ProfileName } from './profile.ts'
import { type CompileOptions, compile } from './program/compile.ts'

const p = [3, -1, 2, -4, 1]
const q = [-2, 5, -3, 2, -1]
const inf = Number.POSITIVE_INFINITY
const value = (text: string, options: CompileOptions = {}) => Array.from(robustness(compile(text, options), { p, q }))
const truth = (text: string) => value(text, { semantics: 'truth' }).map((number) => number > 0)

describe('operators', () => {
  it.each<[string, number[]]>([
    ['not p', [-3, 1, -2, 4, -1]],
    ['p and q', [-2, -1, -3, -4, -1]],
    ['p or q', [3, 5, 2, 2, 1]],
    ['p -> q', [-2, 5, -2, 4, -1]],
    ['p < 2', [-1, 3, 0, 6, 1]],
    ['p == q', [-5, -6, -5, -6, -2]],
    ['G p', [-4, -4, -4, -4, 1]],
    ['F q', [5, 5, 2, 2, -1]],
    ['G[1,2] p', [-1, -4, -4, 1, inf]],
    ['F[1,2] q', [5, 2, 2, -1, -inf]],
    ['F[3,9] q', [2, -1, -inf, -inf, -inf]],
    ['H p', [3, -1, -1, -4, -4]],
    ['O[1,2] q', [-inf, -2, 5, 5, 2]],
    ['H[2,inf] p', [inf, inf, 3, -1, -1]],
    ['next p', [-1, 2, -4, 1, inf]],
    ['s_next p', [-1, 2, -4, 1, -inf]],
    ['prev p', [inf, 3, -1, 2, -4]],
    ['s_prev p', [-inf, 3, -1, 2, -4]],
    ['rise(p)', [3, -3, 1, -4, 1]],
    ['fall(p)', [-3, 1, -2, 2, -4]],
    ['p U q', [3, 5, 2, 2, -1]],
    ['p U[1,2] q', [3, -1, 2, -4, -inf]],
    ['p S[1,2] q', [-inf, -2, 2, -4, 1]],
    ['p W[0,1] q', [3, 5, 2, 2, 1]],
    ['p R[0,1] q', [-2, -1, -3, -1, -1]],
    ['mean(p)[2]', [3, 1, 0.5, -1, -1.5]],
    ['rate(q > 0)[4]', [0, 0.5, 1 / 3, 0.5, 0.5]],
    ['max(p, q, 0) - abs(q)', [1, 0, -1, 0, 0]],
    ['pow(2, p) + sqrt(abs(q) + p * p) / 2', p.map((x, t) => 2 ** x + Math.sqrt(Math.abs(q[t]) + x * x) / 2)],
    ['true U[2,2] p', [2, -4, 1, -inf, -inf]],
  ])('%s', (text, wanted) => {
    expect(value(text)).toEqual(wanted)
  })

  it('have names, constants and units', () => {
    const options = { constants: { N: 2, limit: -3 }, samplingPeriod: 0.1 }
    expect(value('low = p < limit; G[0,N steps] not low', options)).toEqual(value('G[0,2] p >= -3'))
    expect(value('G[100 ms, 0.3 s] p', options)).toEqual(value('G[1,3] p'))
    expect(value('G[0.1, 0.3 s] p', options)).toEqual(value('G[1,3] p'))
    expect(value('G[1 steps, 3] p', options)).toEqual(value('G[1,3] p'))
    // Without a unit a bound is in seconds, as in RTAMT; STLCG++ knows steps only.
    expect(value('G[0.1, 0.3] p', options)).toEqual(value('G[1,3] p'))
    expect(value('p U[0.2:0.3] q', { samplingPeriod: 0.1 })).toEqual(value('p U[2,3] q'))
    expect(value('G[1, 3] p', { ...options, profile: 'stlcgpp' })).toEqual(value('G[1,3] p', { profile: 'stlcgpp' }))
    expect(value('mean(p)[3]', options)).toEqual(value('mean(p)[3]'))
    expect(value('mean(p)[300 ms]', options)).toEqual(value('mean(p)[3]'))
  })
})

describe('profiles', () => {
  it.each<[string, Record<ProfileName, number[]>]>([
    ['p U[0,2] q', { rtamt: [3, 5, 2, 2, -1], stlcgpp: [-1, -1, -3, -4, -1] }],
    ['G[1,2] p', { rtamt: [-1, -4, -4, 1, inf], stlcgpp: [-1, -4, -4, 1, 1] }],
    ['F[3,9] q', { rtamt: [2, -1, -inf, -inf, -inf], stlcgpp: [2, -1, -1, -1, -1] }],
    ['p xor q', { rtamt: [5, 6, 5, 6, 2], stlcgpp: [2, 1, 2, 2, 1] }],
    ['p iff q', { rtamt: [-5, -6, -5, -6, -2], stlcgpp: [-2, -1, -2, -2, -1] }],
    ['p -> q -> p', { rtamt: [3, -1, 2, -4, 1], stlcgpp: [3, 1, 3, 4, 1] }],
  ])('%s', (text, wanted) => {
    expect(value(text, { profile: 'rtamt' })).toEqual(wanted.rtamt)
    expect(value(text, { profile: 'stlcgpp' })).toEqual(wanted.stlcgpp)
  })
})

describe('truth', () => {
  it('minds what is strict, where robustness is 0', () => {
    expect(value('p < 2')[2]).toBe(0)
    expect(truth('p < 2')).toEqual([false, true, false, true, true])
    expect(truth('p <= 2')).toEqual([false, true, true, true, true])
    expect(truth('rate(p <= 2)[5] > 0.6')).toEqual([false, false, true, true, true])
    expect(truth('p > 0 iff q > 0')).toEqual([false, false, false, false, false])
  })
})

describe('Monitor', () => {
  it('is late by what a formula looks ahead, and says the rest at the end', () => {
    const monitor = new Monitor(compile('p -> F[0,2] q', { signals: ['q', 'p'] }))
    expect(monitor.signals).toEqual(['p', 'q'])
    expect(monitor.horizon).toBe(2)
    expect(p.map((x, t) => monitor.push([x, q[t]]))).toEqual([null, null, 5, 5, 2])
    expect(Array.from(monitor.finish())).toEqual([4, -1])
  })

  it('has no more values than samples, and none without', () => {
    const monitor = new Monitor(compile('F[0,9] p'))
    expect([monitor.push([1]), monitor.push([2])]).toEqual([null, null])
    expect(Array.from(monitor.finish())).toEqual([2, 2])
    monitor.reset()
    expect(Array.from(monitor.finish())).toEqual([])
  })
})

describe('robustnessInterval', () => {
  it('is open where the future decides', () => {
    const interval = (text: string) => {
      const { lower, upper } = robustnessInterval(compile(text), { p, q })
      return Array.from(lower, (bound, t) => [bound, upper[t]])
    }
    expect(interval('G p')).toEqual([-4, -4, -4, -4, 1].map((bound) => [-inf, bound]))
    expect(interval('p U[0,2] q')).toEqual([
      [3, 3],
      [5, 5],
      [2, 2],
      [2, 2],
      [-1, 1],
    ])
    expect(interval('next p >= 0 and q')).toEqual([
      [-2, -2],
      [2, 2],
      [-4, -4],
      [1, 1],
      [-inf, -1],
    ])
  })

  it('narrows in an IntervalMonitor, also for endless formulas', () => {
    const monitor = new IntervalMonitor(compile('H[0,1] F[0,2] q'))
    expect(q.map((sample) => monitor.push([sample]))).toEqual([
      { lower: -2, upper: inf },
      { lower: 5, upper: inf },
      { lower: -3, upper: inf },
      { lower: 2, upper: inf },
      { lower: -1, upper: inf },
    ])
    expect([2, 1].map((age) => monitor.at(age))).toEqual([
      { lower: 2, upper: 2 },
      { lower: 2, upper: 2 },
    ])
    const endless = new IntervalMonitor(compile('G p'))
    expect(p.map((sample) => endless.push([sample]).upper)).toEqual(p)
  })
})
