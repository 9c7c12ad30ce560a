import { createTeam, type Team } from '@vigil/actors'
import { loadDataset } from '@vigil/data'
import { PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCollection, policyOf } from './collection.ts'
import { createReturnNormaliser } from './return-normaliser.ts'
import { TEAM } from './team.fixture.ts'
import { initialState, type TrainingState } from './training-state.ts'

const { dataset } = await loadDataset({
  ...{
    dataset: 'synthetic',
    path: null,
    features: 'behaviour',
    split: 'stratified',
    splitSeed: 42,
    seed: 1,
    rows: 2000,
  },
})
const settings = {
  seed: 1,
  returnNormalisation: 'running',
  stlMode: 'off',
  specifications: [],
  environment: PLAIN_ENVIRONMENT,
} as const

let teams: Team[]
beforeEach(() => {
  teams = []
})
afterEach(async () => {
  for (const { pool } of teams) await pool.close()
})

async function newTeam(): Promise<Team> {
  const team = await createTeam({ ...TEAM, environment: { ...TEAM.environment, mode: 'stream' } }, dataset)
  teams.push(team)
  return team
}

const collectionOf = (staleness: 0 | 1, team: Team) => createCollection({ staleness, iterations: 3 }, team)

/** Weights that an update might have left, clearly others than those before. */
function louder(state: TrainingState, factor: number): TrainingState {
  const parameters = state.parameters.map((w) => (Math.abs(w) < 0.02 ? factor * w : w))
  const normaliser = {
    ...createReturnNormaliser('running'),
    count: 2,
    mean: factor,
    m2: 8,
  } as TrainingState['normaliser']
  return { ...state, iteration: state.iteration + 1, parameters, normaliser }
}

/** What the actors give when each policy in turn acts while nothing else happens. */
async function oneAfterTheOther(states: readonly TrainingState[]) {
  const team = await newTeam()
  const batches = []
  for (const { parameters, iteration } of states) {
    team.publish(parameters, iteration)
    batches.push(await team.pool.collect())
  }
  return batches
}

describe('staleness 1', () => {
  it('collects with the weights of before the update, during the update, and not beyond the last iteration', async () => {
    const team = await newTeam()
    const zero = initialState(settings, team, null)
    const one = { ...louder(zero, 30), acting: policyOf(zero) }
    const two = { ...louder(one, 3), acting: policyOf(one) }
    const expected = await oneAfterTheOther([zero, zero, one])
    await using collection = collectionOf(1, team)
    for (const [i, state] of [zero, one, two].entries()) {
      const { trajectories, policy, lanes } = await collection.next(state)
      expect(trajectories).toEqual(expected[i])
      expect(policy).toEqual(policyOf(i < 2 ? zero : one))
      expect(lanes.length).toBeGreaterThan(0)
      // The learner has its batch, and the actors are at work again: nobody may look at their lanes now.
      if (i < 2) expect(() => team.pool.saveShards()).toThrow(/collection under way/)
      else expect(team.pool.saveShards()).toEqual(lanes)
    }
    expect(expected[2][0].actions).not.toEqual((await oneAfterTheOther([zero, zero, zero]))[2][0].actions)
  })

  it('collects the batch under way again after a resume', async () => {
    const team = await newTeam()
    const zero = initialState(settings, team, null)
    await using collection = collectionOf(1, team)
    const { lanes } = await collection.next(zero)
    const one: TrainingState = { ...louder(zero, 30), acting: policyOf(zero), lanes }
    // The actors work for the second iteration all this while; what they do is lost with the process.
    const resumed = await newTeam()
    resumed.pool.restoreShards(lanes)
    await using again = collectionOf(1, resumed)
    expect(await again.next(one)).toEqual(await collection.next(one))
  })

  it('tells of a failure when the batch is asked for, and lets the actors rest in the end', async () => {
    const team = await newTeam()
    const zero = initialState(settings, team, null)
    const diverged = { ...zero, iteration: 1, parameters: zero.parameters.map(() => 3e38), acting: policyOf(zero) }
    {
      await using collection = collectionOf(1, team)
      await collection.next(zero)
      await collection.next(diverged)
      await new Promise((resolve) => setImmediate(resolve))
      await expect(collection.next({ ...zero, iteration: 2 })).rejects.toMatchObject({ code: 'NON_FINITE_POLICY' })
    }
    {
      await using collection = collectionOf(1, team)
      await collection.next(zero)
      expect(() => team.pool.saveShards()).toThrow(/collection under way/)
    }
    expect(team.pool.saveShards().length).toBe(zero.lanes.length)
  })
})

describe('staleness 0', () => {
  it('collects with the newest weights, and lets the actors rest during the update', async () => {
    const team = await newTeam()
    const zero = initialState(settings, team, null)
    const one = louder(zero, 30)
    const expected = await oneAfterTheOther([zero, one])
    await using collection = collectionOf(0, team)
    for (const [i, state] of [zero, one].entries()) {
      const { trajectories, policy, lanes } = await collection.next(state)
      expect(trajectories).toEqual(expected[i])
      expect(policy).toEqual(policyOf(state))
      expect(team.pool.saveShards()).toEqual(lanes)
    }
  })
})
