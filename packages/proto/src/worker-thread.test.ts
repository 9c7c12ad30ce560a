import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { decodeTrajectory } from './index.ts'
import { exampleTrajectory, expectationOf } from './messages.arbitrary.ts'

// The worker loads the package as Node does it in production: generated code and TypeScript without a build step.
const workerSource = `
  const { parentPort, workerData } = require('node:worker_threads')
  import(workerData.index).then(({ encodeTrajectory }) => {
    const bytes = encodeTrajectory(workerData.trajectory)
    parentPort.postMessage(bytes, [bytes.buffer])
  })`

test('a trajectory encoded in a worker thread and moved here decodes to the same', async () => {
  const trajectory = exampleTrajectory()
  const index = new URL('./index.ts', import.meta.url).href
  const worker = new Worker(workerSource, { eval: true, workerData: { index, trajectory } })
  const [bytes] = await once(worker, 'message')
  await worker.terminate()
  expect(decodeTrajectory(bytes, expectationOf(trajectory))).toEqual(trajectory)
})
