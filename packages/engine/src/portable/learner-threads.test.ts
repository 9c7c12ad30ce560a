import { compilePolicy, instantiatePolicy, type NetworkSpec } from '@vigil/policy-wasm'
import { expect, it } from 'vitest'
import { randomMinibatch, randomParameters, SETTINGS, SMALL_TEAM } from '../team.fixture.ts'
import { startThreads } from './learner-threads.ts'
import { createLearningMemory, createSharedMemory, type LearningMemory } from './learning-memory.ts'
import { describePpoUpdate } from './update-description.ts'

const SPEC: NetworkSpec = {
  ...SMALL_TEAM,
  policyHidden: [64, 64],
  valueHidden: [32, 32],
  layerNorm: false,
  lstmHidden: [],
}
const THREADS = 3
const UPDATES_MAX = 2000

/** The first numbers of a workspace's events, which a thread writes before anything else; their address comes first. */
function eventsOf(learning: LearningMemory, workspace: number): Int32Array {
  const [at] = new Uint32Array(learning.memory.buffer, workspace, 1)
  return new Int32Array(learning.memory.buffer, at, 4)
}

it('shares out the items between all threads, and the results do not depend on who took which', async () => {
  const module = await compilePolicy()
  const [many, one] = [THREADS, 1].map((threads) => {
    const memory = createSharedMemory()
    const policy = instantiatePolicy(module, memory)
    const { layOutWorkspace } = policy
    const learning = createLearningMemory({
      spec: SPEC,
      memory,
      layOutWorkspace,
      threads,
      stepCount: 1,
      inputMask: null,
    })
    learning.writeTeam(learning.parameters, randomParameters(SPEC, 1))
    return { learning, threads: startThreads(learning, module, policy) }
  })
  const { workspaces } = many.learning
  for (const workspace of workspaces) eventsOf(many.learning, workspace).fill(-1)
  const haveWorked = () => workspaces.every((workspace) => eventsOf(many.learning, workspace)[0] !== -1)
  let step = 0
  while (!haveWorked() && step < UPDATES_MAX) {
    const minibatch = randomMinibatch(SPEC, 400, step++)
    for (const { learning, threads } of [many, one]) {
      describePpoUpdate({ spec: SPEC, learning, minibatch, settings: SETTINGS, step })
      await threads.run()
    }
  }
  expect(haveWorked()).toBe(true)
  expect(many.learning.readTeam(many.learning.parameters)).toEqual(one.learning.readTeam(one.learning.parameters))
  for (const { threads } of [many, one]) threads.close()
})
