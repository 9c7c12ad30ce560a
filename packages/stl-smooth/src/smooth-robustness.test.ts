import { compile, type Formula, type ProfileName, type Program, print, robustness } from '@vigil/stl'
import { arbitraryFormula, asSpecification } from '@vigil/stl/formula.arbitrary'
import { tf } from '@vigil/tfjs'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { compileSmooth } from './compile-smooth.ts'
import { arbitraryLanes, type Lanes, laneOf, rowsOf } from './lanes.arbitrary.ts'
import { naiveSmooth } from './smooth.oracle.ts'
import { type SmoothSettings, smoothRobustness } from './smooth-robustness.ts'

const LANES = 4
const anything = arbitraryFormula({ unboundedFuture: true, unboundedPast: true })
const profile = fc.constantFrom<ProfileName>('rtamt', 'stlcgpp')
const temperature = fc.constantFrom(0.01, 0.1, 0.5, 2)
/** Beyond this the product means infinity. */
const FINITE_MAX = 1e20

beforeAll(async () => {
  tf.env().set('PROD', true)
  await tf.setBackend('cpu')
})

function tensorsOf(lanes: Lanes): Record<string, tf.Tensor2D> {
  const tensor = (name: 'x' | 'y' | 'z') => tf.tensor2d(rowsOf(lanes, name), [lanes.length, lanes.lanes.length])
  return { x: tensor('x'), y: tensor('y'), z: tensor('z') }
}

/** [T, E] of the product. */
function smooth(program: Program, lanes: Lanes, settings: SmoothSettings): Float32Array {
  return tf.tidy(() => smoothRobustness(program, tensorsOf(lanes), settings).dataSync() as Float32Array)
}

function failure(formula: Formula, facts: Record<string, unknown>): Error {
  return new Error(`${print(asSpecification(formula))}\n${JSON.stringify(facts)}`)
}

function hasRate(formula: Formula): boolean {
  return print(asSpecification(formula)).includes('rate(')
}

