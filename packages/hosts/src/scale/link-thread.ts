/** The thread of a link: what it carries costs the learner's thread nothing. */
import { parentPort, workerData } from 'node:worker_threads'
import type { LineSettings } from './line.ts'
import { type Address, openLink } from './link.ts'

/** What the thread is given. */
export type LinkSetup = { readonly to: Address; readonly line: LineSettings }
/** What it answers when it was asked to listen: a port, or why it does not. */
export type Listening = { readonly port: number } | { readonly reason: string }

const { to, line } = workerData as LinkSetup
const link = openLink(to, line)
parentPort!.on('message', async (address: Address) => {
  const answer: Listening = await link.listen(address).then(
    (port) => ({ port }),
    (error: Error) => ({ reason: error.message }),
  )
  parentPort!.postMessage(answer)
})
