import { quoted } from './database.ts'

/** What a column must hold. `whole` is a whole number of 64 bits with sign, `address` one of 64 bits with or without. */
export type ColumnKind = 'text' | 'whole' | 'address' | 'decimal' | 'label'

/** DuckDB's type of a converted column. */
export const TYPE_OF_KIND: Readonly<Record<ColumnKind, string>> = {
  text: 'VARCHAR',
  whole: 'BIGINT',
  address: 'HUGEINT',
  decimal: 'DOUBLE',
  label: 'BOOLEAN',
}

const RANGE_OF_KIND = {
  whole: 'a whole number from -2^63 to 2^63 - 1',
  address: 'a whole number from -2^63 to 2^64 - 1',
}

const ADDRESS_MAX = '18446744073709551615'

const INTEGERS = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$|^U?HUGEINT$/
const WHOLE_IN_FLOATS = { FLOAT: 2 ** 24, DOUBLE: 2 ** 53 } as const

/**
 * The SQL that converts a column, NULL where a cell is not what the column must hold. Text becomes '' where it is missing.
 *
 * @param name the column's name in the table that is read
 * @param type its type there, as DuckDB names it
 * @returns null when no column of this type can be converted without a choice that is the user's
 */
export function conversionOf(name: string, type: string, kind: ColumnKind): string | null {
  const cell = quoted(name)
  const isText = type === 'VARCHAR'
  switch (kind) {
    case 'text':
      if (isText) return `coalesce(${cell}, '')`
      return INTEGERS.test(type) || type === 'BOOLEAN' || type === 'UUID' || type.startsWith('ENUM(')
        ? `coalesce(${cell}::VARCHAR, '')`
        : null
    case 'label':
      if (type === 'BOOLEAN') return cell
      if (isText) return `CASE lower(trim(${cell})) ${LABEL_WORDS} END`
      return isNumeric(type) ? `CASE ${cell} WHEN 1 THEN true WHEN 0 THEN false END` : null
    case 'decimal':
      if (isText) return decimalOfText(cell)
      return isNumeric(type) ? `CASE WHEN isfinite(${cell}::DOUBLE) THEN ${cell}::DOUBLE END` : null
    default:
      return isText ? wholeOfText(cell, kind) : wholeOfNumber(cell, type, kind)
  }
}

const LABEL_WORDS = ['true', '1', '1.0', 'false', '0', '0.0'].map((word, i) => `WHEN '${word}' THEN ${i < 3}`).join(' ')

function isNumeric(type: string): boolean {
  return INTEGERS.test(type) || type in WHOLE_IN_FLOATS || type.startsWith('DECIMAL(')
}

/** Floating-point numbers hold whole numbers exactly up to a power of two; beyond it several have become one. */
function wholeOfNumber(cell: string, type: string, kind: 'whole' | 'address'): string | null {
  if (!isNumeric(type)) return null
  const most = WHOLE_IN_FLOATS[type as keyof typeof WHOLE_IN_FLOATS]
  const isExact = most === undefined ? '' : ` AND abs(${cell}) <= ${most}`
  const converted = within(`TRY_CAST(${cell} AS ${TYPE_OF_KIND[kind]})`, kind)
  return INTEGERS.test(type) ? converted : `CASE WHEN trunc(${cell}) = ${cell}${isExact} THEN ${converted} END`
}

/** Digits as they are written most often first; then a sign, `.0` and white space around; then hexadecimal digits. */
function wholeOfText(cell: string, kind: 'whole' | 'address'): string {
  const type = TYPE_OF_KIND[kind]
  const decimal = `TRY_CAST(regexp_extract(${cell}, '[+-]?[0-9]+') AS ${type})`
  const hexadecimal = `TRY_CAST(TRY_CAST(trim(${cell}) AS UBIGINT) AS ${type})`
  return `CASE WHEN ${isPlain(cell)} THEN ${plainOf(cell)}
    WHEN regexp_full_match(trim(${cell}), '[+-]?[0-9]+([.]0*)?') THEN ${within(decimal, kind)}
    WHEN regexp_full_match(trim(${cell}), '0[xX][0-9a-fA-F]+') THEN ${hexadecimal} END`
}

function decimalOfText(cell: string): string {
  const number = `TRY_CAST(trim(${cell}) AS DOUBLE)`
  return `CASE WHEN ${isPlain(cell)} THEN ${plainOf(cell)}::DOUBLE
    WHEN regexp_full_match(trim(${cell}), '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?') AND isfinite(${number}) THEN ${number} END`
}

/** Whether a number is written as DuckDB would write it: no cast of another spelling gets through. */
function isPlain(cell: string): string {
  return `${plainOf(cell)}::VARCHAR = ${cell}`
}

function plainOf(cell: string): string {
  return `TRY_CAST(${cell} AS BIGINT)`
}

function within(number: string, kind: 'whole' | 'address'): string {
  if (kind === 'whole') return number
  return `CASE WHEN ${number} BETWEEN -9223372036854775808 AND ${ADDRESS_MAX} THEN ${number} END`
}

/** What a column of this kind needs, for messages. */
export function needOf(kind: ColumnKind): string {
  switch (kind) {
    case 'text':
      return 'text'
    case 'label':
      return 'true, false, 1 or 0'
    case 'decimal':
      return 'a finite number'
    default:
      return RANGE_OF_KIND[kind]
  }
}

/** What is wrong with a cell that was not converted, where it can be told, and what to do about it. */
export function complaintAbout(cell: string, kind: ColumnKind): string {
  const text = cell.trim()
  if (kind === 'text' || kind === 'label') return ''
  if (/^[+-]?\d{1,3}([,.'_\s]\d{3})+$/u.test(text)) return ' Write the number without separators of thousands.'
  if (/^\d{4}-\d\d-\d\d/.test(text)) return ' Write the time as nanoseconds since 1970.'
  if (kind === 'decimal') return ''
  if (/^[+-]?[\d.]+e[+-]?\d+$/i.test(text))
    return ' A number with an exponent, or a floating-point one above 2^53, may have lost digits: export whole numbers as such.'
  if (/^[+-]?\d*\.\d+$/.test(text)) return ' It has a fraction, and is not rounded: export whole numbers as such.'
  return ''
}
