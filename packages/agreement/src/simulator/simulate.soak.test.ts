import { expect, test } from 'vitest'
import { commandOf, simulate } from './simulate.ts'

test('100,000 random runs with at most f faulty agents: nothing is violated', () => {
  const { totals, failure } = simulate({ seed: 1, runs: 100_000 })
  expect(failure === null ? null : `${commandOf(failure)} ${JSON.stringify(failure.outcome.violations)}`).toBeNull()
  expect(totals.runs).toBe(100_000)
})
