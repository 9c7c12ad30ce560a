/** How processes that are measured reach the broker: as this one does, or over a line. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { hostsError } from '../errors.ts'
import type { LineSettings } from './line.ts'
import type { Address } from './link.ts'
import type { LinkSetup, Listening } from './link-thread.ts'
import { nearAddress, spawnInNamespace } from './namespaces.ts'

/** A line between this machine and the processes. */
export type Route = LineSettings & {
  /** Whether each process has a network namespace of its own. */
  readonly namespaces: boolean
}

/** A way that is open. */
export type Way = AsyncDisposable & {
  /**
   * Starts a process.
   *
   * @param wordsFor what Node.js is given, by the address of the broker as the process sees it
   * @throws {VigilError} EXCHANGE
   */
  start(index: number, wordsFor: (address: string) => readonly string[]): Promise<ChildProcess>
}

const PORT = 4222
/** At the ends of cables, whose addresses nobody else has: not that of a broker that listens everywhere. */
const CABLE_PORT = 42_220

/** @param address of the broker; over a line it must be nats://, since no certificate names the line's end */
export function openWay(address: string, route: Route | null): Way {
  if (route === null) {
    return {
      start: async (_, wordsFor) => spawn(process.execPath, wordsFor(address), { stdio: 'ignore' }),
      [Symbol.asyncDispose]: async () => undefined,
    }
  }
  const { hostname, port } = new URL(address)
  const { namespaces, ...line } = route
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || PORT) }
  const thread = new Worker(new URL('./link-thread.ts', import.meta.url), {
    workerData: { to, line } satisfies LinkSetup,
  })
  const listen = async (at: Address) => {
    thread.postMessage(at)
    const [answer] = (await once(thread, 'message')) as [Listening]
    if ('port' in answer) return answer.port
    throw hostsError('EXCHANGE', `Nothing can listen for processes at ${at.host}: ${answer.reason}.`)
  }
  let shared: Promise<number> | null = null
  return {
    async start(index, wordsFor) {
      if (namespaces) {
        const host = nearAddress(index)
        const child = await spawnInNamespace(wordsFor(`nats://${host}:${CABLE_PORT}`), index)
        // The process looks for the broker until the address, which comes with its cable, is listened at.
        await listen({ host, port: CABLE_PORT })
        return child
      }
      shared ??= listen({ host: '127.0.0.1', port: 0 })
      return spawn(process.execPath, wordsFor(`nats://127.0.0.1:${await shared}`), { stdio: 'ignore' })
    },
    async [Symbol.asyncDispose]() {
      await thread.terminate()
    },
  }
}
