/** The thread of an exchange: its ports and its end. */
import { parentPort, workerData } from 'node:worker_threads'
import { openBroker } from '@vigil/broker'
import { ownBuild } from '../wire/build.ts'
import { begin, createDesk, takeOwn } from './desk.ts'
import { type Exchange, openExchange } from './exchange.ts'
import type { ExchangeSetup, Report, Request } from './thread-messages.ts'

const setup = workerData as ExchangeSetup
const port = parentPort!
const post = (report: Report, transfer: ArrayBuffer[] = []) => port.postMessage(report, transfer)

try {
  const note = (text: string) => post({ kind: 'note', text })
  const connection = await openBroker(setup.broker, { name: `vigil learner ${setup.run}`, note })
  const desk = createDesk(setup, await ownBuild(), post)
  const exchange = openExchange(connection, desk)
  port.on('message', (request: Request) => void handle(request, { desk, exchange }))
  await exchange.ready()
  post({ kind: 'ready' })
} catch (error) {
  post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
}

type Open = { readonly desk: ReturnType<typeof createDesk>; readonly exchange: Exchange }

async function handle(request: Request, { desk, exchange }: Open): Promise<void> {
  if (request.kind === 'close') {
    await exchange.close()
    post({ kind: 'closed' })
    port.close()
    return
  }
  if (request.kind === 'collect') begin(desk, request)
  else if (request.kind === 'computed') takeOwn(desk, request)
  else {
    desk.round = null
    desk.free = desk.slots
  }
  exchange.serve()
}
