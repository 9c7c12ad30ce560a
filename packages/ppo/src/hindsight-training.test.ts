import { createTeam } from '@vigil/actors'
import { loadDataset } from '@vigil/data'
import { createPortableEngine, type Engine, type LearningBatch } from '@vigil/engine'
import { DEFAULT_RESPONSE, PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import { expect, it } from 'vitest'
import { experienceOf } from './experience.ts'
import type { PpoSettings } from './settings.ts'
import { TEAM } from './team.fixture.ts'
import { SETTINGS } from './train.fixture.ts'
import { train } from './train.ts'
import { initialState } from './training-state.ts'

const { dataset } = await loadDataset({
  ...{ dataset: 'quickest', path: null, features: 'posterior', split: 'described', splitSeed: 42, seed: 1, rows: 6000 },
})
const response = { ...DEFAULT_RESPONSE, analystDelay: 10_000 }

const BLOCK = 1
const LONGER = { ...TEAM, rolloutSteps: 128 }
const EVENTS_OF_SHARD = LONGER.lanesPerShard * LONGER.rolloutSteps

/** By label, as docs/respond.md has the table: what is paid at once for an event that is let through, and for one that is blocked. */
const ALLOWED = [response.allowedBenign, -response.damage - response.dwell]
const BLOCKED = [-response.blockedBenign, -response.dwell]

/** What an engine is given in one iteration, and what it was made of. */
async function learnOnce() {
  const environment = { ...PLAIN_ENVIRONMENT, mode: 'stream', response } as const
  const team = await createTeam({ ...LONGER, environment }, dataset)
  const engine = await createPortableEngine({ spec: team.network, threads: 1 })
  try {
    const batches: LearningBatch[] = []
    const listening: Engine = {
      ...engine,
      update(selection, settings) {
        if ('batch' in selection) batches.push(selection.batch)
        return engine.update(selection, settings)
      },
    }
    // Nothing that follows an event counts, and no critic takes anything off: an advantage is what the event itself pays.
    const settings: PpoSettings = {
      ...{ ...SETTINGS, environment: team.environment, credit: 'hindsight', gamma: 0, epochs: 1, iterations: 1 },
    }
    const uncriticised: typeof experienceOf = (trajectory, normaliser) => {
      const zeros = new Float32Array(trajectory.rewards.length)
      return { ...experienceOf(trajectory, normaliser), values: zeros, nextValues: zeros }
    }
    const from = initialState(settings, team, null)
    engine.loadParameters(from.parameters)
    const training = train({ team, engine: listening, settings, experienceOf: uncriticised }, from)
    const { value } = await training.next()
    await training.return()
    return { batch: value!.batch, learning: batches[0], agentCount: team.network.agentCount }
  } finally {
    engine.dispose()
    await team.pool.close()
  }
}

it('with hindsight every step is learnt from as if nothing had been blocked, and what block brings is added exactly', async () => {
  const { batch, learning, agentCount } = await learnOnce()
  const { rows, actions, rewards } = batch
  const events = [...rows].map((row, event) => {
    // The agent that played the lane learns from its step as it is.
    const lane = LONGER.lanesPerShard * Math.floor(event / EVENTS_OF_SHARD) + (event % LONGER.lanesPerShard)
    const at = event * agentCount + (lane % agentCount)
    const [label, action] = [dataset.labels[row], actions[at]]
    const paid = action <= BLOCK ? ALLOWED[label] : rewards[at]
    return { at, label, action, paid }
  })
  for (const action of [0, BLOCK])
    for (const label of [0, 1])
      expect(events.filter((event) => event.action === action && event.label === label).length).toBeGreaterThan(0)

  const mean = events.reduce((sum, { paid }) => sum + paid, 0) / events.length
  const deviation = Math.sqrt(events.reduce((sum, { paid }) => sum + (paid - mean) ** 2, 0) / events.length)
  const errors = events.flatMap(({ at, label, action, paid }) => {
    const learnt = mean + deviation * learning.advantages[at]
    const [allow, block, ...others] = [0, 1, 2, 3].map((own) => deviation * learning.direct![4 * at + own])
    // Where it blocked, both together are what the step paid.
    const together = action === BLOCK ? learnt + block - rewards[at] : 0
    return [learnt - paid, block - (BLOCKED[label] - ALLOWED[label]), allow, ...others, together].map(Math.abs)
  })
  expect(Math.max(...errors)).toBeLessThan(1e-4)
})
