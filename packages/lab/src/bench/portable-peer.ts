/** The portable engine without V8's revectoriser as a peer (./peer.ts): its lines come and go by stdin and stdout. */
import { createInterface } from 'node:readline'
import { markGarbageAtOnce } from '@vigil/learner'
import { switchRevectoriserOn, vectorsInWords } from '@vigil/policy-wasm'
import { measureTraining } from './measure-training.ts'
import type { PeerWork } from './peer.ts'
import { WORKLOADS } from './workload.ts'

process.env.VIGIL_REVECTORISE = 'off'
markGarbageAtOnce()

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (answer: object) => process.stdout.write(`${JSON.stringify(answer)}\n`)
/** The next question; the process ends with its input. */
const question = async () => {
  const { value, done } = await lines.next()
  if (done) process.exit(0)
  return value
}

const { threads, valueHidden } = JSON.parse(await question()) as PeerWork
say({ name: 'portable', modes: [vectorsInWords(await switchRevectoriserOn())] })
await question()
const workload = valueHidden === null ? WORKLOADS.dense : WORKLOADS.critic
await measureTraining(workload, {
  rounds: Number.POSITIVE_INFINITY,
  change: { engine: 'portable', actors: threads, engineThreads: Math.min(threads, 8) },
  async betweenRounds(stepsPerSecond) {
    say({ units: stepsPerSecond, ms: 1000 })
    await question()
  },
})
