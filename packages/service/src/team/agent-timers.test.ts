import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAgentTimers } from './agent-timers.ts'

/** Keeps the thread, as a write does that waits for the disk. */
function keepThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Two ends of a connection, in a turn in which Node looks for what comes. */
async function connection(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const far = createConnection((server.address() as { port: number }).port, '127.0.0.1')
  const [near] = (await once(server, 'connection')) as [Socket]
  onTestFinished(() => {
    far.destroy()
    near.destroy()
    server.close()
  })
  far.write('ready')
  await once(near, 'data')
  return [near, far]
}

describe('a timer', () => {
  it('is behind what had come when the thread was kept until it was due', async () => {
    const [near, far] = await connection()
    const did: string[] = []
    const timers = createAgentTimers()
    const due = new Promise<void>((resolve) =>
      timers.after(2, () => {
        did.push('timer')
        resolve()
      }),
    )
    const heard = once(near, 'data').then(() => did.push('frame'))
    far.write('frame')
    keepThread(20)
    await Promise.all([due, heard])
    expect(did).toEqual(['frame', 'timer'])
  })

  it('does nothing once it was closed: as it waits, as it is due, or as it would begin', async () => {
    const did: string[] = []
    const timers = createAgentTimers()
    timers.after(1, () => {
      did.push('first')
      timers.close()
    })
    timers.after(1, () => did.push('due as well'))
    timers.after(10, () => did.push('waits'))
    keepThread(5)
    await new Promise((resolve) => setTimeout(resolve, 30))
    timers.after(0, () => did.push('begins'))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(did).toEqual(['first'])
  })
})
