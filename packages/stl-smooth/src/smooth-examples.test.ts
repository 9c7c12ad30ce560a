import { compile, robustness } from '@vigil/stl'
import { tf } from '@vigil/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { compileSmooth } from './compile-smooth.ts'
import { naiveSmooth } from './smooth.oracle.ts'
import { type SmoothSettings, smoothRobustness } from './smooth-robustness.ts'

beforeAll(async () => {
  tf.env().set('PROD', true)
  await tf.setBackend('cpu')
})

type Trace = Readonly<Record<string, readonly number[]>>

/** The smooth value of one lane at every step. */
function smooth(formula: string, trace: Trace, settings: SmoothSettings): number[] {
  return tf.tidy(() => [...smoothRobustness(compileSmooth(formula), tensorsOf(trace), settings).dataSync()])
}

function tensorsOf(trace: Trace): Record<string, tf.Tensor2D> {
  return Object.fromEntries(Object.entries(trace).map(([name, x]) => [name, tf.tensor2d([...x], [x.length, 1])]))
}

/** d value[0] / d signal, per step. */
function gradientAt0(formula: string, trace: Trace, name: string, temperature: number): number[] {
  return tf.tidy(() => {
    const tensors = tensorsOf(trace)
    const first = (x: tf.Tensor) =>
      tf.slice(
        smoothRobustness(compileSmooth(formula), { ...tensors, [name]: x as tf.Tensor2D }, { temperature }),
        0,
        1,
      )
    return [...tf.grad(first)(tensors[name]).dataSync()]
  })
}

