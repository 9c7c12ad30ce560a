import { harmlessText } from '@vigil/command-line'
import { type ErrorTable, errorsOf, type VigilError } from '@vigil/errors'

/** What can be wrong with data or a path to them. */
export const DATA_ERRORS = {
  PATH_MISSING: ['data', 'no path was given, or nothing is there'],
  PATH_UNSUPPORTED: ['data', 'neither Parquet nor CSV, or a folder that mixes them'],
  PATH_EMPTY: ['data', 'an empty folder, an empty file, or no rows'],
  FILE_TRUNCATED: ['data', 'a Parquet file without its closing mark'],
  FILE_UNREADABLE: ['data', 'another kind of file, damaged, or not to be opened'],
  FILE_MALFORMED: ['data', 'CSV with a line that is not as it must be: encoding, quotation marks, number of cells'],
  FILE_EXISTS: ['usage', 'a file to write is already there'],
  FILE_UNWRITABLE: ['failure', 'a file cannot be written'],
  COLUMNS_MISSING: ['data', 'a required column is absent'],
  COLUMNS_REPEATED: ['data', 'a required column is there more than once'],
  COLUMN_TYPE: ['data', 'a Parquet column whose type cannot hold what is required'],
  DATABASE_FAILED: ['data', 'the rows were read and DuckDB could not work on them, e.g. for want of memory'],
  VALUE_INVALID: ['data', 'a cell that is not a finite number, or not a label'],
  ROWS_TOO_MANY: ['data', 'more rows than a dataset may hold'],
  CLASSES_INVALID: ['data', 'only one label, or more classes than a byte can number'],
  SPLIT_EMPTY: ['data', 'a part of the split has no row, or train has one label only'],
  DESCRIPTION_INVALID: ['data', 'a description of events that does not hold what it must'],
  EXPRESSION_INVALID: ['data', 'an expression of a description that fails on a row'],
  REQUEST_INVALID: ['data', 'a request field outside its range'],
} as const satisfies ErrorTable

const errorOf = errorsOf(DATA_ERRORS)

/** The message is one line, bounded, of harmless characters only, whatever the files hold: it can be shown as it is. */
export function dataError(code: keyof typeof DATA_ERRORS, message: string, options?: ErrorOptions): VigilError {
  return errorOf(code, harmlessText(message, 1000), options)
}
