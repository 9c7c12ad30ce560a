/** The events that the enforcer has gathered, batch by batch: stored before any agent is given them, so that it always gives the same. */
import { serviceError } from '../errors.ts'
import { countUpTo } from './count-up-to.ts'
import { openRecordLog, recordsIn } from './record-log.ts'

/** A batch as it was gathered. */
export type GatheredBatch = {
  readonly firstRow: number
  /** number of the line of its last event */
  readonly line: number
  /** as writtenEvent has them */
  readonly events: readonly string[]
}

/** All batches so far. */
export type EventLog = {
  readonly batchCount: number
  /** events of all batches */
  readonly rowCount: number
  /** of the last batch */
  readonly line: number
  /** @param batch up to batchCount */
  firstRowOf(batch: number): number
  /** How many batches there are whose events all stand before a row. */
  batchesBefore(row: number): number
  /** @throws {VigilError} LOG_UNWRITABLE */
  append(batch: GatheredBatch): Promise<void>
  /** @param batch below batchCount */
  read(batch: number): Promise<GatheredBatch>
  close(): Promise<void>
}

/** firstRow u32, line u48: a stream may number more lines than a team has events. */
const HEAD_BYTES = 10
const LINE_BYTES = 6

/**
 * Opens the log, or makes one.
 *
 * @param onBatch is given every batch that is in it, in their order
 * @throws {VigilError} LOG_INVALID, LOG_UNWRITABLE
 */
export async function openEventLog(path: string, onBatch: (batch: GatheredBatch) => void): Promise<EventLog> {
  const offsets: number[] = []
  const ends: number[] = []
  let rowCount = 0
  let line = 0
  /** the batch that was stored last: it is given out at once */
  let latest: GatheredBatch | null = null
  const take = (batch: GatheredBatch, at: number) => {
    if (batch.firstRow !== rowCount) {
      throw serviceError('LOG_INVALID', `${path} lacks events between its batches. Give the folder as it was.`)
    }
    offsets.push(at)
    rowCount += batch.events.length
    ends.push(rowCount)
    line = batch.line
  }
  const log = await openRecordLog(path, (content, at) => {
    const batch = decoded(content)
    take(batch, at)
    onBatch(batch)
  })
  return {
    get batchCount() {
      return offsets.length
    },
    get rowCount() {
      return rowCount
    },
    get line() {
      return line
    },
    firstRowOf: (batch) => ends[batch - 1] ?? 0,
    batchesBefore: (row) => countUpTo(ends, row),
    async append(batch) {
      const head = Buffer.alloc(HEAD_BYTES)
      head.writeUInt32LE(batch.firstRow, 0)
      head.writeUIntLE(batch.line, 4, LINE_BYTES)
      take(batch, await log.append(Buffer.concat([head, Buffer.from(batch.events.join('\n'))])))
      latest = batch
    },
    read: async (batch) =>
      latest !== null && batch === offsets.length - 1 ? latest : decoded(await log.read(offsets[batch])),
    close: log.close,
  }
}

/** The batches of a log, which is not changed. @throws {VigilError} LOG_INVALID */
export async function* batchesIn(path: string): AsyncGenerator<GatheredBatch> {
  for await (const content of recordsIn(path)) yield decoded(content)
}

function decoded(content: Buffer): GatheredBatch {
  const events = content.toString('utf8', HEAD_BYTES).split('\n')
  return { firstRow: content.readUInt32LE(0), line: content.readUIntLE(4, LINE_BYTES), events }
}