describe('smoothRobustness', () => {
  it('is below the robustness, and above 0 only where the formula is true', () => {
    let above = 0
    fc.assert(
      fc.property(
        anything,
        arbitraryLanes({ count: LANES, ties: true }),
        profile,
        temperature,
        (formula, lanes, profile, temperature) => {
          const source = asSpecification(formula)
          const program = compileSmooth(source, { profile })
          const truth = compile(source, { profile, semantics: 'truth' })
          const found = smooth(program, lanes, { temperature, lengths: lanes.lengths })
          for (let lane = 0; lane < LANES; lane++) {
            const trace = laneOf(lanes, lane)
            const wanted = robustness(program, trace)
            const holds = robustness(truth, trace)
            for (const [t, exact] of wanted.entries()) {
              const value = found[t * LANES + lane]
              const isInfinite = exact < 0 && !Number.isFinite(exact)
              const rounding = 1e-5 * (1 + Math.min(Math.abs(exact), 1e3))
              if (value > rounding) above++
              if (isInfinite ? value > -FINITE_MAX : value > exact + rounding) {
                throw failure(formula, { t, lane, value, exact, temperature })
              }
              if (value > rounding && holds[t] < 0) throw failure(formula, { t, lane, value, holds: holds[t] })
            }
          }
        },
      ),
      { seed: 11, numRuns: 250 },
    )
    expect(above).toBeGreaterThan(300)
  })

  it('goes to the robustness as the temperature falls', () => {
    const apart = [0, 0, 0]
    fc.assert(
      fc.property(
        anything.filter((formula) => !hasRate(formula)),
        arbitraryLanes({ count: LANES, ties: true }),
        profile,
        (formula, lanes, profile) => {
          const program = compileSmooth(asSpecification(formula), { profile })
          const { lengths } = lanes
          const found = [1, 0.03, 0.001].map((temperature) => smooth(program, lanes, { temperature, lengths }))
          for (let lane = 0; lane < LANES; lane++) {
            for (const [t, exact] of robustness(program, laneOf(lanes, lane)).entries()) {
              const values = found.map((column) => column[t * LANES + lane])
              if (!Number.isFinite(exact)) {
                if (values[2] * Math.sign(exact) > FINITE_MAX) continue
                throw failure(formula, { t, lane, exact, values })
              }
              for (const [i, value] of values.entries())
                apart[i] = Math.max(apart[i], (exact - value) / (1 + Math.abs(exact)))
              if (exact - values[2] > 0.05 * (1 + Math.abs(exact))) throw failure(formula, { t, lane, exact, values })
            }
          }
        },
      ),
      { seed: 12, numRuns: 100 },
    )
    expect(apart[0]).toBeGreaterThan(0.1)
    expect(apart[1]).toBeLessThan(apart[0])
    expect(apart[2]).toBeLessThan(apart[1])
  })

  it('has the values and, by central differences, the gradients of the definitions', () => {
    fc.assert(
      fc.property(
        anything,
        arbitraryLanes({ count: 2, ties: false }),
        profile,
        fc.constantFrom(0.2, 1),
        (formula, lanes, profile, temperature) => {
          const program = compileSmooth(asSpecification(formula), { profile })
          if (program.signals.length === 0) return
          const { value, gradients } = valueAndGradients(program, lanes, temperature)
          for (let lane = 0; lane < 2; lane++) {
            const trace = laneOf(lanes, lane)
            const given = { program, length: trace.x.length, temperature }
            const wanted = naiveSmooth({ ...given, trace })
            for (const [t, exact] of wanted.entries()) {
              if (Math.abs(exact - value[t * 2 + lane]) > 2e-5 * (1 + Math.abs(exact))) {
                throw failure(formula, { t, lane, value: value[t * 2 + lane], exact })
              }
            }
            for (const [i, name] of (program.signals as ('x' | 'y' | 'z')[]).entries()) {
              for (let t = 0; t < given.length; t++) {
                const moved = (by: number) =>
                  naiveSmooth({ ...given, trace: { ...trace, [name]: trace[name].with(t, trace[name][t] + by) } })
                const slope = weightedDifference(moved(1e-5), moved(-1e-5)) / 2e-5
                const gradient = gradients[i][t * 2 + lane]
                if (Math.abs(gradient - slope) > 1e-4 * (1 + Math.abs(slope))) {
                  throw failure(formula, { name, t, lane, gradient, slope, temperature, profile, lanes: trace })
                }
              }
            }
          }
        },
      ),
      { seed: 13, numRuns: 80 },
    )
  })
})

/** Steps count differently in the sum that is differentiated, so that gradients of one cannot pass for another's. */
const weightAt = (t: number) => 1 + 0.5 * Math.cos(t)

function weightedDifference(plus: number[], minus: number[]): number {
  return plus.reduce((sum, value, t) => sum + (Math.abs(value) > FINITE_MAX ? 0 : weightAt(t) * (value - minus[t])), 0)
}

function valueAndGradients(program: Program, lanes: Lanes, temperature: number) {
  return tf.tidy(() => {
    const { lengths, length } = lanes
    const all = tensorsOf(lanes)
    const weights = tf.tensor2d(
      Float32Array.from({ length: length * 2 }, (_, i) => (i >> 1 < lengths[i & 1] ? weightAt(i >> 1) : 0)),
      [length, 2],
    )
    const named = (tensors: tf.Tensor[]) => Object.fromEntries(program.signals.map((name, i) => [name, tensors[i]]))
    const evaluate = (...tensors: tf.Tensor[]) =>
      smoothRobustness(program, named(tensors) as Record<string, tf.Tensor2D>, { temperature, lengths })
    const inputs = program.signals.map((name) => all[name])
    const value = evaluate(...inputs)
    const isKnown = tf.less(tf.abs(value), FINITE_MAX)
    const seeds = tf.where(isKnown, weights, tf.zerosLike(weights))
    const gradients = tf.grads(evaluate)(inputs, seeds)
    return { value: value.dataSync(), gradients: gradients.map((gradient) => gradient.dataSync()) }
  })
}
