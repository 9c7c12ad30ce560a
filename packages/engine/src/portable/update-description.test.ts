import { compilePolicy, instantiatePolicy, UPDATE } from '@vigil/policy-wasm'
import { expect, it } from 'vitest'
import type { LearningBatch } from '../engine.ts'
import { SETTINGS, SMALL_TEAM } from '../team.fixture.ts'
import { createLearningMemory, createSharedMemory } from './learning-memory.ts'
import { describePpoUpdate } from './update-description.ts'

const EVENTS = 12
const DECISIONS = SMALL_TEAM.agentCount * EVENTS
const BATCH: LearningBatch = {
  eventCount: EVENTS,
  dense: new Float32Array(EVENTS * SMALL_TEAM.denseSize),
  categorical: new Uint16Array(EVENTS * SMALL_TEAM.vocabularySizes.length),
  actions: new Uint8Array(DECISIONS),
  oldLogProbs: new Float32Array(DECISIONS),
  advantages: new Float32Array(DECISIONS),
  valueTargets: new Float32Array(DECISIONS),
  weights: null,
  costTargets: null,
  direct: null,
  recurrence: null,
}
/** 3 numbers and 3 categories of each event; an action and 3 numbers of each agent. */
const BATCH_BYTES = EVENTS * (3 * 4 + 3 * 2) + DECISIONS * (1 + 3 * 4)

it.each([
  ['as a whole', BATCH_BYTES, EVENTS],
  ['minibatch by minibatch where it has more bytes than the limit', BATCH_BYTES - 1, 2],
])('a batch is copied %s', async (_, storedBytesMax, storedCount) => {
  const memory = createSharedMemory()
  const { layOutWorkspace } = instantiatePolicy(await compilePolicy(), memory)
  const options = { spec: SMALL_TEAM, memory, layOutWorkspace, threads: 1, stepCount: 1, inputMask: null }
  const learning = createLearningMemory({ ...options, storedBytesMax })
  const minibatch = { batch: BATCH, lanes: Uint32Array.of(7, 3) }
  describePpoUpdate({ spec: SMALL_TEAM, learning, minibatch, settings: SETTINGS, step: 1 })
  const field = (name: 'storedCount' | 'storedRows' | 'rowCount') =>
    new DataView(memory.buffer).getUint32(learning.update + UPDATE.offsets[name], true)
  expect([field('storedCount'), field('rowCount')]).toEqual([storedCount, 2])
  if (storedCount === 2) expect(field('storedRows')).toBe(0)
  else expect(new Uint32Array(memory.buffer, field('storedRows'), 2)).toEqual(minibatch.lanes)
})
