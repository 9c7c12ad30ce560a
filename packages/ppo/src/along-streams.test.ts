import type { Trajectory } from '@vigil/proto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alongStreams, creditOrder } from './along-streams.ts'
import { generalisedAdvantages } from './gae.ts'

type Step = { stream: number; reward: number; value: number; next: number; isOver: boolean; isLast: boolean }

/** A trajectory of one agent whose rows are the numbers of their streams. [T][E] */
function trajectoryOf(steps: readonly (readonly Step[])[]): Trajectory {
  const all = steps.flat()
  const numbers = (part: (step: Step) => number) => Float32Array.from(all, part)
  const flags = (part: (step: Step) => boolean) => Uint8Array.from(all, (step) => (part(step) ? 1 : 0))
  const sizes = { stepCount: steps.length, laneCount: steps[0].length, agentCount: 1 }
  return {
    ...{ policyVersion: 0, shard: 0, ...sizes, contextSize: 1, stateSize: 0, valueOutputCount: 1 },
    ...{ specificationCount: 0, datasetFingerprint: new Uint8Array(32) },
    rows: Uint32Array.from(all, ({ stream }) => stream),
    // Something by which a step is known again.
    context: Float32Array.from(all.keys()),
    actions: new Uint8Array(all.length),
    logProbs: numbers(({ value }) => -value),
    values: numbers(({ value }) => value),
    nextValues: numbers(({ isOver, next }) => (isOver ? 0 : next)),
    rewards: numbers(({ reward }) => reward),
    expectedRewards: numbers(({ reward }) => reward),
    teamActions: new Uint8Array(all.length),
    terminated: flags(({ isOver }) => isOver),
    truncated: flags(({ isLast }) => isLast),
    recurrentState: new Float32Array(0),
    robustness: new Float32Array(0),
  }
}

const small = fc.integer({ min: -4, max: 4 })
/** Lanes in which a stream that is over comes again in another window of the recording alone. */
const anySteps = fc
  .array(
    fc.array(
      fc.record({
        ...{ stream: fc.nat(2), reward: small, value: small, next: small },
        isOver: fc.boolean(),
        isLast: fc.nat(4).map((n) => n === 0),
      }),
      { minLength: 2, maxLength: 2 },
    ),
    { minLength: 1, maxLength: 9 },
  )
  .map((steps) => {
    const over = [new Set<number>(), new Set<number>()]
    return steps.map((lanes) =>
      lanes.map((step, lane): Step => {
        const free = [0, 1, 2, 3, 4, 5, 6, 7, 8].filter((stream) => !over[lane].has(stream))
        const stream = over[lane].has(step.stream) ? free[0] : step.stream
        if (step.isOver) over[lane].add(stream)
        if (step.isLast) over[lane].clear()
        return { ...step, stream }
      }),
    )
  })

/** A_t of one lane by its definition: what follows is looked for, step by step, among the later ones of the stream. */
function slowAdvantages(lane: readonly Step[], gamma: number, lambda: number): number[] {
  const ended = (t: number) => lane.slice(0, t).filter(({ isLast }) => isLast).length
  const after = (t: number) =>
    lane.findIndex((own, i) => i > t && ended(i) === ended(t) && own.stream === lane[t].stream)
  const windowEnds = (t: number) => lane.some(({ isLast }, i) => i >= t && ended(i) === ended(t) && isLast)
  const advantageOf = (t: number): number => {
    const { reward, value, next, isOver } = lane[t]
    const follower = after(t)
    if (isOver || (follower < 0 && windowEnds(t))) return reward - value
    if (follower < 0) return reward + gamma * next - value
    return reward + gamma * lane[follower].value - value + gamma * lambda * advantageOf(follower)
  }
  return [...lane.keys()].map(advantageOf)
}

describe('alongStreams', () => {
  it('gives credit along a stream: advantages are those of each stream by itself', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const [gamma, lambda] = [0.9, 0.5]
        const { trajectory: ordered } = alongStreams(trajectoryOf(steps), (row) => row)
        const out = new Float32Array(ordered.rewards.length)
        generalisedAdvantages(ordered, { gamma, gaeLambda: lambda }, out)
        for (const lane of [0, 1]) {
          const expected = slowAdvantages(
            steps.map((lanes) => lanes[lane]),
            gamma,
            lambda,
          )
          for (let at = lane; at < out.length; at += 2) {
            const event = ordered.context[at]
            expect(event % 2).toBe(lane)
            expect(out[at]).toBeCloseTo(expected[Math.floor(event / 2)], 4)
          }
        }
      }),
    )
  })

  it('keeps every step, with all that belongs to it, in its lane', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const before = trajectoryOf(steps)
        const { trajectory: after, order } = alongStreams(before, (row) => row)
        expect([...order!]).toEqual([...after.context])
        expect([...after.context].sort((a, b) => a - b)).toEqual([...before.context.keys()])
        for (const [at, event] of after.context.entries()) {
          for (const part of ['rows', 'values', 'logProbs', 'rewards', 'expectedRewards'] as const) {
            expect(after[part][at]).toBe(before[part][event])
          }
        }
      }),
    )
  })
})

it('leaves trajectories of lanes that walk one stream after another as they are', () => {
  const trajectory = trajectoryOf([[{ stream: 0, reward: 1, value: 0, next: 0, isOver: true, isLast: false }]])
  const part = { rows: Uint32Array.of(0), streamStarts: Uint32Array.of(0, 1) }
  expect(creditOrder({ response: null }, part)(trajectory)).toEqual({ trajectory, order: null })
})
