import { expect, it } from 'vitest'
import { gathered } from '../along-streams.ts'
import { PLAIN } from '../assemble.fixture.ts'
import { constraintTargets } from './constrain.ts'
import { constrainedTrajectory, FIXTURE } from './constraint.fixture.ts'

const { stepCount: T, laneCount: E } = FIXTURE

it('costs run along the time of a lane, whatever the order in which credit is given, and come in that order', () => {
  const settings = { ...PLAIN, stlMode: 'lagrangian', gaeLambda: 0.9, costGamma: 0.8, costLambda: 0.7 } as const
  const inTime = constrainedTrajectory(3)
  // What follows in each step's stream is another state than what the lane meets next, but for the last step.
  const nextValues = inTime.nextValues.slice()
  nextValues.fill(7, 0, (nextValues.length * (T - 1)) / T)
  const order = Uint32Array.from({ length: T * E }, (_, at) => (5 * at + 3) % (T * E))
  expect(new Set(order).size).toBe(T * E)
  const found = constraintTargets({ ...inTime, nextValues }, settings, order)!
  const plain = constraintTargets(inTime, settings, null)!
  for (const part of ['costTargets', 'costAdvantages'] as const)
    expect(found[part]).toEqual(plain[part].map((values) => gathered(values, order)))
  expect(constraintTargets({ ...inTime, nextValues }, settings, null)).not.toEqual(plain)
})
