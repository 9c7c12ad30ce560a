import { writeFileSync } from 'node:fs'

/** One record as text, as a CSV file holds it. */
export type SampleRecord = Record<(typeof SAMPLE_COLUMNS)[number], string>

/** The columns in the recording's own order, those that are not read included. */
export const SAMPLE_COLUMNS = [
  'record_type',
  'cdm_version',
  'source',
  'session_number',
  'timestamp_ns',
  'event_id',
  'sequence',
  'thread_id',
  'subject_uuid',
  'object_uuid',
  'event_type',
  'src_addr',
  'src_port',
  'dst_addr',
  'dst_port',
  'ip_protocol',
  'file_path',
  'file_size',
  'process_pid',
  'process_ppid',
  'memory_address',
  'protection',
  'is_suspicious',
] as const

const BASE: SampleRecord = {
  record_type: 'RECORD_EVENT',
  cdm_version: '20',
  source: 'SOURCE_LINUX_SYSCALL_TRACE',
  session_number: '19',
  timestamp_ns: '1557248220790000000',
  event_id: '',
  sequence: '0',
  thread_id: '0', // callers are then told by subject
  subject_uuid: '',
  object_uuid: '',
  event_type: '',
  src_addr: '',
  src_port: '0',
  dst_addr: '',
  dst_port: '0',
  ip_protocol: '0',
  file_path: '',
  file_size: '0',
  process_pid: '0',
  process_ppid: '0',
  memory_address: '0',
  protection: '',
  is_suspicious: 'false',
}

/** An event `ms` milliseconds after the beginning. */
export function sampleEvent(ms: number, fields: Partial<SampleRecord>): SampleRecord {
  const suspicious = fields.event_type === 'EVENT_MMAP' || fields.event_type === 'EVENT_EXECUTE'
  return {
    ...BASE,
    timestamp_ns: `${1557248220790000000n + BigInt(ms) * 1_000_000n}`,
    is_suspicious: String(suspicious),
    ...fields,
  }
}

/** A record that describes an object and has no time. */
export function sampleObject(id: string, kind: string, size: number): SampleRecord {
  return {
    ...BASE,
    record_type: `RECORD_${kind}_OBJECT`,
    event_id: id,
    timestamp_ns: '0',
    thread_id: '0',
    file_size: String(size),
  }
}

/** 300 records of six subjects on twenty objects, a third of them threats, some objects described first. */
export function sampleRecords(): SampleRecord[] {
  const types = ['EVENT_OPEN', 'EVENT_READ', 'EVENT_MMAP', 'EVENT_MPROTECT', 'EVENT_EXECUTE', 'EVENT_CLOSE']
  return Array.from({ length: 300 }, (_, i) => {
    if (i % 15 === 0) return sampleObject(`object-${i / 15}`, i % 30 === 0 ? 'MEMORY' : 'FILE', 4096)
    const event_type = types[(i * 7 + Math.floor(i / 11)) % types.length]
    return sampleEvent(i * 3, {
      event_id: `event-${i}`,
      sequence: String(1000 + i),
      subject_uuid: `subject-${(i * 5) % 6}`,
      object_uuid: `object-${(i * 3) % 20}`,
      event_type,
      file_size: event_type === 'EVENT_READ' ? '832' : '0',
      protection: event_type === 'EVENT_MMAP' ? '5' : event_type === 'EVENT_MPROTECT' ? '1' : '',
    })
  })
}

/** Writes records as CSV. `columns` may leave some out or rename them by "old=new". */
export function writeCsv(
  path: string,
  records: readonly SampleRecord[],
  columns: readonly string[] = SAMPLE_COLUMNS,
): void {
  const pairs = columns.map((column) => column.split('='))
  const lines = [pairs.map(([own, renamed]) => renamed ?? own).join(',')]
  for (const record of records) lines.push(pairs.map(([own]) => record[own as keyof SampleRecord]).join(','))
  writeFileSync(path, `${lines.join('\n')}\n`)
}
