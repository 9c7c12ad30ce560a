import { resolveLabConfig } from '@vigil/config'
import { createReturnNormaliser, experienceOf } from '@vigil/ppo'
import { expect, it } from 'vitest'
import { constrainedTrajectory, FIXTURE } from '../../../ppo/src/constraints/constraint.fixture.ts'
import { faultyExperienceOf } from './experience.ts'

const { stepCount: T, laneCount: E, agentCount: A, specificationCount: S } = FIXTURE
const truncated = Uint8Array.from({ length: T * E }, (_, i) => (i === 3 ? 1 : 0))
const trajectory = constrainedTrajectory(0, { truncated })
/** Deviation 2. */
const normaliser = { kind: 'running', count: 2, mean: 10, m2: 8 } as const

const learntFrom = (settings: Parameters<typeof resolveLabConfig>[0]) =>
  faultyExperienceOf(resolveLabConfig(settings, 'test'))(trajectory, normaliser)

it('is that of the product where no fault is switched on', () => {
  expect(learntFrom({ defects: ['joint-clip'] })).toMatchObject(experienceOf(trajectory, normaliser))
})

it('makes all agents pay for the least robust specification while one is violated (penalty)', () => {
  const { rewards } = learntFrom({ stlMode: 'penalty', penaltyCoef: 5 })
  let violations = 0
  for (let i = 0; i < rewards.length; i++) {
    const event = Math.floor(i / A)
    const least = Math.min(trajectory.robustness[event * S], trajectory.robustness[event * S + 1])
    if (least < 0) violations++
    expect(rewards[i]).toBeCloseTo(trajectory.rewards[i] - (least < 0 ? 5 * (1 - least) : 0), 4)
  }
  expect(violations).toBeGreaterThan(10)
})

it('takes what the critic says for reward units (value-units), and keeps what it means', () => {
  const { values, nextValues, judged } = learntFrom({ defects: ['value-units'] })
  for (let i = 0; i < values.length; i++) {
    expect(values[i]).toBe(trajectory.values[i * (1 + S)])
    expect(nextValues[i]).toBe(trajectory.nextValues[i * (1 + S)])
    expect(judged[i]).toBeCloseTo(10 + 2 * values[i], 4)
  }
  const unnormalised = faultyExperienceOf(resolveLabConfig({ defects: ['value-units'] }, 'test'))
  const same = unnormalised(trajectory, createReturnNormaliser('none'))
  expect(same.values).toEqual(same.judged)
})

it('ends returns where a time limit or the rollout cuts them (bootstrap false)', () => {
  const { terminated } = learntFrom({ bootstrap: false })
  const cuts = [...terminated.entries()].filter(([, flag]) => flag === 1).map(([event]) => event)
  expect(cuts).toEqual([3, ...Array.from({ length: E }, (_, lane) => (T - 1) * E + lane)])
})
