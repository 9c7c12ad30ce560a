/** A team that decides beside another, in a thread of its own: it answers nobody, and nobody waits for it. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { constants, createWriteStream, type WriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { commandError, systemReason, systemRemedy } from '@vigil/command-line'
import { VigilError } from '@vigil/errors'
import type { ReadEvent } from '@vigil/features'
import { readTrusted } from '../bundle-signature.ts'
import { createDecider, type Decider } from '../decider.ts'
import { serviceError } from '../errors.ts'
import { eventFilter } from '../event-filter.ts'
import { readKnown } from '../live-event.ts'
import { createDecisionOutput, type DecisionOutput } from '../output/decision-output.ts'
import {
  type Disagreement,
  LATEST_MAX,
  type ShadowBatch,
  type ShadowNews,
  type ShadowRequest,
  type ShadowStart,
} from './shadow-messages.ts'

const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = constants
/** Who may read and write a new log. */
const MODE = 0o600

const port = parentPort!
const tell = (news: ShadowNews) => port.postMessage(news)
const { run, trust, log, output: outputSettings } = workerData as ShadowStart

try {
  const bundle = await readTrusted(run, trust)
  if (bundle.environment.response !== null) {
    throw serviceError(
      'UNDECIDABLE',
      'A shadow hears no verdicts, and this team waits for them: it was trained in the environment respond. Leave --shadow out.',
    )
  }
  const decider = await createDecider(bundle)
  const output = createDecisionOutput(outputSettings, { bundle, now: () => Date.now(), unique: () => randomUUID() })
  const isJudged = eventFilter(bundle.pipeline.reading)
  const file = log === null ? null : await openLog(log)
  port.on('message', async (request: ShadowRequest) => {
    if (request === 'end') {
      file?.end()
      port.close()
      return
    }
    try {
      tell(await decided(request, { decider, isJudged, file, output }))
    } catch (error) {
      fail(error as Error)
    }
  })
  tell({ kind: 'ready' })
} catch (error) {
  fail(error as Error)
}

/** @throws {VigilError} FILE_UNWRITABLE */
async function openLog(path: string): Promise<WriteStream> {
  try {
    // A pipe without a reader refuses this. Opened otherwise it would keep the thread until somebody reads it.
    await using _asked = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, MODE)
    const file = createWriteStream(path, { flags: 'a', mode: MODE })
    await once(file, 'open')
    return file.on('error', fail)
  } catch (cause) {
    const reason = `${path} cannot be written: ${systemReason(cause)}. ${systemRemedy(cause)}`
    throw commandError('FILE_UNWRITABLE', reason, { cause })
  }
}

function fail({ message }: Error): void {
  tell({ kind: 'failed', message })
  port.close()
}

async function decided(
  batch: ShadowBatch,
  parts: {
    readonly decider: Decider
    readonly isJudged: ReturnType<typeof eventFilter>
    readonly file: WriteStream | null
    readonly output: DecisionOutput
  },
): Promise<ShadowNews> {
  const { decider, isJudged, file, output } = parts
  const known: { readonly one: ShadowBatch[number]; readonly event: ReadEvent }[] = []
  let refused = 0
  for (const one of batch) {
    try {
      if (isJudged(one.event)) known.push({ one, event: readKnown(decider, one.event) })
    } catch (error) {
      if (!(error instanceof VigilError)) throw error
      refused++
    }
  }
  const decisions = decider.decide(known.map(({ event }) => event))
  const actions = new Array<number>(16).fill(0)
  const latest: Disagreement[] = []
  for (const [i, { one }] of known.entries()) {
    const shadow = decisions[i].action
    actions[4 * one.action + shadow]++
    if (shadow !== one.action) latest.push({ id: one.id, team: one.action, shadow })
  }
  if (file !== null && known.length > 0) {
    const lines = known.map(({ one, event }, i) => `${output.decision(one, decisions[i], event)}\n`).join('')
    if (!file.write(lines)) await new Promise<void>((resolve) => file.once('drain', () => resolve()))
  }
  return { kind: 'decided', taken: batch.length, refused, actions, latest: latest.slice(-LATEST_MAX) }
}
