/** The dense monitor against offline evaluation, saved and restored on the way. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryFormula, asSpecification } from '../formula.arbitrary.ts'
import { printFormula } from '../language/print.ts'
import { compile } from '../program/compile.ts'
import { DenseMonitor } from './dense-monitor.ts'
import { denseRobustness } from './dense-robustness.ts'

const formulas = arbitraryFormula({ unboundedFuture: false, unboundedPast: true, dense: true, pastOnly: true })
/** Samples of x, y and z at rising multiples of 1/4 s; null lets time pass. */
const rows = fc
  .tuple(
    fc.constantFrom(-3, 0, 7),
    fc.array(
      fc.record({
        wait: fc.integer({ min: 1, max: 12 }),
        sample: fc.option(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 3, maxLength: 3 }), { freq: 5 }),
      }),
      { minLength: 1, maxLength: 10 },
    ),
  )
  .map(([start, steps]) => {
    let time = start
    return steps.map(({ wait, sample }, i) => {
      time += wait / 4
      return { time, sample: i === 0 ? (sample ?? [0, 0, 0]) : sample }
    })
  })

const program = (text: string) => compile(text, { time: 'dense' })

describe('DenseMonitor', () => {
  it('says what offline evaluation says up to now, wherever it is saved and restored', () => {
    fc.assert(
      fc.property(formulas, rows, fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (formula, steps, moves) => {
        const compiled = compile(asSpecification(formula), { time: 'dense' })
        let monitor = new DenseMonitor(compiled)
        const found: [number, number][] = []
        const trace: { x: [number, number][]; y: [number, number][]; z: [number, number][] } = { x: [], y: [], z: [] }
        for (const [i, { time, sample }] of steps.entries()) {
          if (moves[i]) monitor = DenseMonitor.restore(compiled, monitor.save())
          if (sample !== null)
            for (const [k, name] of (['x', 'y', 'z'] as const).entries()) trace[name].push([time, sample[k]])
          const read = (name: string) => sample![['x', 'y', 'z'].indexOf(name)]
          found.push(...(sample === null ? monitor.advance(time) : monitor.push(time, monitor.signals.map(read))))
        }
        const now = steps[steps.length - 1].time
        const first = steps[0].time
        const begun = compiled.signals.length > 0 ? trace : { x: [[first, 0] as [number, number]] }
        const wanted = denseRobustness(compiled, begun).filter(([time]) => time <= now)
        if (JSON.stringify(found.map(words)) === JSON.stringify(wanted.map(words))) return
        throw new Error(
          `${printFormula(formula)}: ${JSON.stringify(found.map(words))} instead of ${JSON.stringify(wanted.map(words))} on ${JSON.stringify(steps)}`,
        )
      }),
      { seed: 21, numRuns: 3000 },
    )
  })

  it('answers as samples come, and as time passes', () => {
    const monitor = new DenseMonitor(program('once[0,1] x > 3'))
    expect([monitor.push(0, [4]), monitor.push(5, [2]), monitor.advance(6.5)]).toEqual([[[0, 1]], [], [[6, -1]]])
    monitor.reset()
    expect(monitor.push(-2, [9])).toEqual([[-2, 6]])
  })

  it('keeps no more than a window, and nothing for windows without an end', () => {
    for (const text of ['O[0,1] x', 'H x', 'O[2,inf] x', 'x S y', 'x S[0.5,2] y']) {
      const monitor = new DenseMonitor(program(text))
      const sizes = Array.from({ length: 3000 }, (_, i) => {
        monitor.push(i / 10, [Math.sin(i), Math.cos(i)])
        return monitor.save().length
      })
      expect(Math.max(...sizes)).toBeLessThan(2000)
    }
  })

  it.each<[string, number, number[], string]>([
    ['a time that is not later', 1, [1, 2], 'TRACE_TIME'],
    ['a time before', 0.5, [1, 2], 'TRACE_TIME'],
    ['no time', Number.NaN, [1, 2], 'TRACE_TIME'],
    ['an infinite time', Number.POSITIVE_INFINITY, [1, 2], 'TRACE_TIME'],
    ['NaN', 2, [1, Number.NaN], 'TRACE_VALUE'],
    ['too few numbers', 2, [1], 'TRACE_SHAPE'],
  ])('refuses %s, and goes on as if it had not come', (_what, time, sample, code) => {
    const monitor = new DenseMonitor(program('x S[0,1] y'))
    monitor.push(1, [1, 2])
    const before = monitor.save()
    expect(() => monitor.push(time, sample)).toThrow(expect.objectContaining({ code }))
    expect(monitor.save()).toEqual(before)
    expect(monitor.push(3, [0, 5])).toEqual([[3, 0]])
  })

  it('must be reset where the formula has no value', () => {
    const monitor = new DenseMonitor(program('1 / x > 0'))
    monitor.push(0, [1])
    expect(() => monitor.push(1, [0])).toThrow(/The divisor is 0 at 1 s/)
    expect(() => monitor.push(2, [1])).toThrow(/reset/)
    expect(() => monitor.save()).toThrow(/reset/)
    monitor.reset()
    expect(monitor.push(3, [2])).toEqual([[3, 0.5]])
  })

  it.each([
    ['F[0,1] x', 1],
    ['x and G x', 7],
    ['x U[0,1] y', 1],
  ])('refuses %s, which looks ahead', (text, column) => {
    expect(() => new DenseMonitor(program(text))).toThrow(expect.objectContaining({ code: 'DENSE_FUTURE', column }))
    expect(() => new DenseMonitor(compile('x'))).toThrow(/compiled for steps/)
  })

  it('refuses a state that was changed, or is that of another formula', () => {
    const compiled = program('O[0.5,1] x > 0')
    const monitor = new DenseMonitor(compiled)
    for (let i = 0; i < 20; i++) monitor.push(i / 8, [i % 3])
    const state = monitor.save()
    for (let at = 0; at < state.length; at++) {
      const changed = state.slice()
      changed[at] ^= 1 << (at % 8)
      expect(() => DenseMonitor.restore(compiled, changed)).toThrow(expect.objectContaining({ code: 'MONITOR_STATE' }))
    }
    for (const bytes of [state.slice(0, -1), state.slice(8), new Uint8Array(0), new Uint8Array(1e6)]) {
      expect(() => DenseMonitor.restore(compiled, bytes)).toThrow(expect.objectContaining({ code: 'MONITOR_STATE' }))
    }
    expect(() => DenseMonitor.restore(program('O[0.5,2] x > 0'), state)).toThrow(/another formula/)
  })
})

function words([time, value]: readonly [number, number]): string {
  return `${time} ${value}`
}
