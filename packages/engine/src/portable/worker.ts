/** A worker thread of the portable engine: it keeps nothing but its module over the engine's memory. */
import { instantiatePolicy } from '@vigil/policy-wasm'
import { workerData } from 'piscina'
import type { LearnerSetup, LearnTask } from './learner-threads.ts'

const { memory, module } = workerData as LearnerSetup
const policy = instantiatePolicy(module, memory)

/** Works on the update until no item is left. */
export default function work({ update, workspace }: LearnTask): void {
  policy.learn(update, workspace)
}
