import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import type { Work } from './dense-work.fixture.ts'

it('dense time does work in proportion to the changes, whatever the windows', async () => {
  // Windows hold 40 % and 80 % of the changes: work for each change in each window would be 16 times as much.
  const tasks = [500, 2000].flatMap((length): Work[] =>
    [`F[0,${length / 10}] G[0,${length / 20}] x`, `x U[5,${length / 20}] x > 0.9`, `x S[5,${length / 20}] x > 0.9`].map(
      (text) => ({ text, length }),
    ),
  )
  const thread = new Worker(new URL('./dense-work.fixture.ts', import.meta.url), { workerData: tasks })
  const [counts] = (await once(thread, 'message')) as [number[]]
  for (const [i, little] of counts.slice(0, 3).entries()) {
    expect(little).toBeGreaterThan(500)
    expect(counts[i + 3] / little, tasks[i].text).toBeLessThan(4.5)
  }
})
