import { formatTick } from '@vigil/report'
import type { IterationMetrics } from '@vigil/runs'
import { expect, it } from 'vitest'
import { recordedOf } from './recorded.ts'
import { type CurveGroup, sharedAxes, smallMultiples } from './small-multiples.ts'

/** A group whose rewards are these, at iterations 1, 2, ... */
function group(preset: string, rewards: readonly number[]): CurveGroup {
  const lines = rewards.map((rewardMean, i) => ({
    ...{ iteration: i + 1, rewardMean, criticLoss: 10, valueLoss: 1, explainableVarianceCeiling: 0.1, entropy: 1 },
    ...{ actions: { allow: 1, block: 1, quarantine: 0, alert: 0 }, validation: null },
  }))
  return { name: preset, id: 'x', seeds: [lines as unknown as IterationMetrics[]], recorded: recordedOf(preset) }
}

it.each([
  [[-7.9, 0.4], [-10, 5], 5],
  [[-40, 12], [-40, 20], 20],
  [[-2600, 300], [-3000, 1000], 1000],
  [[0.02, 0.03], [0.02, 0.03], 0.005],
  [[2, 2], [2, 2.5], 0.5],
  [[], [-1, 1], 1],
])('rewards %j have the axis %j in steps of %d', (rewards, range, step) => {
  const axes = sharedAxes([group('default', rewards)])
  expect(axes).toMatchObject({ reward: range, rewardStep: step })
  const drawing = smallMultiples(group('default', rewards), axes)[2].chart.drawing.markup
  const labels = [...drawing.matchAll(/text-anchor="end"[^>]*>([^<]*)</g)].map((match) => match[1])
  const tickCount = Math.round((range[1] - range[0]) / step) + 1
  expect(labels).toEqual(Array.from({ length: tickCount }, (_, i) => formatTick(range[0] + i * step)))
})

it('draws what the record says where it can be compared, and no F1 that depends on the share of threats', () => {
  const levels = (preset: string, index: number) => {
    const one = group(preset, [0, 1])
    return smallMultiples(one, sharedAxes([one]))[index].chart.drawing.markup.split('fill="none"').length - 1
  }
  // A line for each curve, and one for each level.
  expect(levels('eight-fixes', 1)).toBe(2)
  expect(levels('eight-fixes', 4)).toBe(2)
  expect(levels('original', 4)).toBe(1)
})
