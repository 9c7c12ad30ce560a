import { harmlessText } from '@vigil/command-line'

/** What can be wrong with data, as a stable word that programs and tests compare. */
export type DataErrorCode =
  | 'PATH_MISSING' // no path was given, or nothing is there
  | 'PATH_UNSUPPORTED' // neither Parquet nor CSV, or a folder that mixes them
  | 'PATH_EMPTY' // an empty folder, an empty file, or no rows
  | 'FILE_TRUNCATED' // a Parquet file without its closing mark
  | 'FILE_UNREADABLE' // another kind of file, damaged, or not to be opened
  | 'FILE_MALFORMED' // CSV with a line that is not as it must be: encoding, quotation marks, number of cells
  | 'COLUMNS_MISSING' // a required column is absent
  | 'COLUMNS_REPEATED' // a required column is there more than once
  | 'COLUMN_TYPE' // a Parquet column whose type cannot hold what is required
  | 'DATABASE_FAILED' // the rows were read and DuckDB could not work on them, e.g. for want of memory
  | 'VALUE_INVALID' // a cell that is not a finite number, or not a label
  | 'ROWS_TOO_MANY' // more rows than a dataset may hold
  | 'CLASSES_INVALID' // only one label, or more classes than a byte can number
  | 'SPLIT_EMPTY' // a part of the split has no row, or train has one label only
  | 'REQUEST_INVALID' // a request field outside its range
  | 'PIPELINE_INVALID' // a saved pipeline that does not hold what it must
  | 'PIPELINE_MISMATCH' // a saved pipeline made for other data or another profile

/**
 * Bad data or a bad path. The message names the field, what is required, what was received and what to do; it is meant
 * to be shown as it is, without the stack: one line, bounded, harmless characters only, whatever the files hold.
 */
export class DataError extends Error {
  readonly code: DataErrorCode

  constructor(code: DataErrorCode, message: string, options?: ErrorOptions) {
    super(harmlessText(message, 1000), options)
    this.name = 'DataError'
    this.code = code
  }
}
