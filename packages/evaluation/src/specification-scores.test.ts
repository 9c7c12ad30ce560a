import { describe, expect, it } from 'vitest'
import { settingsWith } from './settings.fixture.ts'
import { decisionRobustness, specificationScores } from './specification-scores.ts'

/** Four agents that agree: benign and harmful events in turn, all of the former blocked from step 40 on. */
const N = 60
const labels = Uint8Array.from({ length: N }, (_, t) => t % 2)
const actions = Uint8Array.from({ length: N }, (_, t) => (t % 2 === 1 || t >= 40 ? 1 : 0))
const decisions = { labels, actions, decided: new Uint8Array(N).fill(1), margin: new Int32Array(N).fill(4) }
const settingsOf = (formula: string) => settingsWith([{ name: 'rule', formula, target: 0.95 }])

describe('specificationScores', () => {
  it.each([
    ['G (false_positive < 0.5)', 0, N],
    // The last five steps would look at less than they ask for.
    ['G (F[0,5] (true_positive > 0.5))', 0, N - 5],
    ['G (next (false_positive < 0.5))', 0, N - 1],
    // Nothing is before the first step: its robustness is infinite.
    ['G (prev (false_positive < 0.5))', 1, N],
    ['G (prev (F[0,3] (true_positive > 0.5)))', 1, N - 3],
  ])('judges of %s the steps from %i to %i, which have a value', (formula, from, to) => {
    const settings = settingsOf(formula)
    const [values] = decisionRobustness(settings, decisions)
    expect(values.length).toBe(to - from)
    expect(values.every((value) => Math.abs(value) <= 1)).toBe(true)
    const [scores] = specificationScores(settings, decisions)
    expect(Math.abs(scores.robustnessMean)).toBeLessThanOrEqual(1)
    expect(scores.satisfiedRate).toBe(values.filter((value) => value >= 0).length / values.length)
  })

  it('judges nothing where no window is whole', () => {
    const [scores] = specificationScores(settingsOf('G (F[0,99] (true_positive > 0.5))'), decisions)
    expect(scores).toMatchObject({ satisfiedRate: 1, satisfiedInterval: [0, 1], robustnessMin: 0, robustnessMean: 0 })
    expect(scores.strip).toEqual({ min: [], mean: [] })
  })
})
