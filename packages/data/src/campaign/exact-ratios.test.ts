import { expect, it } from 'vitest'
import { GAP_ENDS, SIZE_ENDS } from '../synthetic/host-phases.ts'
import { campaignModel, ONSET } from './campaign-model.ts'
import { roleNames } from './campaign-phases.ts'
import { exactRatios } from './exact-ratios.ts'
import { generateCampaign } from './generate-campaign.ts'

const events = generateCampaign(5, 60_000)
const ratios = exactRatios(events)

/** [N] the belief that the ratios make, process by process. */
function beliefs(): Float64Array {
  const belief = new Float64Array(events.rowCount)
  for (let row = 0; row < events.rowCount; row++) {
    const before = events.previous[row] < 0 ? 0 : belief[events.previous[row]]
    const prior = before + (1 - before) * ONSET
    belief[row] = (prior * ratios[row]) / (prior * ratios[row] + 1 - prior)
  }
  return belief
}

it('make the probability of an attack, summed over all ways that a process can take', () => {
  const belief = beliefs()
  const classOf = (ends: readonly number[], value: number) => ends.filter((end, i) => i > 0 && value >= end).length
  let checked = 0
  for (let row = 0; checked < 12; row++) {
    const path = [row]
    for (let past = events.previous[row]; past >= 0; past = events.previous[past]) path.unshift(past)
    if (path.length !== 3) continue
    checked++
    const { initial, transition, emissions, symbolCounts, threat } = campaignModel(roleNames[events.roles[row]])
    const count = initial.length
    const shown = path.map((at) => [
      events.activity[at],
      classOf(SIZE_ENDS, events.size[at]),
      classOf(GAP_ENDS, events.gapMs[at]),
    ])
    const seen = (state: number, t: number) =>
      shown[t].reduce((product, symbol, m) => product * emissions[m][state * symbolCounts[m] + symbol], 1)
    let [all, attacked] = [0, 0]
    for (let a = 0; a < count; a++)
      for (let b = 0; b < count; b++)
        for (let c = 0; c < count; c++) {
          const way = initial[a] * seen(a, 0) * transition[a * count + b] * seen(b, 1)
          const probability = way * transition[b * count + c] * seen(c, 2)
          all += probability
          if ([a, b, c].some((state) => threat[state] === 1)) attacked += probability
        }
    expect(belief[row] / (attacked / all)).toBeCloseTo(1, 4)
  }
})

it('make a belief that is as often right as it says', () => {
  const belief = beliefs()
  const isAttacked = new Uint8Array(events.rowCount)
  const bins = Array.from({ length: 5 }, () => ({ count: 0, expected: 0, attacked: 0 }))
  for (let row = 0; row < events.rowCount; row++) {
    const before = events.previous[row]
    isAttacked[row] = events.classes[row] > 0 || (before >= 0 && isAttacked[before] === 1) ? 1 : 0
    const bin = bins[Math.min(4, Math.floor(belief[row] * 5))]
    bin.count++
    bin.expected += belief[row]
    bin.attacked += isAttacked[row]
  }
  // Events of a process are alike: a bin of n events says as much as n / 30 of processes of their own.
  for (const { count, expected, attacked } of bins) {
    const share = expected / count
    expect(Math.abs(attacked / count - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share) * 30) / count))
  }
  expect(bins[4].count).toBeGreaterThan(500)
})
