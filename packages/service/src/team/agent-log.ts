/** What one agent must not forget: the batch that it is in, and what it has signed there. */
import { join } from 'node:path'
import { type BatchSettings, type Durable, decodeDurable, encodeDurable, mayHaveCommitted } from '@vigil/agreement'
import { systemReason, writeFileAtomically } from '@vigil/command-line'
import { lockFile } from '@vigil/runs'
import { serviceError } from '../errors.ts'
import { openRecordLog, type RecordLog, recordFile } from './record-log.ts'

/** A log above this many bytes is begun anew with its last record. */
const LOG_BYTES_MAX = 2 ** 25

const RUN_BYTES = 32
/** Epoch and batch, each a u32, and the run. */
const HEAD_BYTES = 8 + RUN_BYTES

/** What the log says of the last batch in which the agent has signed anything. */
type Remembered = {
  readonly epoch: number
  readonly batch: number
  /** Whether it may have voted for the commit of a value there. @throws {VigilError} LOG_INVALID */
  readonly mayHaveCommitted: () => boolean
  /** 64 hex digits: which events, and which past */
  readonly run: string
  /** @throws {VigilError} LOG_INVALID where the record does not fit the batch */
  readonly durable: (settings: BatchSettings) => Durable
}

/** The log of one agent. */
export type AgentLog = {
  /** as it was when the log was opened; null = nothing was signed */
  readonly remembered: Remembered | null
  /** Stores a state. When it returns, what the state allows may be sent. @throws {VigilError} LOG_UNWRITABLE */
  store(settings: BatchSettings, durable: Durable): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the log in a folder, which one process has at a time.
 *
 * @throws {VigilError} LOG_TAKEN, LOG_INVALID, LOG_UNWRITABLE
 */
export async function openAgentLog(folder: string): Promise<AgentLog> {
  await using opening = new AsyncDisposableStack()
  opening.defer(await takeFolder(folder))
  const path = join(folder, 'agent.log')
  let last: Buffer | null = null
  let lastAt = 0
  let log = await openRecordLog(path, (content, at) => {
    last = content
    lastAt = at
  })
  opening.defer(async () => await log.close())
  const remembered = last && rememberedOf(last, path)
  const opened = opening.move()
  return {
    remembered,
    async store({ domain }, durable) {
      const head = Buffer.alloc(HEAD_BYTES)
      head.writeUInt32BE(domain.epoch, 0)
      head.writeUInt32BE(domain.batch, 4)
      head.write(domain.run, 8, 'hex')
      const content = Buffer.concat([head, encodeDurable(durable)])
      if (log.size + content.length > LOG_BYTES_MAX) log = await begunAnew(log, path, lastAt)
      lastAt = await log.append(content)
    },
    close: async () => await opened.disposeAsync(),
  }
}

/** Whether what is in the log is all that an agent has signed. A certificate is nothing that it has signed: others have it too. */
export function isStored(durable: Durable, stored: Durable | null): boolean {
  if (durable === stored) return true
  const { observing, view, voted, proposed, ballot, claim, lock } = durable
  return (
    stored !== null &&
    observing === stored.observing &&
    view === stored.view &&
    voted === stored.voted &&
    proposed === stored.proposed &&
    ballot === stored.ballot &&
    claim === stored.claim &&
    lock === stored.lock
  )
}

/**
 * Takes a folder for this process.
 *
 * @returns what gives it back
 * @throws {VigilError} LOG_TAKEN, LOG_UNWRITABLE
 */
export async function takeFolder(folder: string): Promise<() => Promise<void>> {
  const lock = await lockFile(join(folder, '.lock')).catch((cause: Error) => {
    throw serviceError(
      'LOG_UNWRITABLE',
      `${folder} cannot be locked: ${systemReason(cause)}. Give a folder that can be written to.`,
      {
        cause,
      },
    )
  })
  if (lock.holder === null) return lock.release
  throw serviceError(
    'LOG_TAKEN',
    `${folder} is taken by ${lock.holder}. Give each process a folder of its own, or end that one first.`,
  )
}

/** The file is replaced by one with its last record alone. */
async function begunAnew(log: RecordLog, path: string, at: number): Promise<RecordLog> {
  const last = await log.read(at)
  await log.close()
  await writeFileAtomically(path, recordFile(last))
  return await openRecordLog(path, () => undefined)
}

function rememberedOf(content: Buffer, path: string): Remembered {
  const invalid = () =>
    serviceError(
      'LOG_INVALID',
      `${path} holds a state that is none of this team. Move it away to take part as one that has lost its state.`,
    )
  if (content.length < HEAD_BYTES) throw invalid()
  return {
    epoch: content.readUInt32BE(0),
    batch: content.readUInt32BE(4),
    mayHaveCommitted() {
      const voted = mayHaveCommitted(content.subarray(HEAD_BYTES))
      if (voted === null) throw invalid()
      return voted
    },
    run: content.toString('hex', 8, HEAD_BYTES),
    durable(settings) {
      const durable = decodeDurable(content.subarray(HEAD_BYTES), settings)
      if (durable === null) throw invalid()
      return durable
    },
  }
}