describe('smoothRobustness, by hand', () => {
  const tau = 0.5

  it('takes tau log n off a minimum of n equal values, and nothing off a maximum', () => {
    const x = [3, 3, 3, 3]
    expect(smooth('G x', { x }, { temperature: tau })[0]).toBeCloseTo(3 - tau * Math.log(4), 5)
    expect(smooth('F x', { x }, { temperature: tau })[0]).toBeCloseTo(3, 5)
    // The other way round below a negation.
    expect(smooth('not G x', { x }, { temperature: tau })[0]).toBeCloseTo(-3, 5)
    expect(smooth('not F x', { x }, { temperature: tau })[0]).toBeCloseTo(-(3 + tau * Math.log(4)), 5)
  })

  it('shares the gradient of a tie', () => {
    expect(gradientAt0('G x', { x: [1, 1, 1, 1] }, 'x', tau)).toEqual(Array(4).fill(expect.closeTo(0.25, 5)))
    expect(gradientAt0('F x', { x: [1, 1, 1, 1] }, 'x', tau)).toEqual(Array(4).fill(expect.closeTo(0.25, 5)))
    expect(gradientAt0('G x', { x: [0, 5, 5, 5] }, 'x', 0.01)).toEqual([1, 0, 0, 0].map((g) => expect.closeTo(g, 5)))
  })

  it('is |x| as x tanh(x / tau) from below and tau log(2 cosh(x / tau)) from above', () => {
    const x = [0.3]
    expect(smooth('abs(x) > 0', { x }, { temperature: tau })[0]).toBeCloseTo(0.3 * Math.tanh(0.6), 5)
    expect(smooth('abs(x) < 1', { x }, { temperature: tau })[0]).toBeCloseTo(1 - tau * Math.log(2 * Math.cosh(0.6)), 5)
  })

  it('is the robustness itself, with its gradient, where nothing is a minimum or maximum', () => {
    const trace = { x: [1.7, 0.4], y: [-0.5, 0.25], z: [0.8, -1.6] }
    const formula = 'sqrt(x) + exp(y) * pow(x, 3) / z - mean(x)[2] > 1.5'
    const exact = (x: readonly number[]) => robustness(compile(formula), { ...trace, x })
    const values = smooth(formula, trace, { temperature: 1 })
    for (const [t, value] of exact(trace.x).entries()) expect(values[t]).toBeCloseTo(value, 5)
    const slope = (exact([1.7 + 1e-6, 0.4])[0] - exact([1.7 - 1e-6, 0.4])[0]) / 2e-6
    expect(gradientAt0(formula, trace, 'x', 1)).toEqual([expect.closeTo(slope, 4), 0])
  })

  it('bounds quotients, roots and powers of e over minima and maxima, and goes to them', () => {
    const trace = { x: [1.5, -2, 3, 0], y: [0.25, 2, -1, 0.5] }
    for (const formula of [
      'x / max(y, 0.5) > 1',
      'x / max(y, 0.5) < 1',
      'x / min(y, -0.5) > 1',
      'sqrt(max(x, 0)) > 1',
      'sqrt(abs(x)) < 1',
      'exp(min(x, y)) < 2',
      'abs(x) * abs(y) < 2',
      'abs(x) * abs(y) > 2',
      'y * max(x, 0) > 1',
    ]) {
      const exact = robustness(compile(formula), trace)
      for (const [t, value] of smooth(formula, trace, { temperature: 0.2 }).entries()) {
        expect(value, `${formula} at ${t}`).toBeLessThanOrEqual(exact[t] + 1e-5)
      }
      for (const [t, value] of smooth(formula, trace, { temperature: 1e-4 }).entries()) {
        expect(value, `${formula} at ${t}`).toBeCloseTo(exact[t], 1)
      }
    }
    // The divisor may be 0 within the error of its maximum, so nothing can be promised.
    expect(smooth('1 / max(y, 0.5) < 3', { y: [-2] }, { temperature: 3 })[0]).toBeLessThan(-1e20)
  })

  it('counts by rate from the safe side, with a gradient, and binary signals by their mean', () => {
    const trace = { x: [1, 1, -1, -1] }
    expect(smooth('rate(x > 0)[4] > 0.25', trace, { temperature: 0.01 })[3]).toBeCloseTo(0.24, 1)
    expect(smooth('rate(x > 0)[4] > 0.25', trace, { temperature: 0.5 })[3]).toBeLessThan(0.25)
    expect(smooth('rate(x > 0)[4] < 0.75', trace, { temperature: 0.5 })[3]).toBeLessThan(0.25)
    expect(gradientAt0('rate(x > 0)[4] > 0.25', { x: [-0.1] }, 'x', 0.5)[0]).toBeGreaterThan(0)
    const alarms = { alarm: [1, 0, 0.5, 0] }
    const binarySignals = new Set(['alarm'])
    const settings = { temperature: 0.1, binarySignals }
    const values = smooth('rate(alarm)[4] < 0.5', alarms, settings)
    expect(values[3]).toBeCloseTo(0.5 - 1.5 / 4, 5)
  })

  it('does not call xor of two truths satisfied, whatever its distance', () => {
    const trace = { x: [1], y: [3] }
    expect(robustness(compile('x > 0 xor y > 0'), trace)[0]).toBe(2)
    expect(smooth('x > 0 xor y > 0', trace, { temperature: 0.01 })[0]).toBeCloseTo(-1, 1)
    expect(smooth('x > 0 iff y > 0', trace, { temperature: 0.01 })[0]).toBeCloseTo(1, 1)
  })

  it('takes windows of hundreds of steps and rows of thousands of operators', () => {
    const x = Array.from({ length: 600 }, (_, t) => 1 + ((t * 7919) % 101) / 100)
    expect(smooth('G x > 0', { x }, { temperature: 0.001 })[0]).toBeCloseTo(1, 1)
    const chain = Array(3000).fill('x > 0').join(' and ')
    expect(smooth(`${'not '.repeat(3000)} (${chain})`, { x: [2] }, { temperature: 0.001 })[0]).toBeCloseTo(2, 1)
  })

  it('takes every step of a window once, for every width', () => {
    const length = 40
    const trace = { x: Array.from({ length }, (_, t) => Math.sin(t * t)) }
    for (let width = 1; width <= length; width++) {
      const last = width - 1
      const formula = `G[0,${last}] x + O[0,${last}] x - mean(x)[${width}] > x U[0,${last}] 2 * x`
      const wanted = naiveSmooth({ program: compileSmooth(formula), trace, length, temperature: 0.4 })
      for (const [t, value] of smooth(formula, trace, { temperature: 0.4 }).entries()) {
        expect(value, `width ${width}, step ${t}`).toBeCloseTo(wanted[t], 4)
      }
    }
  })

  it('leaves no tensor behind but its result, also when it fails', () => {
    const signals = tensorsOf({ x: [1, 2, 3], y: [3, 1, 0] })
    const before = tf.memory().numTensors
    const value = smoothRobustness(compileSmooth('G (x > 0 -> F[0,2] y < 1) U x > 2'), signals, { temperature: 1 })
    expect(tf.memory().numTensors).toBe(before + 1)
    value.dispose()
    const run = () => smoothRobustness(compileSmooth('pow(max(x, y), 2) > 1'), signals, { temperature: 1 })
    expect(run).toThrow(expect.objectContaining({ code: 'NOT_SMOOTH', line: 1, column: 1 }))
    expect(tf.memory().numTensors).toBe(before)
    tf.dispose(signals)
  })

  it.each([
    ['temperature 0', 'x > 0', { temperature: 0 }, 'OPTION'],
    ['temperature NaN', 'x > 0', { temperature: Number.NaN }, 'OPTION'],
    ['a lane without steps', 'x > 0', { temperature: 1, lengths: Int32Array.of(0) }, 'OPTION'],
    ['lengths of other lanes', 'x > 0', { temperature: 1, lengths: Int32Array.of(1, 1) }, 'OPTION'],
    ['a signal that is not there', 'w > 0', { temperature: 1 }, 'UNKNOWN_SIGNAL'],
    ['signals of two shapes', 'x > y', { temperature: 1 }, 'TRACE_SHAPE'],
  ])('refuses %s', (_, formula, settings, code) => {
    expect(() => smooth(formula, { x: [1, 2], y: [1] }, settings)).toThrow(expect.objectContaining({ code }))
  })
})
