/** Monitors that meet bad samples, and monitors that are saved and restored. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryFormula, arbitraryTrace, asSpecification } from '../formula.arbitrary.ts'
import { printFormula } from '../language/print.ts'
import type { ProfileName } from '../profile.ts'
import { compile } from '../program/compile.ts'
import { Monitor } from './monitor.ts'
import { openState, sealState } from './saved-monitor.ts'

const formulas = arbitraryFormula({ unboundedFuture: false, unboundedPast: true })
const profiles = fc.constantFrom<ProfileName>('rtamt', 'stlcgpp')

describe('a restored monitor', () => {
  it('goes on with the same bits, to the end', () => {
    fc.assert(
      fc.property(formulas, arbitraryTrace, profiles, fc.nat(), (formula, trace, profile, cut) => {
        const program = compile(asSpecification(formula), { profile })
        const monitor = new Monitor(program)
        let other: Monitor | null = null
        for (let t = 0; t < trace.x.length; t++) {
          if (t === cut % (trace.x.length + 1)) other = Monitor.restore(program, monitor.save())
          const sample = monitor.signals.map((name) => trace[name as 'x'][t])
          const value = monitor.push(sample)
          if (other !== null && !Object.is(other.push(sample), value)) throw new Error(printFormula(formula))
        }
        other ??= Monitor.restore(program, monitor.save())
        if (!Buffer.from(other.save()).equals(monitor.save())) throw new Error(printFormula(formula))
        expect(other.finish()).toEqual(monitor.finish())
      }),
      { seed: 31, numRuns: 2000 },
    )
  })

  it('is refused where a bit was changed, for another formula, and of another kind', () => {
    const options = { signals: ['x', 'y'] }
    const program = compile('(x S[0,3] y) and G[0,4] mean(x)[3] > 0', options)
    const monitor = new Monitor(program)
    for (let t = 0; t < 12; t++) monitor.push([t % 5, t % 3])
    const state = monitor.save()
    const code = 'MONITOR_STATE'
    for (let at = 0; at < state.length; at++) {
      const changed = state.slice()
      changed[at] ^= 1 << (at % 8)
      expect(() => Monitor.restore(program, changed)).toThrow(expect.objectContaining({ code }))
    }
    for (const bytes of [state.slice(0, -8), state.slice(1), new Uint8Array(0), new Uint8Array(2 ** 20)]) {
      expect(() => Monitor.restore(program, bytes)).toThrow(expect.objectContaining({ code }))
    }
    const others = ['(x S[0,3] y) and G[0,4] mean(x)[4] > 0', '(x S[0,3] y) and G[0,4] mean(x)[3] > 1', 'x']
    for (const text of others) {
      expect(() => Monitor.restore(compile(text, options), state)).toThrow(expect.objectContaining({ code }))
    }
    const stlcgpp = compile('(x S[0,3] y) and G[0,4] mean(x)[3] > 0', { ...options, profile: 'stlcgpp' })
    expect(() => Monitor.restore(stlcgpp, state)).toThrow(expect.objectContaining({ code }))
  })

  it('is refused where its digest fits, but no monitor has such numbers', () => {
    const program = compile('H[0,4] x')
    const monitor = new Monitor(program)
    for (let t = 0; t < 12; t++) monitor.push([t % 5])
    const numbers = openState(program, monitor.save(), 1000)
    expect(() => Monitor.restore(program, sealState(program, numbers))).not.toThrow()
    const forged: [number, number, RegExp][] = [
      [0, 1.5, /number of steps/],
      [0, -1, /number of steps/],
      [1, Number.NaN, /NaN in a register/],
      [numbers.length - 12, 99, /head 99/],
      [numbers.length - 11, 6, /size 6/],
    ]
    for (const [at, value, message] of forged) {
      const changed = numbers.slice()
      changed[at] = value
      expect(() => Monitor.restore(program, sealState(program, changed))).toThrow(message)
    }
    expect(() => Monitor.restore(program, sealState(program, numbers.slice(0, -1)))).toThrow(/another number/)
  })
})

describe('a bad sample', () => {
  it.each<[string, number[], string]>([
    ['NaN', [1, Number.NaN], 'TRACE_VALUE'],
    ['too few numbers', [7], 'TRACE_SHAPE'],
    ['words', ['a', 1] as never, 'TRACE_VALUE'],
  ])('of %s is refused, and the monitor goes on as if it had not come', (_what, sample, code) => {
    const program = compile('(x S[0,3] y) and G[0,2] mean(x)[3] > 0', { signals: ['x', 'y'] })
    const monitor = new Monitor(program)
    const undisturbed = new Monitor(program)
    for (let t = 0; t < 20; t++) {
      const before = monitor.save()
      expect(() => monitor.push(sample)).toThrow(expect.objectContaining({ code }))
      expect(monitor.save()).toEqual(before)
      expect(monitor.push([t % 5, t % 3])).toBe(undisturbed.push([t % 5, t % 3]))
    }
    expect(monitor.finish()).toEqual(undisturbed.finish())
  })

  it('for which the formula has no value asks for a reset', () => {
    const monitor = new Monitor(compile('1 / x > 0'))
    monitor.push([1])
    expect(() => monitor.push([0])).toThrow(/The divisor is 0 at step 1/)
    for (const call of [() => monitor.push([1]), () => monitor.finish(), () => monitor.save()]) {
      expect(call).toThrow(/Call reset\(\) first/)
    }
    monitor.reset()
    expect(monitor.push([2])).toBe(0.5)
  })

  it('cannot be saved behind the end', () => {
    const monitor = new Monitor(compile('x'))
    monitor.finish()
    expect(() => monitor.save()).toThrow(/reset/)
  })
})
