/** The events that the enforcer has gathered, batch by batch: stored before any agent is given them, so that it always gives the same. */
import { serviceError } from '../errors.ts'
import { addSpan, isInSpans, type Span } from '../source/number-spans.ts'
import { countUpTo } from './count-up-to.ts'
import { openRecordLog, recordsIn } from './record-log.ts'

/** A batch as it was gathered. */
export type GatheredBatch = {
  readonly firstRow: number
  /** number of the line of its last event */
  readonly line: number
  /** numbers of the lines that need not come again once it is stored: those of its events, of verdicts, and of what was passed over */
  readonly taken: readonly Span[]
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
  /** Whether a line need not come again, by its number. */
  hasTaken(line: number): boolean
  /** How many batches there are whose events all stand before a row. */
  batchesBefore(row: number): number
  /** @throws {VigilError} LOG_UNWRITABLE */
  append(batch: GatheredBatch): Promise<void>
  /** @param batch below batchCount */
  read(batch: number): Promise<GatheredBatch>
  close(): Promise<void>
}

/** firstRow u32, line u48, spans u32: a stream may number more lines than a team has events. Each span is two numbers of lines, then come the events. */
const HEAD_BYTES = 14
const SPANS_AT = 10
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
  const taken: Span[] = []
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
    for (const span of batch.taken) addSpan(taken, span)
  }
  const log = await openRecordLog(path, (content, at) => {
    const batch = decoded(content, path)
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
    hasTaken: (number) => isInSpans(taken, number),
    batchesBefore: (row) => countUpTo(ends, row),
    async append(batch) {
      take(batch, await log.append(Buffer.concat([headOf(batch), Buffer.from(batch.events.join('\n'))])))
      latest = batch
    },
    read: async (batch) =>
      latest !== null && batch === offsets.length - 1 ? latest : decoded(await log.read(offsets[batch]), path),
    close: log.close,
  }
}

/** The batches of a log, which is not changed. @throws {VigilError} LOG_INVALID */
export async function* batchesIn(path: string): AsyncGenerator<GatheredBatch> {
  for await (const content of recordsIn(path)) yield decoded(content, path)
}

function headOf({ firstRow, line, taken }: GatheredBatch): Buffer {
  const head = Buffer.alloc(HEAD_BYTES + 2 * LINE_BYTES * taken.length)
  head.writeUInt32LE(firstRow, 0)
  head.writeUIntLE(line, 4, LINE_BYTES)
  head.writeUInt32LE(taken.length, SPANS_AT)
  for (const [i, { first, last }] of taken.entries()) {
    head.writeUIntLE(first, HEAD_BYTES + 2 * LINE_BYTES * i, LINE_BYTES)
    head.writeUIntLE(last, HEAD_BYTES + 2 * LINE_BYTES * i + LINE_BYTES, LINE_BYTES)
  }
  return head
}

function decoded(content: Buffer, path: string): GatheredBatch {
  const spanCount = content.length < HEAD_BYTES ? Number.POSITIVE_INFINITY : content.readUInt32LE(SPANS_AT)
  const eventsAt = HEAD_BYTES + 2 * LINE_BYTES * spanCount
  if (eventsAt > content.length) {
    throw serviceError('LOG_INVALID', `${path} is of another version of Vigil. Give another --out.`)
  }
  const taken = Array.from({ length: spanCount }, (_, i) => {
    const at = HEAD_BYTES + 2 * LINE_BYTES * i
    return { first: content.readUIntLE(at, LINE_BYTES), last: content.readUIntLE(at + LINE_BYTES, LINE_BYTES) }
  })
  const events = content.toString('utf8', eventsAt).split('\n')
  return { firstRow: content.readUInt32LE(0), line: content.readUIntLE(4, LINE_BYTES), taken, events }
}
