import type { Trajectory } from '@vigil/proto'
import { expect, it } from 'vitest'
import { pilotRatios } from './pilots.ts'

it('weighs each step by how likely the agent was to do as the pilot of the lane, at most twice', () => {
  const probabilities = [0.2, 0.1, 0.5, 0.9, 0.4, 0.4]
  const trajectory = {
    shard: 1,
    stepCount: 1,
    laneCount: 3,
    agentCount: 2,
    logProbs: Float32Array.from(probabilities, Math.log),
  }
  // Lanes 3, 4 and 5 of the run: pilots 1, 0 and 1.
  const ratios = [...pilotRatios([trajectory as unknown as Trajectory])]
  const expected = [2, 1, 1, 1.8, 1, 1]
  expect(ratios.map((ratio) => Math.round(ratio * 1e5) / 1e5)).toEqual(expected)
})
