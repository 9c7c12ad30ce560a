import { createTeam } from '@vigil/actors'
import { loadDataset } from '@vigil/data'
import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { initialiseParameters } from '@vigil/policy-wasm'
import { expect, it } from 'vitest'
import { meanReturn, playSplit } from '../play-split.ts'
import { settingsWith } from '../settings.fixture.ts'
import { specificationScores } from '../specification-scores.ts'
import { chooseStopLevel } from './stop-level.ts'
import { watchedDecisions } from './watched-decisions.ts'

/** A team of random weights, whose quarantines and alerts follow the factor alone, under one specification. */
async function randomTeam(formula: string) {
  const request = { dataset: 'quickest', path: null, features: 'posterior', split: 'described', splitSeed: 1 } as const
  const { dataset } = await loadDataset({ ...request, seed: 5, rows: 6000 })
  const given = settingsWith([{ name: 'rule', formula, target: 0.9 }])
  const environment = {
    ...given.environment,
    ...({ mode: 'stream', response: DEFAULT_RESPONSE, showsBelief: true } as const),
  }
  const network = { policyHidden: [8], valueHidden: null, lstmHidden: [], layerNorm: false, constraintCount: 0 }
  const work = { shards: 1, lanesPerShard: 4, rolloutSteps: 50, actors: 1, sampling: 'natural' } as const
  const team = await createTeam({ environment, network, ...work }, dataset)
  team.publish(initialiseParameters(team.network, 3), 0)
  return { team, settings: { ...given, environment } }
}

it.each(['G (fp_rate[50] <= 0.1)', 'G (fp_rate[50] >= 0.9)'])(
  'the stop level is that of the highest return, or where training strives for %s the one nearest to it',
  async (formula) => {
    const { team, settings } = await randomTeam(formula)
    try {
      const free = await chooseStopLevel(team, { ...settings, stlMode: 'off' })
      const bound = await chooseStopLevel(team, { ...settings, stlMode: 'lagrangian' })
      const returns = free.stopLevels.map(({ returnMean }) => returnMean)
      expect(returns[free.stopLevels.findIndex(({ factor }) => factor === free.stopFactor)]).toBe(Math.max(...returns))
      const satisfied = new Map<number, number>()
      for (const { factor, returnMean } of bound.stopLevels) {
        const played = await playSplit(team, settings, 'validation', { stopFactor: factor })
        expect(meanReturn(played)).toBe(returnMean)
        const watched = watchedDecisions(team, settings, { split: 'validation', played })
        satisfied.set(factor, specificationScores(settings, watched)[0].satisfiedRate)
      }
      const wanted = Math.min(0.9, Math.max(...satisfied.values()))
      expect(satisfied.get(bound.stopFactor)).toBeGreaterThanOrEqual(wanted)
      for (const { factor, returnMean } of bound.stopLevels)
        if (satisfied.get(factor)! >= wanted) {
          const chosen = bound.stopLevels.find((level) => level.factor === bound.stopFactor)!
          expect(returnMean).toBeLessThanOrEqual(chosen.returnMean)
        }
      // Random weights return most where they quarantine everything, which the first rule forbids.
      const isFree = satisfied.get(free.stopFactor)! >= wanted
      expect(isFree).toBe(bound.stopFactor === free.stopFactor)
      expect(isFree).toBe(formula.includes('>='))
    } finally {
      await team.pool.close()
    }
  },
)

it('a limit on false containments goes before the return, and takes the level that comes nearest where none keeps it', async () => {
  const { team, settings } = await randomTeam('G (fp_rate[50] <= 0.1)')
  try {
    const choose = (max: number | null) =>
      chooseStopLevel(team, { ...settings, stlMode: 'off' }, { maxFalseContainmentRate: max })
    const free = await choose(null)
    const counts = free.stopLevels.map(({ benignContained }) => benignContained)
    const [fewest, most] = [Math.min(...counts), Math.max(...counts)]
    expect(fewest).toBeLessThan(most)
    // Random weights return most where they quarantine everything.
    expect(free.stopLevels.find(({ factor }) => factor === free.stopFactor)!.benignContained).toBe(most)
    // Threats of the game come late: what contains everything contains streams before their threat.
    expect(free.stopLevels.some((own) => own.falselyContained > own.benignContained)).toBe(true)
    for (const max of [0.001, 0.5, 0.9]) {
      const { stopLevels, stopFactor, containmentLimit } = await choose(max)
      for (const { factor } of stopLevels) expect(Math.abs(Math.log(factor))).toBeLessThanOrEqual(3)
      const allowed = Math.max(containmentLimit!.allowed, fewest)
      const chosen = stopLevels.find(({ factor }) => factor === stopFactor)!
      expect(chosen.benignContained).toBeLessThanOrEqual(allowed)
      expect(most).toBeLessThanOrEqual(containmentLimit!.benign)
      for (const { benignContained, returnMean } of stopLevels)
        if (benignContained <= allowed) expect(returnMean).toBeLessThanOrEqual(chosen.returnMean)
      // The step of a half is halved four times around the best.
      const distances = stopLevels.map(({ factor }) => Math.abs(Math.log(factor / stopFactor)))
      expect(Math.min(...distances.filter((distance) => distance > 0))).toBeCloseTo(1 / 32, 9)
    }
    expect(free.stopLevels).toHaveLength(13)
  } finally {
    await team.pool.close()
  }
})
