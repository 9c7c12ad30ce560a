import { observedRobustness } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { constrainedTrajectory, FIXTURE } from './constraint.fixture.ts'
import { costsOf, estimateCosts } from './costs.ts'
import { measureConstraints } from './measure.ts'
import { mixAdvantages } from './mix-advantages.ts'

const { stepCount: T, laneCount: E, agentCount: A, specificationCount: S } = FIXTURE
const O = 1 + S
const trajectory = constrainedTrajectory(0)
const robustnessAt = (event: number, s: number) => trajectory.robustness[event * S + s]

/** Nothing while it holds; half, and more the deeper it is violated, to 1 at a robustness of -1. */
const costAt = (robustness: number) =>
  robustness < 0 ? (1 + Math.min(1, Math.log(1 - 1000 * robustness) / Math.log(1001))) / 2 : 0

describe('costsOf', () => {
  it('charges every agent by how deep its own specification is violated, and 0 is no violation', () => {
    const costs = costsOf(trajectory, { specification: 1, gamma: 0.75 })
    for (let i = 0; i < T * E * A; i++) {
      expect(costs[i]).toBeCloseTo(0.25 * costAt(robustnessAt(Math.floor(i / A), 1)), 6)
    }
    expect(costs.filter((cost) => cost > 0).length).toBeGreaterThan(10)
    const edge = { robustness: Float32Array.of(0, -0, 1e6, -1e-9, -1, -1e6), specificationCount: 1, agentCount: 1 }
    const edges = costsOf(edge, { specification: 0, gamma: 0 })
    for (const [i, cost] of [0, 0, 0, 0.5, 1, 1].entries()) expect(edges[i]).toBeCloseTo(cost, 5)
  })
})

