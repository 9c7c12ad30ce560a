import { dataError } from '../errors.ts'
import { textOf } from '../reading/open-bytes.ts'
import { RECORD_BYTES_MAX } from '../reading/records.ts'
import { shownPath, shownText } from '../tables/csv-text.ts'
import { type Database, quoted } from '../tables/database.ts'
import type { SourceFile } from '../tables/source-file.ts'

/** Columns of a record, in the order of its cells; all are text. */
const COLUMNS = [
  'record_type',
  'source',
  'event_id',
  'subject_uuid',
  'object_uuid',
  'event_type',
  'file_path',
  'protection',
  'timestamp_ns',
  'sequence',
  'thread_id',
  'src_port',
  'dst_port',
  'ip_protocol',
  'process_pid',
  'process_ppid',
  'memory_address',
  'file_size',
  'is_suspicious',
] as const

type Cells = Partial<Record<(typeof COLUMNS)[number], string>>

/** What the label is made of: these events, these protections, and paths that contain one of these. */
const SUSPICIOUS_EVENTS = ['EXECUTE', 'MMAP', 'CLONE', 'LOADLIBRARY', 'CREATE_THREAD'].map((type) => `EVENT_${type}`)
const SUSPICIOUS_PROTECTIONS = ['5', '7']
const SUSPICIOUS_PATHS = ['/etc/passwd', '/dev/shm', 'wget']

const LF = 10
const KIND = /^com\.bbn\.tc\.schema\.avro\.cdm20\.([A-Za-z]+)$/
const UUID = /^[0-9a-f]{32}$/
const WHOLE = /^-?\d{1,20}$/

/**
 * Opens a file of CDM 20 in JSON, one record a line, as Engagement 5 was published, packed or not. It has the columns of the
 * flat tables, and the label by the same rule (docs/features.md).
 *
 * @throws {VigilError} from `check`: FILE_MALFORMED naming the line, ROWS_TOO_MANY, and what reading text throws
 */
export function openCdmJson(
  database: Database,
  { path, rowsMax }: { readonly path: string; readonly rowsMax: number },
): SourceFile {
  const table = quoted(`cdm ${path}`)
  return {
    path,
    columns: COLUMNS.map((name) => ({ name, identifier: name, type: 'VARCHAR' })),
    check: async () => {
      await database.run(`CREATE TEMP TABLE ${table} (${COLUMNS.map((name) => `${name} VARCHAR`).join(', ')})`)
      const appender = await database.appender(`cdm ${path}`)
      let rowCount = 0
      try {
        for await (const { text, line } of linesOf(path)) {
          const cells = cellsOf(text, path, line)
          appender.append(COLUMNS.map((name) => cells[name] ?? (isNumber(name) ? '0' : '')))
          if (++rowCount > rowsMax) throw tooMany(path, rowsMax)
        }
      } finally {
        appender.close()
      }
      return { rowCount, scans: [table], placeOf: async (row) => `record ${row + 1}` }
    },
  }
}

function isNumber(name: (typeof COLUMNS)[number]): boolean {
  return COLUMNS.indexOf(name) >= COLUMNS.indexOf('timestamp_ns')
}

/** The lines of a file that are not empty. */
async function* linesOf(path: string): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let kept: Uint8Array = new Uint8Array(0)
  let line = 0
  for await (const piece of textOf(path, 'utf-8')) {
    const bytes = kept.length === 0 ? piece : Buffer.concat([kept, piece])
    let at = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      line++
      const text = Buffer.from(bytes.subarray(at, end)).toString('utf8').trim()
      if (text !== '') yield { text, line }
      at = end + 1
    }
    kept = bytes.slice(at)
    if (kept.length > RECORD_BYTES_MAX)
      throw malformed(path, line + 1, `a record of at most ${RECORD_BYTES_MAX} bytes, received a longer one`)
  }
  const text = Buffer.from(kept).toString('utf8').trim()
  if (text !== '') yield { text, line: line + 1 }
}

