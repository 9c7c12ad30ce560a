/** Where decisions of an enforcer go from its folder: to stdout, and to a subject of a NATS server. Nobody who is away or slow is waited for. */
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { awaitBroker, closeBroker } from '@vigil/broker'
import { formatCounted } from '@vigil/command-line'
import { jetstreamPublisher } from '../source/jetstream-decisions.ts'
import type { Sink } from '../source/source-flags.ts'
import { written } from '../standard-streams.ts'
import type { openEnforcerFolder } from './enforcer-folder.ts'
import { type HandingOn, type HandOnSettings, handOn } from './hand-on.ts'
import { startPublishing } from './published.ts'

/** How long who takes no decisions is waited for where an end is asked for, in milliseconds. */
const END_MS = 5000
/** Lines that are printed at a time. */
const PRINTED_MAX = 4096

type OutputSettings = Pick<HandOnSettings, 'render'> & {
  readonly folder: Pick<Awaited<ReturnType<typeof openEnforcerFolder>>, 'decisions' | 'files'>
  /** SHA-256 of the first manifest */
  readonly team: string
  /** takes a sentence for people */
  readonly say: (text: string) => void
}

/**
 * Prints what is decided from now on, and publishes what the server of a sink lacks.
 *
 * @param sink null = nothing is published
 * @returns what fails with BROKER, SUBJECT_MISSING, JETSTREAM_REFUSED, FILE_UNWRITABLE or TEAM_INVALID
 * @throws {VigilError} LOG_INVALID
 */
export async function openOutputs(sink: Sink | null, settings: OutputSettings): Promise<Omit<HandingOn, 'waiting'>> {
  const { say } = settings
  const { decisions, files } = settings.folder
  const ending = new AbortController()
  // What can fail comes before anything is begun.
  const end = { rows: decisions.rows, bytes: (await stat(files.decisions)).size }
  const publishing = sink === null ? null : await openPublishing(sink, settings, ending.signal)
  const printing = startPrinting(settings, end, ending.signal)
  const all = publishing === null ? [printing] : [printing, publishing.handing]
  let isWaitedFor = false
  return {
    failed: Promise.race([...all.map(({ failed }) => failed), ...(publishing === null ? [] : [publishing.refused])]),
    wake() {
      for (const one of all) one.wake()
    },
    async finish(stop) {
      isWaitedFor = true
      await Promise.all(all.map(async (one) => await one.finish(stop)))
    },
    async close() {
      // Whatever else has failed: what was decided is printed.
      if (!isWaitedFor) await printing.finish(AbortSignal.abort()).catch(() => undefined)
      ending.abort()
      await Promise.all(all.map(async (one) => await one.close()))
      await publishing?.close()
      const [unread, unsent = 0] = all.map(({ waiting }) => waiting)
      if (unread > 0) say(`${formatCounted(unread, 'decision')} not on stdout, or not whole: decisions.jsonl has them.`)
      if (unsent > 0)
        say(
          `${formatCounted(unsent, 'decision')} not on the server of --publish yet: the next start with it sends them.`,
        )
    },
  }
}

/** Prints lines of the file, from a place on. */
function startPrinting(
  { folder: { decisions, files }, render }: OutputSettings,
  from: HandOnSettings['from'],
  stop: AbortSignal,
): HandingOn {
  const stopped = once(stop, 'abort').then(() => false)
  return handOn({
    ...{ decisions, path: files.decisions, render, linesMax: PRINTED_MAX, endMs: END_MS },
    from,
    async take(texts) {
      // Where nobody reads any more, that is no failure: the file has them.
      const taken = written(texts.map((text) => `${text}\n`).join('')).then(() => true)
      return await Promise.race([taken, stopped])
    },
    keep: async () => undefined,
  })
}

/** Publishes lines by names of which each is the key of one action: the team's, and the number of the line, from 1. */
async function openPublishing({ broker, subject }: Sink, settings: OutputSettings, stop: AbortSignal) {
  const { folder, team, render, say } = settings
  let connection: NatsConnection | null = null
  const connect = async () => {
    connection = await awaitBroker(broker, { name: 'vigil service:enforce decisions', note: say, stop })
    return connection && (await jetstreamPublisher({ connection, subject, stop, note: say }))
  }
  let connected: ReturnType<typeof connect> | null = null
  const publisher = () => {
    connected ??= connect()
    return connected
  }
  const handing = await startPublishing({
    ...{ decisions: folder.decisions, files: folder.files, render, endMs: END_MS },
    async publish(messages, firstRow) {
      const named = messages.map((text, i) => ({ text, name: `${team}:${firstRow + i + 1}`, about: firstRow + i + 1 }))
      const publish = await publisher()
      return publish !== null && !(await publish(named)).includes('not')
    },
  })
  return {
    handing,
    /** rejects where the server wants none of it, also where nothing is decided */
    refused: publisher().then(() => new Promise<never>(() => undefined)),
    async close() {
      await publisher().catch(() => undefined)
      if (connection !== null) await closeBroker(connection)
    },
  }
}
