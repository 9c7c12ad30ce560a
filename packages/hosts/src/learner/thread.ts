/** The training's end of the exchange's thread. */
import { Worker } from 'node:worker_threads'
import type { ShardCollection } from '@vigil/actors'
import { brokerError } from '@vigil/broker'
import { hostsError } from '../errors.ts'
import type { ExchangeSetup, Report, Request } from './thread-messages.ts'

/** Rollouts that count, by shard. */
type Rollouts = Extract<Report, { kind: 'collected' }>['rollouts']

/** A collection that is shared out. */
type Shared = Omit<Extract<Request, { kind: 'collect' }>, 'kind'> & { readonly collection: ShardCollection }

/** The thread in which an exchange runs. */
export type ExchangeThread = {
  /**
   * Has a collection computed. One at a time; when it ends, well or badly, no rollout is under way here.
   *
   * @throws {VigilError} EXCHANGE, and as a rollout
   */
  collect(shared: Shared): Promise<Rollouts>
  close(): Promise<void>
}

/** @throws {VigilError} BROKER */
export async function startThread(setup: ExchangeSetup, note: (text: string) => void): Promise<ExchangeThread> {
  const worker = new Worker(new URL('./exchange-thread.ts', import.meta.url), { workerData: setup })
  const tell = (request: Request) => worker.postMessage(request)
  let hear: (report: Report) => void = () => undefined
  let fail: (error: Error) => void = () => undefined
  let isClosing = false
  worker.on('message', (report: Report) => (report.kind === 'note' ? note(report.text) : hear(report)))
  worker.on('error', (cause) =>
    fail(hostsError('EXCHANGE', `The thread that speaks with the hosts has failed: ${cause}.`, { cause })),
  )
  const exited = new Promise((resolve) => worker.once('exit', resolve))
  worker.on('exit', () => {
    if (!isClosing) fail(hostsError('EXCHANGE', 'The thread that speaks with the hosts has ended.'))
  })
  await new Promise<void>((resolve, reject) => {
    fail = reject
    hear = (report) => (report.kind === 'failed' ? reject(brokerError('BROKER', report.message)) : resolve())
  }).catch(async (error: unknown) => {
    await worker.terminate()
    throw error
  })
  // What fails between two collections is told to the next one.
  let failure: Error | null = null
  fail = (error) => {
    failure = error
  }

  return {
    async collect({ collection, ...start }) {
      const { round } = start
      const underWay = new Set<Promise<void>>()
      try {
        return await new Promise<Rollouts>((resolve, reject) => {
          if (failure !== null) throw failure
          fail = reject
          hear = (report) => {
            if (report.kind === 'collected' && report.round === round) resolve(report.rollouts)
            if (report.kind !== 'compute' || report.round !== round) return
            const { shard } = report
            const work = collection.rollOut(shard).then(
              (rollout) => tell({ kind: 'computed', round, shard, ...rollout }),
              (error: unknown) => {
                reject(error)
              },
            )
            underWay.add(work)
          }
          tell({ kind: 'collect', ...start })
        })
      } catch (error) {
        tell({ kind: 'abandon' })
        throw error
      } finally {
        hear = () => undefined
        fail = (error) => {
          failure = error
        }
        await Promise.all(underWay)
      }
    },

    async close() {
      isClosing = true
      tell({ kind: 'close' })
      await exited
    },
  }
}
