import { contextSize, DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createActorPool } from './actor-pool.ts'
import type { ActorSettings } from './memory-layout.ts'
import type { ActorPool } from './pool.ts'
import { loudPolicy, smallRun } from './small-run.fixture.ts'

/** A run whose validation streams are its training streams, so that both can be compared. */
function twiceTheSame(): ActorSettings {
  const run = smallRun('stream')
  const environment = {
    ...run.environment,
    response: { ...DEFAULT_RESPONSE, analystDelay: 10_000 },
    showsBelief: false,
  }
  const { train, test } = run.dataset.splits
  return {
    ...run,
    environment,
    dataset: { ...run.dataset, splits: { train, validation: train, test } },
    network: { ...run.network, denseSize: run.dataset.denseNames.length + contextSize(environment) },
    walksTraining: true,
  }
}

const run = twiceTheSame()
const { train } = run.dataset.splits
const A = run.network.agentCount

let pool: ActorPool
beforeAll(async () => {
  pool = await createActorPool(run, 2)
  pool.publish(loudPolicy(run, 3).snapshot)
})
afterAll(async () => await pool.close())

it('shows every training event as it comes where all are let through, with what each agent would do', async () => {
  const { context, probabilities } = await pool.viewTraining()
  const allowing = await pool.evaluate('validation', { votes: new Uint8Array(A) })
  for (const [entry, score] of allowing.scores.entries()) {
    const [allow, block, quarantine, alert] = probabilities.subarray(4 * entry, 4 * entry + 4)
    expect(Math.min(1, Math.fround(block + quarantine))).toBe(score)
    expect(allow + block + quarantine + alert).toBeCloseTo(1, 5)
  }
  expect(new Set(allowing.actions)).toEqual(new Set([0]))
  const K = contextSize(run.environment)
  for (let stream = 0; stream + 1 < train.streamStarts.length; stream++) {
    for (let at = train.streamStarts[stream]; at < train.streamStarts[stream + 1]; at++) {
      const [ticket, left, age, sinceClear] = context.subarray(K * at, K * at + 4)
      expect([ticket, left, sinceClear]).toEqual([0, 0, 0])
      expect(age).toBeCloseTo(Math.log1p(at - train.streamStarts[stream]) / 6, 6)
    }
  }
})

it('leaves evaluations as they are', async () => {
  const before = await pool.evaluate('test')
  await pool.viewTraining()
  expect(await pool.evaluate('test')).toEqual(before)
})
