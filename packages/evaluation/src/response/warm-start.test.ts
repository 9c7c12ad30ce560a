import { createTeam } from '@vigil/actors'
import { loadDataset } from '@vigil/data'
import { createPortableEngine } from '@vigil/engine'
import { DEFAULT_RESPONSE, PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import { initialiseParameters, type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { BELIEF, tunedLadders, walkAll } from '@vigil/response'
import { expect, it } from 'vitest'
import { meanReturn, playSplit } from '../play-split.ts'
import { settingsWith } from '../settings.fixture.ts'
import { chooseStopLevel } from './stop-level.ts'
import { streamsOf } from './streams-of.ts'
import { warmStart } from './warm-start.ts'

const A = 4

/** A team for `quickest` that begins from the rule, twice, and what both of its trainings came to. */
async function warmed(seed: number) {
  const request = { dataset: 'quickest', path: null, features: 'posterior', split: 'described', splitSeed: 1 } as const
  const { dataset } = await loadDataset({ ...request, seed: 5, rows: 60_000 })
  const response = DEFAULT_RESPONSE
  const environment = {
    ...PLAIN_ENVIRONMENT,
    ...({ mode: 'stream', seed: 7, response, showsBelief: true } as const),
  }
  const network = { policyHidden: [16], valueHidden: [16], lstmHidden: [], layerNorm: false, constraintCount: 0 }
  const work = { shards: 1, lanesPerShard: 6, rolloutSteps: 50, actors: 1, sampling: 'natural' } as const
  const team = await createTeam({ environment, network, ...work }, dataset)
  const engine = await createPortableEngine({ spec: team.network, threads: 1 })
  const settings = {
    ...({
      seed,
      gamma: 1,
      minibatchSize: 256,
      episodes: 'stream',
      returnNormalisation: 'running',
      rolloutSteps: 50,
    } as const),
    ...({
      clipEpsilon: 0.2,
      maxGradNormPolicy: 0.5,
      maxGradNormValue: 0.5,
      stlMode: 'off',
      specifications: [],
    } as const),
  }
  const stages: string[] = []
  engine.loadParameters(initialiseParameters(team.network, 1))
  const valueLosses: number[] = []
  let afterCritics: Float32Array = new Float32Array()
  const watched = {
    ...engine,
    async update(...given: Parameters<typeof engine.update>) {
      const stats = await engine.update(...given)
      valueLosses.push(stats.valueLoss)
      afterCritics = await engine.storeParameters()
      return stats
    },
  }
  const state = await warmStart(settings, team, watched, (stage) => stages.push(stage))
  const movedByCritics = movedParts(team.network, initialiseParameters(team.network, 1), afterCritics)
  const optimiser = await engine.storeOptimiser()
  engine.loadParameters(initialiseParameters(team.network, 1))
  const again = await warmStart(settings, team, engine)
  engine.dispose()
  return { team, dataset, state, again, optimiser, valueLosses, movedByCritics, stages: [...new Set(stages)] }
}

const DECISIONS = { agents: A, faults: 1, rule: 'majority', fallbackAction: 1 } as const

it('makes a team that returns nearly what the rule does, with critics of the right units, the same every time', async () => {
  const { team, dataset, state, again, optimiser, valueLosses, movedByCritics, stages } = await warmed(3)
  expect(again).toEqual(state)
  expect(optimiser.step).toBe(0)
  expect(stages).toEqual([
    'tuning the rule to begin with',
    'learning what the rule returns',
    'learning what the rule does',
  ])

  const settings = { spec: DEFAULT_RESPONSE, seed: 7 }
  const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
  const ladders = [...tunedLadders(streamsOf(dataset, 'validation'), settings, BELIEF)]
  const best = ladders.reduce((a, b) => (b.validation > a.validation ? b : a))
  const test = streamsOf(dataset, 'test')
  const [rule, allow] = [best.policy, () => 0].map((policy) => meanOf(walkAll(test, settings, policy).returns))
  team.publish(state.parameters, 0)
  const judging = { ...settingsWith([]), ...DECISIONS, environment: team.environment, stlMode: 'off' }
  const { stopFactor } = await chooseStopLevel(team, judging)
  const returned = meanReturn(await playSplit(team, DECISIONS, 'test', { stopFactor }))
  expect(allow).toBeLessThan(rule - 4)
  expect(returned).toBeGreaterThan(rule - 0.15 * (rule - allow))

  // The rule's returns are those of its policy that tries things: below the rule's own, and above what allowing brings.
  const { mean, count } = state.normaliser
  expect(count).toBeGreaterThan(20_000)
  expect(mean).toBeLessThan(0)
  expect(mean).toBeGreaterThan(allow)

  // Critics learn first, and policies do not move meanwhile.
  const meanLoss = (losses: number[]) => losses.reduce((sum, loss) => sum + loss, 0) / losses.length
  expect(valueLosses).toHaveLength(600)
  expect(meanLoss(valueLosses.slice(-100))).toBeLessThan(meanLoss(valueLosses.slice(0, 10)))
  expect(movedByCritics.policy).toBe(0)
  expect(movedByCritics.value).toBeGreaterThan(0)
  await team.pool.close()
})

/** How many parameters of each trunk differ. */
function movedParts(network: NetworkSpec, before: Float32Array, after: Float32Array) {
  const { slices, parametersPerAgent } = parameterLayout(network)
  const moved = { policy: 0, value: 0 }
  for (const { name, offset, length } of slices)
    for (let i = 0; i < A * length; i++) {
      const at = Math.floor(i / length) * parametersPerAgent + offset + (i % length)
      if (before[at] !== after[at]) moved[name.startsWith('policy') ? 'policy' : 'value']++
    }
  return moved
}
