import { compile, robustness } from '@vigil/stl'
import { reachOf } from '@vigil/stl/program'
import { tf } from '@vigil/tfjs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DecisionWindow } from './decision-window.ts'
import { type DirectGradientInput, directGradient } from './direct-gradient.ts'
import { naiveSmooth } from './smooth.oracle.ts'
import { teamProbability } from './team-probability.ts'
import { watchedProgram } from './watched-program.ts'

const FORMULAS = [
  'G (threat > 0.5 -> F[0,3] action > 0.5)',
  'G (detection_rate[4] >= 0.8 and fp_rate[3] <= 0.1)',
  'G (rate(false_positive)[4] <= 0.2)',
  'G (true_negative < 0.5 -> O[0,2] false_negative < 0.5)',
  'prediction < 0.5 U[0,2] load > 0.3',
  'H (mean(true_positive)[3] * load < 0.4)',
  'G (load < 0.9)',
]

/** Windows of up to 5 lanes, 4 + 6 steps. */
const arbitraryWindow: fc.Arbitrary<DecisionWindow> = fc
  .record({
    steps: fc.integer({ min: 1, max: 6 }),
    historySteps: fc.integer({ min: 0, max: 4 }),
    lanes: fc.integer({ min: 1, max: 5 }),
  })
  .chain(({ steps, historySteps, lanes }) => {
    const count = (historySteps + steps) * lanes
    const column = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { minLength: count, maxLength: count })
    const share = fc.integer({ min: 0, max: 1000 }).map((n) => n / 1000)
    const bit = (one: number) => fc.integer({ min: 1, max: 10 }).map((n) => (n <= one ? 1 : 0))
    return fc.record({
      steps: fc.constant(steps),
      historySteps: fc.constant(historySteps),
      lanes: fc.constant(lanes),
      restrictive: column(share),
      threat: column(bit(4)),
      begins: column(bit(2)),
      signals: fc.record({ load: column(share) }),
    })
  })

const arbitrarySpecifications = fc.array(
  fc.record({
    formula: fc.constantFrom(...FORMULAS),
    weight: fc.constantFrom(0, 0.5, 1, 3, -2),
    temperature: fc.constantFrom(0.1, 0.3),
  }),
  { minLength: 1, maxLength: 3 },
)

/** The sum that directGradient() differentiates, in double precision from the definitions. */
function total({ specifications, window }: DirectGradientInput, restrictive: ArrayLike<number>): number {
  const { historySteps, lanes } = window
  const rows = historySteps + window.steps
  let sum = 0
  for (const { formula, weight, temperature } of specifications) {
    const program = watchedProgram(formula, {})
    const ahead = reachOf(program).forward
    const first = Math.max(0, historySteps - ahead)
    for (let lane = 0; lane < lanes; lane++) {
      const starts = Array.from({ length: rows }, (_, t) => t).filter(
        (t) => t === 0 || window.begins[t * lanes + lane] === 1,
      )
      for (const [i, from] of starts.entries()) {
        const end = starts[i + 1] ?? rows
        if (end <= historySteps) continue
        const column = (values: ArrayLike<number>) =>
          Array.from({ length: end - from }, (_, t) => values[(from + t) * lanes + lane])
        const trace = signalsOf(program.signals, {
          p: column(restrictive),
          threat: column(window.threat),
          load: column(window.signals.load),
        })
        const values = naiveSmooth({ program, trace, length: end - from, temperature })
        const isOver = starts[i + 1] !== undefined
        const watched = values.filter((_, t) => from + t >= first && (isOver || from + t + ahead < rows))
        if (watched.length === 0) continue
        const least = Math.min(...watched)
        const logSum = Math.log(watched.reduce((all, value) => all + Math.exp((least - value) / temperature), 0))
        sum += weight * (least - temperature * logSum)
      }
    }
  }
  return sum
}

function signalsOf(names: readonly string[], { p, threat, load }: Record<'p' | 'threat' | 'load', number[]>) {
  const made: Record<string, number[]> = {
    load,
    threat,
    action: p,
    prediction: p,
    true_positive: p.map((x, t) => x * threat[t]),
    false_positive: p.map((x, t) => x * (1 - threat[t])),
    true_negative: p.map((x, t) => (1 - x) * (1 - threat[t])),
    false_negative: p.map((x, t) => (1 - x) * threat[t]),
  }
  for (const name of names) {
    const width = Number(/\[(\d+)\]/.exec(name)?.[1])
    if (Number.isNaN(width)) continue
    const isDetection = name.startsWith('detection_rate')
    made[name] = p.map((_, t) => {
      const steps = p.map((_, s) => s).filter((s) => s <= t && s > t - width && threat[s] === (isDetection ? 1 : 0))
      const share = steps.reduce((sum, s) => sum + p[s], 0) / steps.length
      return steps.length > 0 ? share : isDetection ? 1 : 0
    })
  }
  return made
}

