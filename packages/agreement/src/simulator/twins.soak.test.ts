import { expect, test } from 'vitest'
import { playAll } from './twins.fixture.ts'

test('every Twins scenario of four agents, 2 rounds of two sets that change inside a round: nothing is violated', () => {
  expect(playAll({ rounds: 2, setsMax: 2, divisions: 2 })).toBe(97_240)
})
