/** Random segments for the tests of returns, GAE and TD(lambda). */
import fc from 'fast-check'
import type { ValuedSegment } from './returns.ts'

/** Multiples of 1/8, exact in f32. */
const eighths = fc.integer({ min: -160, max: 160 }).map((n) => n / 8)

/** gamma or lambda, both ends included. */
export const discounts = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }))

/** Segments in which nextValues[t] = values[t + 1] wherever the episode goes on. */
export const segments: fc.Arbitrary<ValuedSegment> = fc
  .record({
    stepCount: fc.integer({ min: 1, max: 8 }),
    laneCount: fc.integer({ min: 1, max: 3 }),
    agentCount: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ stepCount, laneCount, agentCount }) => {
    const columns = laneCount * agentCount
    const floats = fc.array(eighths, { minLength: stepCount * columns, maxLength: stepCount * columns })
    const flags = fc.array(fc.constantFrom(0, 0, 0, 1), {
      minLength: stepCount * laneCount,
      maxLength: stepCount * laneCount,
    })
    return fc
      .record({ rewards: floats, values: floats, cutValues: floats, terminated: flags, truncated: flags })
      .map(({ rewards, values, cutValues, terminated, truncated }) => {
        const nextValues = cutValues.map((cutValue, at) => {
          const flag = Math.floor(at / agentCount)
          const cut = at + columns >= values.length || terminated[flag] === 1 || truncated[flag] === 1
          return cut ? cutValue : values[at + columns]
        })
        return {
          stepCount,
          laneCount,
          agentCount,
          rewards: Float32Array.from(rewards),
          values: Float32Array.from(values),
          nextValues: Float32Array.from(nextValues),
          terminated: Uint8Array.from(terminated),
          truncated: Uint8Array.from(truncated),
        }
      })
  })

/** One lane, one agent: the plainest segment. Flags default to 0, values to 0. */
export function singleColumn(part: {
  rewards: number[]
  values?: number[]
  nextValues?: number[]
  terminated?: number[]
  truncated?: number[]
}): ValuedSegment {
  const zeros = part.rewards.map(() => 0)
  return {
    stepCount: part.rewards.length,
    laneCount: 1,
    agentCount: 1,
    rewards: Float32Array.from(part.rewards),
    values: Float32Array.from(part.values ?? zeros),
    nextValues: Float32Array.from(part.nextValues ?? zeros),
    terminated: Uint8Array.from(part.terminated ?? zeros),
    truncated: Uint8Array.from(part.truncated ?? zeros),
  }
}

/** One step of one column, as the oracles like to read it. */
export type Step = {
  readonly reward: number
  readonly value: number
  readonly nextValue: number
  readonly terminated: boolean
}

/**
 * The steps from (t, column) to the end of its episode or of what was seen of it, both included: what every oracle sums over.
 */
export function stepsToTheEnd(segment: ValuedSegment, t: number, column: number): Step[] {
  const columns = segment.laneCount * segment.agentCount
  const lane = Math.floor(column / segment.agentCount)
  const steps: Step[] = []
  for (let later = t; later < segment.stepCount; later++) {
    const at = later * columns + column
    const terminated = segment.terminated[later * segment.laneCount + lane] === 1
    const truncated = segment.truncated[later * segment.laneCount + lane] === 1
    steps.push({
      reward: segment.rewards[at],
      value: segment.values[at],
      nextValue: segment.nextValues[at],
      terminated,
    })
    if (terminated || truncated) break
  }
  return steps
}

/** Calls `visit` with every index [t, column] of a segment. */
export function forEachEntry(segment: ValuedSegment, visit: (at: number, t: number, column: number) => void): void {
  const columns = segment.laneCount * segment.agentCount
  for (let t = 0; t < segment.stepCount; t++) {
    for (let column = 0; column < columns; column++) visit(t * columns + column, t, column)
  }
}

/** Longest distance that f32 results of this size may have from a float64 oracle. */
export function tolerance(value: number): number {
  return 1e-5 * (1 + Math.abs(value))
}