describe('estimateCosts', () => {
  it('is the discounted mean of the costs beyond what the own head said', () => {
    const [gamma, specification] = [0.8, 1]
    const { advantages, targets } = estimateCosts(trajectory, specification, {
      gamma,
      lambda: 1,
      targetLambda: 1,
      isObserved: false,
      usesOutput: true,
      runsOn: false,
    })
    for (let lane = 0; lane < E; lane++) {
      for (let agent = 0; agent < A; agent++) {
        const at = (t: number) => (t * E + lane) * A + agent
        // With lambda 1 the target is the sum itself, bootstrapped behind the last step with output 1 + s.
        let sum = trajectory.nextValues[at(T - 1) * O + 2]
        for (let t = T - 1; t >= 0; t--) {
          sum = (1 - gamma) * costAt(robustnessAt(t * E + lane, specification)) + gamma * sum
          expect(targets[at(t)]).toBeCloseTo(sum, 5)
          expect(advantages[at(t)]).toBeCloseTo(sum - trajectory.values[at(t) * O + 2], 5)
        }
      }
    }
  })

  it('counts from what robustness says already, where it is observed', () => {
    // The context shows the robustness of the step before; the heads know nothing.
    const zeros = new Float32Array(trajectory.values.length)
    const heads = { values: trajectory.values, nextValues: trajectory.nextValues }
    const shown = trajectory.robustness.map((_, i) =>
      i < E * S ? 1 : observedRobustness(trajectory.robustness[i - E * S]),
    )
    const silent = { ...trajectory, values: zeros, nextValues: zeros, context: shown, contextSize: S }
    const settings = { gamma: 0.9, lambda: 0, targetLambda: 1, isObserved: true, usesOutput: true, runsOn: false }
    const { advantages, targets } = estimateCosts(silent, 1, settings)
    const plain = estimateCosts({ ...silent, contextSize: 0 }, 1, { ...settings, isObserved: false, usesOutput: true })
    // Without the output, what it says changes nothing but what it is to learn.
    const loud = estimateCosts({ ...silent, ...heads }, 1, { ...settings, usesOutput: false })
    expect(loud.advantages).toEqual(advantages)
    expect(loud.targets).not.toEqual(targets)
    for (let event = 0; event < T * E; event++) {
      const [before, after] = [1 - shown[event * S + 1], 1 - observedRobustness(robustnessAt(event, 1))]
      const cost = 0.1 * costAt(robustnessAt(event, 1))
      expect(advantages[event * A]).toBeCloseTo(cost + 0.9 * after - before, 5)
      // Behind the last step stands what robustness says of it; the output learns what is not in robustness.
      const last = (T - 1) * E + (event % E)
      const bootstrap = 0.9 ** (T - Math.floor(event / E)) * (1 - observedRobustness(robustnessAt(last, 1)))
      expect(targets[event * A] + before).toBeCloseTo(plain.targets[event * A] + bootstrap, 5)
    }
  })

  it('goes on at the end of an episode where windows do', () => {
    const shown = Float32Array.from({ length: T * E * S }, (_, i) => ((i * 5) % 7) / 7)
    const ended = new Uint8Array(T * E).fill(1)
    const all = { ...trajectory, context: shown, contextSize: S, terminated: ended }
    const settings = { gamma: 0.9, lambda: 0, targetLambda: 1, isObserved: true, usesOutput: false }
    const across = estimateCosts(all, 0, { ...settings, runsOn: true }).advantages
    const within = estimateCosts(all, 0, { ...settings, runsOn: false }).advantages
    for (let event = 0; event < T * E; event++) {
      const after = 1 - observedRobustness(robustnessAt(event, 0))
      const upToHere = 0.1 * costAt(robustnessAt(event, 0)) - (1 - shown[event * S])
      expect(within[event * A]).toBeCloseTo(upToHere, 5)
      expect(across[event * A]).toBeCloseTo(upToHere + 0.9 * after, 5)
    }
  })

  it('lies in [0, 1] where the head does', () => {
    const { targets } = estimateCosts(trajectory, 0, {
      gamma: 0.97,
      lambda: 0,
      targetLambda: 0.9,
      isObserved: false,
      usesOutput: true,
      runsOn: false,
    })
    for (const target of targets) expect(target >= 0 && target <= 1).toBe(true)
  })
})

describe('mixAdvantages', () => {
  it('weighs reward against the costs, and keeps the scale', () => {
    const advantages = Float32Array.of(1, -2)
    mixAdvantages({
      advantages,
      costAdvantages: [Float32Array.of(3, 1), Float32Array.of(-1, 0.5)],
      multipliers: [0.5, 2.5],
    })
    expect([...advantages]).toEqual([(1 - 1.5 + 2.5) / 4, (-2 - 0.5 - 1.25) / 4])
  })

  it('changes nothing at multipliers of 0', () => {
    const advantages = Float32Array.of(1, -2)
    mixAdvantages({ advantages, costAdvantages: [Float32Array.of(3, 1)], multipliers: [0] })
    expect([...advantages]).toEqual([1, -2])
  })
})

describe('measureConstraints', () => {
  it('counts satisfied steps over all shards', () => {
    const trajectories = [trajectory, constrainedTrajectory(1)]
    const measured = measureConstraints(trajectories)
    for (let s = 0; s < S; s++) {
      const holds: number[] = []
      for (const { robustness } of trajectories) {
        for (let event = 0; event < T * E; event++) holds.push(robustness[event * S + s] < 0 ? 0 : 1)
      }
      const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
      expect(measured[s].satisfiedRate).toBeCloseTo(mean(holds), 12)
      expect(measured[s].robustnessMin).toBe(
        Math.min(...trajectories.flatMap(({ robustness }) => [...robustness].filter((_, i) => i % S === s))),
      )
    }
  })

  it('has nothing to measure without specifications', () => {
    const none = { ...trajectory, specificationCount: 0, robustness: new Float32Array(0) }
    expect(measureConstraints([none])).toEqual([])
  })
})