/** Whole numbers that no double holds stay text. */
function exactly(_: string, value: unknown, { source }: { source?: string } = {}): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) ? source : value
}

type Fields = Readonly<Record<string, unknown>>

function cellsOf(text: string, path: string, line: number): Cells {
  const wrong = (needed: string) => malformed(path, line, needed)
  let parsed: unknown
  try {
    parsed = JSON.parse(text, exactly as never)
  } catch {
    throw wrong('a JSON object, received text that is none')
  }
  const envelope = fieldsOf(parsed)
  const [entry, ...others] = Object.entries(fieldsOf(envelope.datum))
  const kind = entry === undefined || others.length > 0 ? undefined : KIND.exec(entry[0])?.[1]
  if (kind === undefined || String(envelope.CDMVersion) !== '20') {
    throw wrong('a record of CDM 20 (datum, CDMVersion), received another object')
  }
  const cells = cellsOfKind(kind, fieldsOf(entry[1]), wrong)
  const record = { record_type: textIn(envelope.type), source: textIn(envelope.source), ...cells }
  if (record.record_type === '') throw wrong('"type", the kind of the record, received none')
  return { ...record, is_suspicious: String(isSuspicious(record)) }
}

function cellsOfKind(kind: string, body: Fields, wrong: (needed: string) => Error): Cells {
  const whole = (name: string, value: unknown): string => {
    const text = textIn(value)
    if (text === '' || WHOLE.test(text)) return text === '' ? '0' : text
    throw wrong(`a whole number in "${name}", received ${shownText(text)}`)
  }
  const uuid = (name: string): string => {
    const text = textIn(body[name]).toLowerCase().replaceAll('-', '')
    if (text === '' || UUID.test(text)) return text
    throw wrong(`a UUID in "${name}", received ${shownText(text)}`)
  }
  const properties = fieldsOf(unwrapped(body.properties ?? fieldsOf(body.baseObject).properties))
  const described: Cells = { event_id: uuid('uuid'), file_size: whole('size', body.size) }
  switch (kind) {
    case 'Event':
      return {
        ...described,
        subject_uuid: uuid('subject'),
        object_uuid: uuid('predicateObject'),
        event_type: textIn(body.type),
        protection: textIn(properties.protection),
        timestamp_ns: whole('timestampNanos', body.timestampNanos),
        sequence: whole('sequence', body.sequence),
        thread_id: whole('threadId', body.threadId),
      }
    case 'Subject':
      return { ...described, event_type: textIn(body.type) }
    case 'FileObject':
      return { ...described, file_path: textIn(properties.path) }
    case 'MemoryObject':
      return {
        ...described,
        memory_address: whole('memoryAddress', body.memoryAddress),
        process_pid: whole('tgid', properties.tgid),
      }
    default:
      return described
  }
}

function isSuspicious({ event_type = '', protection = '', file_path = '' }: Cells): boolean {
  return (
    SUSPICIOUS_EVENTS.includes(event_type) ||
    SUSPICIOUS_PROTECTIONS.includes(protection) ||
    SUSPICIOUS_PATHS.some((part) => file_path.includes(part))
  )
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** What a union of Avro holds: {"long": 5} is 5. */
function unwrapped(value: unknown): unknown {
  const values = Object.values(fieldsOf(value))
  return values.length === 1 ? values[0] : value
}

/** Text or a number as text; empty where nothing is there. */
function textIn(value: unknown): string {
  const inner = unwrapped(value)
  return typeof inner === 'string' || typeof inner === 'number' ? String(inner) : ''
}

function tooMany(path: string, rowsMax: number): Error {
  return dataError(
    'ROWS_TOO_MANY',
    `Data file ${shownPath(path)}: may hold ${rowsMax} records, received more. Give a part of the data.`,
  )
}

function malformed(path: string, line: number, needed: string): Error {
  return dataError(
    'FILE_MALFORMED',
    `Data file ${shownPath(path)}, line ${line}: needs ${needed}. Give the file as it was published, or the records as Parquet or CSV.`,
  )
}
