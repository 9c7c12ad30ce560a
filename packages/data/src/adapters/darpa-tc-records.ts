import type { ColumnKind } from '../tables/cell-values.ts'
import type { Database } from '../tables/database.ts'
import type { EventFiles } from '../tables/event-files.ts'
import { readTable } from '../tables/read-table.ts'
import { openCdmJson } from './cdm-json.ts'

/** More rows than this would not fit the 4 GB that a WebAssembly memory can address, features included. */
const ROWS_MAX = 10_000_000

/** The columns that are read. Others may be there and are not looked at. */
const COLUMNS: Readonly<Record<string, ColumnKind>> = {
  record_type: 'text',
  source: 'text',
  event_id: 'text',
  subject_uuid: 'text',
  object_uuid: 'text',
  event_type: 'text',
  file_path: 'text',
  protection: 'text',
  timestamp_ns: 'whole',
  sequence: 'whole',
  thread_id: 'whole',
  src_port: 'whole',
  dst_port: 'whole',
  ip_protocol: 'whole',
  process_pid: 'whole',
  process_ppid: 'whole',
  memory_address: 'address',
  file_size: 'decimal',
  is_suspicious: 'label',
}

/** Those that are numbers. */
export const NUMBER_COLUMNS = Object.keys(COLUMNS).filter((name) => !['text', 'label'].includes(COLUMNS[name]))

/**
 * Reads the files into the table `record`, one row per record in file order, `rowid` counted from 0. Text that is missing is
 * empty; a number or label that is missing is refused.
 *
 * @returns the number of rows
 * @throws {VigilError} as readTable
 */
export function readRecords(database: Database, files: EventFiles): Promise<number> {
  const plan = { name: 'record', columns: COLUMNS, rowsMax: ROWS_MAX }
  return files.format === 'json'
    ? readTable(database, files, plan, async (_, { path }) => openCdmJson(database, { path, rowsMax: ROWS_MAX }))
    : readTable(database, files, plan)
}
