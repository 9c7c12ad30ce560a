import { expect, it } from 'vitest'
import { alertPrice } from './alert-price.ts'
import { mixAdvantages } from './mix-advantages.ts'

const [ALLOW, BLOCK, ALERT] = [0, 1, 3]

it('an alert that costs so much more in reward is as good as one under the multiplier', () => {
  // Alerts always cost 1.5 and all else -0.5: then the price is exact, and not only a mean.
  const actions = Uint8Array.of(ALLOW, ALERT, BLOCK, ALLOW)
  const costAdvantages = Float32Array.from(actions, (action) => (action === ALERT ? 1.5 : -0.5))
  const [multiplier, deviation] = [0.4, 3]
  const price = alertPrice({ costAdvantages, actions, multiplier, deviation })!
  expect(price).toBeCloseTo(0.4 * 3 * 2, 6)
  const rewards = Float32Array.of(1, 5, -4, 0.5)
  const mixed = rewards.map((reward) => reward / deviation)
  mixAdvantages({ advantages: mixed, costAdvantages: [costAdvantages], multipliers: [multiplier] })
  const charged = rewards.map((reward, i) => (actions[i] === ALERT ? reward - price : reward))
  // The same order and the same distances, but for the unit and a constant.
  const [unit, first] = [(1 + multiplier) * deviation, charged[0]]
  for (const [i, reward] of charged.entries()) expect((mixed[i] - mixed[0]) * unit).toBeCloseTo(reward - first, 5)
})

it('nobody knows a price where alerts are not tried, or nothing else is', () => {
  const costs = { costAdvantages: Float32Array.of(1, -1), multiplier: 1, deviation: 1 }
  expect(alertPrice({ ...costs, actions: Uint8Array.of(ALLOW, BLOCK) })).toBeNull()
  expect(alertPrice({ ...costs, actions: Uint8Array.of(ALERT, ALERT) })).toBeNull()
  expect(alertPrice({ ...costs, actions: Uint8Array.of(ALERT, BLOCK) })).toBe(2)
})
