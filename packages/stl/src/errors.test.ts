/** What is refused, and where the error points. Texts that are no formula are in language/parse.test.ts. */
import { describe, expect, it } from 'vitest'
import { StlError } from './errors.ts'
import { parse } from './language/parse.ts'
import { robustness } from './offline/robustness.ts'
import { robustnessInterval } from './offline/robustness-interval.ts'
import { IntervalMonitor } from './online/interval-monitor.ts'
import { Monitor } from './online/monitor.ts'
import { type CompileOptions, compile } from './program/compile.ts'

function failure(run: () => unknown): StlError {
  try {
    run()
  } catch (error) {
    if (error instanceof StlError) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}

describe('compile', () => {
  const options = { signals: ['cpu', 'memory'], constants: { N: 2.5 }, samplingPeriod: 0.01 }

  it.each<[string, string, number, string]>([
    ['G (cpu < 1 and memry < 1)', 'UNKNOWN_SIGNAL', 16, 'Did you mean "memory"?'],
    ['zzzzzz > 1', 'UNKNOWN_SIGNAL', 1, 'Known are cpu, memory, N.'],
    ['a = b > 1; b = cpu; a', 'UNKNOWN_SIGNAL', 5, 'It is defined further on'],
    ['a = a > 1; a', 'UNKNOWN_SIGNAL', 5, 'It is defined further on'],
    ['cpu = memory; cpu', 'DUPLICATE_NAME', 1, '"cpu" is a signal already'],
    ['G[3,1] cpu', 'INTERVAL_INVERTED', 2, 'received 300 to 100 steps'],
    ['G[2,10 ms] cpu', 'INTERVAL_STEPS', 3, 'received 2 ms with a step of 0.01 s'],
    ['cpu U[-1,2] memory', 'INTERVAL_NEGATIVE', 7, 'received -1'],
    ['O[-2,-1] cpu', 'INTERVAL_NEGATIVE', 3, 'once, historically and since look back'],
    ['G[0,1.505] cpu', 'INTERVAL_STEPS', 5, 'received 1.505 s with a step of 0.01 s'],
    ['G[0,1.5 steps] cpu', 'INTERVAL_STEPS', 5, 'received 1.5 steps'],
    ['G[0,N steps] cpu', 'INTERVAL_STEPS', 5, 'received N = 2.5'],
    ['cpu = 5', 'DUPLICATE_NAME', 1, 'To compare write "cpu == ..."'],
    ['N = cpu', 'DUPLICATE_NAME', 1, '"N" is a constant already'],
    ['out = out > 1', 'UNKNOWN_SIGNAL', 7, 'no signal'],
    ['a = cpu > 1; memory > 1', 'UNUSED_DEFINITION', 1, '"a" is defined, but nothing uses it'],
    ['G[0,M] cpu', 'UNKNOWN_CONSTANT', 5, 'The constants are N'],
    ['G[0,1e12] cpu', 'INTERVAL_STEPS', 5, 'up to 1073741824'],
    ['mean(cpu)[0] > 1', 'WINDOW', 11, 'from 1 to'],
    ['mean(cpu)[15 ms] > 1', 'WINDOW', 11, 'received 15 ms'],
  ])('%s: %s at column %i', (text, code, column, message) => {
    const error = failure(() => compile(text, options))
    expect(error).toMatchObject({ code, line: 1, column })
    expect(error.message).toContain(message)
  })

  it.each<[CompileOptions]>([
    [{ samplingPeriod: 0 }],
    [{ samplingPeriod: Number.NaN }],
    [{ constants: { c: Number.NaN } }],
    [{ profile: 'other' as never }],
  ])('refuses the options %j', (wrong) => {
    expect(failure(() => compile(parse('x'), wrong)).code).toBe('OPTION')
  })

  it('refuses a name that is a constant and a signal', () => {
    expect(failure(() => compile('N', { signals: ['N'], constants: { N: 1 } })).code).toBe('DUPLICATE_NAME')
  })

  it('shares what is defined once, however often it is used', () => {
    const doubled = Array.from({ length: 60 }, (_, i) => `d${i + 1} = d${i} and next d${i}; `).join('')
    expect(compile(`d0 = x > 0; ${doubled} d60`).operations.length).toBeLessThan(300)
  })
})

describe('traces', () => {
  const run = (text: string, trace: Record<string, number[]>) => failure(() => robustness(compile(text), trace))

  it.each<[string, string, Record<string, number[]>, Record<string, unknown>]>([
    ['1 + x', 'UNKNOWN_SIGNAL', { y: [1] }, { line: 1, column: 5 }],
    ['x', 'TRACE_VALUE', { x: [1, Number.NaN] }, {}],
    ['x and y', 'TRACE_SHAPE', { x: [1, 2], y: [1] }, {}],
    ['x', 'TRACE_EMPTY', { x: [] }, {}],
    ['3', 'TRACE_EMPTY', {}, {}],
    ['y < 2 and\n  x / (y - 1) > 0', 'DIVISION_BY_ZERO', { x: [1, 2], y: [0, 1] }, { line: 2, column: 3 }],
    ['0 < sqrt(x)', 'NOT_A_NUMBER', { x: [1, -1] }, { line: 1, column: 5 }],
    ['(prev x) + (s_prev y) > 0', 'NOT_A_NUMBER', { x: [1], y: [1] }, {}],
    ['mean(x)[2] > 0', 'NOT_A_NUMBER', { x: [Infinity, -Infinity] }, { line: 1, column: 1 }],
  ])('%j: %s', (text, code, trace, place) => {
    expect(run(text, trace)).toMatchObject({ code, ...place })
    expect(failure(() => robustnessInterval(compile(text), trace)).code).toBe(code)
  })

  it('name the step that has no value', () => {
    expect(run('x / y > 0', { x: [1, 1, 1], y: [1, 2, 0] }).message).toContain('The divisor is 0 at step 2.')
    const monitor = new Monitor(compile('F[0,1] x / y > 0'))
    monitor.push([1, 1])
    expect(failure(() => monitor.push([1, 0])).message).toContain('The divisor is 0 at step 1.')
  })

  it('do not divide what has not come yet', () => {
    // While the monitor waits, its registers are 0.
    const monitor = new Monitor(compile('x / F[0,2] y > 0'))
    expect([monitor.push([1, 1]), monitor.push([1, 1]), monitor.push([1, 2])]).toEqual([null, null, 0.5])
    expect(Array.from(monitor.finish())).toEqual([0.5, 0.5])
  })
})

describe('monitors', () => {
  it.each([
    ['x and G y', 7],
    ['F[3,inf] x', 1],
    ['x U y', 1],
    ['H (x -> x W y)', 9],
  ])('refuse %s: its end would never be known', (text, column) => {
    expect(failure(() => new Monitor(compile(text)))).toMatchObject({ code: 'UNBOUNDED_FUTURE', line: 1, column })
  })

  it('refuse what would not fit into memory before they take it', () => {
    expect(failure(() => new Monitor(compile('x and G[0,1000000000] y')))).toMatchObject({
      code: 'MEMORY_LIMIT',
      line: 1,
      column: 7,
    })
    expect(failure(() => new Monitor(compile('s_next G[1000000000,1000000000] x'))).message).toContain(
      '1000000000 steps ahead',
    )
    const many = Array.from({ length: 100 }, (_, i) => `O[0,${1_000_000 + i}] x`).join(' and ')
    expect(failure(() => new Monitor(compile(many))).code).toBe('MEMORY_LIMIT')
    expect(failure(() => new IntervalMonitor(compile('G[0,1000000000] x'))).code).toBe('MEMORY_LIMIT')
  })

  it('are not needed for that offline, where the trace bounds every window', () => {
    expect(Array.from(robustness(compile('G[0,1000000000] x S[5,1000000000] x'), { x: [1, 2] }))).toEqual([
      -Infinity,
      -Infinity,
    ])
  })

  it('refuse samples that are none', () => {
    const monitor = new Monitor(compile('x and y'))
    expect(failure(() => monitor.push([1, Number.NaN])).message).toContain('"y" is no number at step 0')
    expect(failure(() => monitor.push([1])).code).toBe('TRACE_SHAPE')
    const intervals = new IntervalMonitor(compile('x and F[0,1] y'))
    expect(failure(() => intervals.push([1])).code).toBe('TRACE_SHAPE')
    expect(failure(() => intervals.push([1, Number.NaN])).code).toBe('TRACE_VALUE')
    // What was refused was not taken in by any part.
    const parts = new IntervalMonitor(compile('(H x > 0) and (F[0,1] y > 0) and O y > 5'))
    parts.push([1, 1])
    expect(failure(() => parts.push([-1, Number.NaN])).message).toContain('"y" is no number at step 1')
    expect(parts.push([1, 9])).toEqual({ lower: 1, upper: 1 })
    expect(parts.at(1)).toEqual({ lower: -4, upper: -4 })
    parts.reset()
    expect(parts.push([2, 9])).toEqual({ lower: 2, upper: 2 })
  })

  it('refuse what comes behind the end', () => {
    const monitor = new Monitor(compile('x'))
    monitor.finish()
    expect(failure(() => monitor.push([1])).code).toBe('OPTION')
    expect(failure(() => monitor.finish()).code).toBe('OPTION')
  })

  it('refuse an endless memory of what is not known yet', () => {
    expect(failure(() => new IntervalMonitor(compile('x and O F[0,1] y')))).toMatchObject({
      code: 'UNBOUNDED_PAST',
      column: 7,
    })
    const monitor = new IntervalMonitor(compile('F[0,1] x'))
    monitor.push([1])
    expect([-1, 0.5, 1].map((age) => failure(() => monitor.at(age)).code)).toEqual(['OPTION', 'OPTION', 'OPTION'])
  })
})

it('10,000 operators in each other are computed like any other formula', () => {
  const trace = { x: [1, 2, 3] }
  expect(Array.from(robustness(compile(`${'not '.repeat(10_001)} x`), trace))).toEqual([-1, -2, -3])
  expect(Array.from(robustness(compile(`${'prev x or '.repeat(10_000)} x`), trace))).toEqual([Infinity, 2, 3])
  const monitor = new Monitor(compile(`${'next '.repeat(10_000)} x`))
  expect([monitor.horizon, monitor.push([1])]).toEqual([10_000, null])
})

it('a formula without a value is a mistake of usage, for what is wrong with it shows only on a trace', () => {
  expect(failure(() => robustness(compile('1 / x > 0'), { x: [0] }))).toMatchObject({
    code: 'DIVISION_BY_ZERO',
    kind: 'usage',
  })
})
