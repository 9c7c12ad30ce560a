import { expect, it } from 'vitest'
import { lanesOf } from './trainings.ts'

it.each([
  [5, 2, 8, 2, 4],
  [2, 8, 8, 2, 4],
  [1, 8, 8, 1, null],
  [8, 8, 2, 8, 1],
  [0, 4, 8, 0, null],
])('%i trainings, %i at a time on %i cores: %i lanes of %j threads', (trainings, parallel, cores, lanes, threads) => {
  expect(lanesOf(trainings, parallel, cores)).toEqual({ lanes, threads })
})
