import { createTeam, type Team } from '@vigil/actors'
import { loadDataset } from '@vigil/data'
import { createPortableEngine, type Engine } from '@vigil/engine'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assemble } from './assemble.fixture.ts'
import type { PpoSettings } from './settings.ts'
import { TEAM } from './team.fixture.ts'
import { SETTINGS } from './train.fixture.ts'
import { type Iteration, train } from './train.ts'
import { initialState } from './training-state.ts'

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

let team: Team
let engine: Engine
beforeEach(async () => {
  team = await createTeam(TEAM, dataset)
  engine = await createPortableEngine({ spec: team.network, threads: 1 })
})
afterEach(async () => {
  engine.dispose()
  await team.pool.close()
})

function begin(settings: PpoSettings) {
  const from = initialState(settings, team, null)
  engine.loadParameters(from.parameters)
  return { from, iterations: train({ team, engine, settings }, from) }
}

/** The actors rest: while they collect, nobody may look at their lanes. */
const expectRest = () => expect(team.pool.saveShards().length).toBeGreaterThan(0)

describe('train', () => {
  it.each([0, 1] as const)(
    'learns from batches in the units of the critic that acted, staleness %i',
    async (staleness) => {
      const settings = { ...SETTINGS, staleness }
      const { from, iterations } = begin(settings)
      const normalisers = [from.normaliser]
      const seen: Iteration[] = []
      for await (const iteration of iterations) {
        const { trajectories, batch, state, policyVersion } = iteration
        const before = { acting: normalisers[policyVersion], latest: normalisers[state.iteration - 1] }
        const expected = assemble(trajectories, settings, before)
        expect(batch).toEqual(expected.batch)
        expect(state.normaliser).toEqual(expected.normaliser)
        normalisers.push(state.normaliser)
        seen.push(iteration)
      }
      expect(seen.map(({ policyVersion }) => policyVersion)).toEqual(staleness === 0 ? [0, 1, 2] : [0, 0, 1])
      for (const [i, { learningRate }] of seen.entries()) expect(learningRate).toBeCloseTo(1e-2 * (1 - i / 3), 12)
      expect(seen.every(({ updates }) => updates.length === 8)).toBe(true)
    },
  )

  it('leaves no actor at work when its consumer stops', async () => {
    const { iterations } = begin({ ...SETTINGS, staleness: 1 })
    for await (const { state } of iterations) {
      expect(state.iteration).toBe(1)
      break
    }
    expectRest()
  })

  it('leaves no actor at work when its consumer fails', async () => {
    const { iterations } = begin({ ...SETTINGS, staleness: 1 })
    const consume = async () => {
      for await (const { state } of iterations) throw new Error(`disk full at ${state.iteration}`)
    }
    await expect(consume()).rejects.toThrow('disk full at 1')
    expectRest()
  })
})
