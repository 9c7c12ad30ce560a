import { afterEach, describe, expect, it } from 'vitest'
import { startThreadPool } from './thread-pool.ts'

describe('startThreadPool', () => {
  const pools: ReturnType<typeof startThreadPool>[] = []
  const start = (threads: number) => {
    const pool = startThreadPool(new URL('./echo-worker.fixture.ts', import.meta.url), threads, { shared: 7 })
    pools.push(pool)
    return pool
  }
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.destroy()))
  })

  it('gives every thread its data, and imports the file: a thread that requires it can abort the process', async () => {
    const pool = start(2)
    const tasks = await Promise.all([1, 2, 3].map((task) => pool.run(task)))
    expect(tasks).toEqual([1, 2, 3].map((task) => ({ task, workerData: { shared: 7 }, requiresModules: false })))
    expect(pool.threads).toHaveLength(2)
  })

  it('ends while its threads still load', async () => {
    for (let round = 0; round < 5; round++) await start(4).destroy()
  })
})