describe('directGradient', () => {
  it('is the central difference of the sum, over random windows with history and episodes', () => {
    let nonZero = 0
    fc.assert(
      fc.property(arbitraryWindow, arbitrarySpecifications, (window, all) => {
        // The oracle has no binary signals; mean is what rate of one means.
        const specifications = all.map((one) => ({ ...one, formula: one.formula.replace('rate(false', 'mean(false') }))
        const gradient = directGradient({ specifications: all, window })
        expect(gradient.length).toBe(window.steps * window.lanes)
        for (const [i, found] of gradient.entries()) {
          const at = window.historySteps * window.lanes + i
          const moved = (by: number) =>
            total(
              { specifications, window },
              Array.from(window.restrictive, (p, j) => (j === at ? p + by : p)),
            )
          const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
          if (slope !== 0) nonZero++
          if (Math.abs(found - slope) <= 2e-4 * (1 + Math.abs(slope))) continue
          throw new Error(JSON.stringify({ i, found, slope, window, specifications }))
        }
      }),
      { seed: 21, numRuns: 60 },
    )
    expect(nonZero).toBeGreaterThan(300)
  })

  const window: DecisionWindow = {
    steps: 3,
    historySteps: 0,
    lanes: 2,
    restrictive: [0.2, 0.6, 0.5, 0.5, 0.9, 0.1],
    threat: [0, 1, 1, 0, 0, 1],
    begins: [1, 1, 0, 0, 0, 0],
    signals: { load: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] },
  }

  it('asks for action on threats, and for none on benign events', () => {
    const of = (formula: string) =>
      Array.from(directGradient({ specifications: [{ formula, weight: 2, temperature: 0.2 }], window }), Math.sign)
    expect(of('G (false_negative < 0.5)')).toEqual([0, 1, 1, 0, 0, 1])
    expect(of('G (fp_rate[3] <= 0.1)')).toEqual([-1, 0, 0, -1, -1, 0])
  })

  it('watches what an invariant says, however it says it, and windows with zeros in front', () => {
    const of = (formula: string) =>
      directGradient({ specifications: [{ formula, weight: 1, temperature: 0.2 }], window })
    const plain = of('G (fp_rate[2] <= 0.1)')
    for (const formula of ['G[0,inf] (fp_rate[2] <= 0.1)', 'G G (fp_rate[2] <= 0.1)', 'G (fp_rate[002] <= 0.1)']) {
      expect(of(formula)).toEqual(plain)
    }
  })

  it('is the worst step alone where the temperature is low', () => {
    const specifications = [{ formula: 'G (false_positive <= 0.1)', weight: 2, temperature: 0.001 }]
    expect(Array.from(directGradient({ specifications, window }))).toEqual(
      [0, 0, 0, -2, -2, 0].map((g) => expect.closeTo(g, 5)),
    )
  })

  it('leads from undecided probabilities to decisions that satisfy two specifications exactly', () => {
    const threat = [0, 1, 0, 0, 0, 1, 0, 0]
    const formulas = ['G (threat > 0.5 -> F[0,1] action > 0.5)', 'G (mean(false_positive)[4] <= 0.2)']
    const specifications = formulas.map((formula) => ({ formula, weight: 1, temperature: 0.2 }))
    const signalsAt = (p: number[]) => signalsOf([], { p, threat, load: threat })
    const exact = (p: number[]) => formulas.map((formula) => robustness(compile(formula), signalsAt(p))[0])
    let restrictive = Array(8).fill(0.5)
    expect(Math.min(...exact(restrictive))).toBeLessThan(0)
    for (let round = 0; round < 40; round++) {
      const rest = { steps: 8, historySteps: 0, lanes: 1, threat, begins: Array(8).fill(0), signals: {} }
      const gradient = directGradient({ specifications, window: { ...rest, restrictive } })
      restrictive = restrictive.map((p, t) => Math.min(1, Math.max(0, p + 0.3 * gradient[t])))
    }
    expect(Math.min(...exact(restrictive.map((p) => (p > 0.5 ? 1 : 0))))).toBeGreaterThan(0)
  })

  it('leaves the last steps of a window open where the episode goes on, and counts them where it is over', () => {
    const specifications = [{ formula: 'G (F[0,2] (action > 0.5))', weight: 1, temperature: 0.001 }]
    const of = (begins: number[], formula = specifications[0].formula) => {
      const p = [0.9, 0.8, 0.7, 0.9, 0.2, 0.1, 0.6]
      const rest = { steps: 7, historySteps: 0, lanes: 1, threat: Array(7).fill(0), signals: {} }
      const window = { ...rest, restrictive: p, begins }
      return Array.from(directGradient({ specifications: [{ ...specifications[0], formula }], window }))
    }
    const at = (step: number) => Array.from({ length: 7 }, (_, t) => expect.closeTo(t === step ? 1 : 0, 5))
    // Step 4 is the last whose next two steps are there: the largest of 0.2, 0.1 and 0.6.
    expect(of([1, 0, 0, 0, 0, 0, 0])).toEqual(at(6))
    // The episode is over behind step 5, so that its 0.1 is final; step 6, of the next one, is open.
    expect(of([1, 0, 0, 0, 0, 0, 1])).toEqual(at(5))
    expect(of([1, 0, 0, 0, 0, 1, 0])).toEqual(at(4))
    // Without an end nothing is known before the episode is over.
    expect(of([1, 0, 0, 0, 0, 0, 0], 'G F (action > 0.5)')).toEqual(Array(7).fill(0))
    expect(of([1, 0, 0, 0, 0, 0, 1], 'G F (action > 0.5)')).toEqual(at(5))
  })

  it('is 0 for what does not depend on decisions, and for weight 0', () => {
    const zeros = Array(6).fill(0)
    const of = (formula: string, weight: number) =>
      Array.from(directGradient({ specifications: [{ formula, weight, temperature: 1 }], window }))
    expect(of('G (load < 0.2)', 1)).toEqual(zeros)
    expect(of('G (threat < 0.5)', 1)).toEqual(zeros)
    expect(of('G (action < 0.5)', 0)).toEqual(zeros)
    expect(of('G[5,9] (action < 0.5)', 1)).toEqual(zeros)
  })

  it('gives the same bits again, keeps no tensor and leaves the backend as it was', async () => {
    const run = () =>
      directGradient({
        specifications: FORMULAS.map((formula) => ({ formula, weight: 1, temperature: 0.3 })),
        window,
      })
    const first = run()
    const cpu = tf.backend()
    tf.registerBackend('other', () => cpu)
    await tf.setBackend('other')
    const before = tf.memory().numTensors
    expect(run()).toEqual(first)
    expect(tf.memory().numTensors).toBe(before)
    expect(tf.getBackend()).toBe('other')
    const divided = [{ formula: 'G (1 / action < 2)', weight: 1, temperature: 1 }]
    const none = { ...window, restrictive: [0.2, 0.6, 0.5, 0.5, 0, 0.1] }
    expect(() => directGradient({ specifications: divided, window: none })).toThrow(
      expect.objectContaining({ code: 'DIVISION_BY_ZERO', message: expect.stringContaining('step 2') }),
    )
    expect(tf.memory().numTensors).toBe(before)
    expect(tf.getBackend()).toBe('other')
    await tf.setBackend('cpu')
  })

  it.each<[string, Partial<DirectGradientInput['specifications'][0]>, Partial<DecisionWindow>, string]>([
    ['a signal that is not there', { formula: 'G (latency < 1)' }, {}, 'UNKNOWN_SIGNAL'],
    ['a window of 0 steps', { formula: 'G (fp_rate[0] < 1)' }, {}, 'UNKNOWN_SIGNAL'],
    ['no formula', { formula: 'G (' }, {}, 'SYNTAX'],
    ['a weight that is no number', { weight: Number.NaN }, {}, 'OPTION'],
    ['a temperature below 0', { temperature: -1 }, {}, 'OPTION'],
    ['steps that are no whole number', {}, { steps: 1.5 }, 'OPTION'],
    ['no lanes', {}, { lanes: 0 }, 'OPTION'],
    ['a history that is not there', {}, { historySteps: 1 }, 'TRACE_SHAPE'],
    ['a probability above 1', {}, { restrictive: [0, 0, 0, 0, 0, 1.5] }, 'TRACE_VALUE'],
    ['a label of 2', {}, { threat: [0, 0, 0, 0, 0, 2] }, 'TRACE_VALUE'],
    ['a beginning of 0.5', {}, { begins: [0.5, 0, 0, 0, 0, 0] }, 'TRACE_VALUE'],
    ['an infinite signal', {}, { signals: { load: [0, 0, 0, 0, 0, Number.POSITIVE_INFINITY] } }, 'TRACE_VALUE'],
  ])('refuses %s', (_, specification, changed, code) => {
    const specifications = [{ formula: 'G (action < 0.5)', weight: 1, temperature: 1, ...specification }]
    expect(() => directGradient({ specifications, window: { ...window, ...changed } })).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

describe('teamProbability', () => {
  it('is the mean over agents, row by row', () => {
    expect(Array.from(teamProbability([0, 1, 0.5, 0.25, 0.25, 1], 3))).toEqual([0.5, 0.5])
  })
})
