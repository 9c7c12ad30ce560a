import {
  guessUnit,
  inMilliseconds,
  isoMilliseconds,
  parseNumber,
  parseText,
  type RawColumn,
  type TimeUnit,
} from '@vigil/features'

import { enlarged, type TokenTable, tokenTable } from './token-table.ts'

/**
 * How a column is read: `tokens` keeps every text; `numbers` keeps numbers alone; `times` keeps times, in milliseconds since
 * 1970; `auto` is numbers where nearly all of the first CELLS_THAT_TELL texts spell one, otherwise tokens.
 */
export type ReadAs = 'auto' | 'tokens' | 'numbers' | 'times'

/** What was found in a column's cells besides good values. */
export type CellCounts = {
  /** Nothing, or a text that the description calls missing. */
  readonly missing: number
  /** Infinite, or beyond what a double holds. Read as missing. */
  readonly infinite: number
  /** Neither a number nor missing, in a column of numbers. Read as missing. */
  readonly malformed: number
  /** The first malformed text. */
  readonly example: string | null
}

/** A column that has been read, and what its cells were like. */
export type ReadColumn = {
  readonly name: string
  readonly column: RawColumn
  readonly counts: CellCounts
  /** More different texts than are kept: the column is an identifier, and all its cells are missing. */
  readonly isIdentifier: boolean
}

/** A column of rows that another builder has read; it holds room for more rows than are there. */
export type ColumnPart = {
  readonly name: string
  readonly rows: number
  /** null = an identifier, of which nothing is kept. */
  readonly column: RawColumn | null
  readonly counts: CellCounts
}

/** So many cells tell what an `auto` column holds. */
const CELLS_THAT_TELL = 10_000

/** A column of numbers may hold so many cells that are none: a line of units, a word for what is unknown. */
const MALFORMED_SHARE_MAX = 0.05

/** Of `auto`: a column of more different texts is an identifier, and nothing of it is kept. */
const TOKENS_MAX = 1 << 20

/** So much is shown of a text that is no number. */
const EXAMPLE_LENGTH = 60

const ROWS_FEW = 1024

type Tokens = Extract<RawColumn, { kind: 'token' }>

const encoder = new TextEncoder()
const scratch = new Uint8Array(1 << 16)

/** Collects the cells of one column, row by row. Every row adds one cell; `pop` takes the last one back. */
export class ColumnBuilder {
  readonly name: string
  readonly #readAs: ReadAs
  /** Of times that are numbers; null = the size of each tells. */
  readonly #unit: TimeUnit | null
  readonly #missing: readonly Uint8Array[]
  /** [256] 1 = a missing text begins with the byte. */
  readonly #missingStarts: Uint8Array
  readonly #missingNumbers: ReadonlySet<number>
  /** One code or value for each row, and room for more. */
  #codes: Int32Array | null
  #table: TokenTable | null
  #values: Float64Array | null
  #capacity = ROWS_FEW
  /** Whether enough cells of an `auto` column have told what it holds. */
  #isTold = false
  #rows = 0
  #missingCount = 0
  #infinite = 0
  #malformed = 0
  #example: string | null = null
  /** What the last cell counted as, so that it can be taken back. */
  #last: 'value' | 'missing' | 'infinite' | 'malformed' = 'value'

  constructor(
    name: string,
    { readAs, missing, unit = null }: { readAs: ReadAs; missing: readonly string[]; unit?: TimeUnit | null },
  ) {
    this.name = name
    this.#readAs = readAs
    this.#unit = unit
    this.#missing = missing.filter((text) => text !== '').map((text) => encoder.encode(text))
    this.#missingStarts = new Uint8Array(256)
    this.#missingNumbers = new Set(missing.map(parseText).filter(Number.isFinite))
    for (const text of this.#missing) this.#missingStarts[text[0]] = 1
    const isTokens = readAs === 'auto' || readAs === 'tokens'
    this.#codes = isTokens ? new Int32Array(this.#capacity) : null
    this.#table = isTokens ? tokenTable() : null
    this.#values = isTokens ? null : new Float64Array(this.#capacity)
  }

  get keepsNumbers(): boolean {
    return this.#readAs === 'numbers'
  }

  get rows(): number {
    return this.#rows
  }

  /** Adds the cell bytes[from .. to). */
  add(bytes: Uint8Array, from: number, to: number): void {
    if (this.#isMissing(bytes, from, to)) {
      this.addMissing()
      return
    }
    if (this.#values !== null) {
      const value = parseNumber(bytes, from, to)
      this.#addNumber(this.#readAs === 'times' ? this.#timeOf(value, bytes, from, to) : value, bytes, from, to)
      return
    }
    const row = this.#nextRow('value')
    if (this.#codes === null || this.#table === null) return
    this.#codes[row] = this.#table.codeOf(bytes, from, to)
    if (this.#readAs !== 'auto') return
    if (!this.#isTold && this.#rows - this.#missingCount === CELLS_THAT_TELL) this.#tell(this.#table)
    else if (this.#table.size > TOKENS_MAX) this.#forget()
  }

  addText(text: string): void {
    const room = text.length * 3 <= scratch.length ? scratch : new Uint8Array(text.length * 3)
    this.add(room, 0, encoder.encodeInto(text, room).written)
  }

  addNumber(value: number): void {
    if (this.#missingNumbers.has(value)) this.addMissing()
    else if (this.#values === null || this.#readAs === 'times') this.addText(String(value))
    else this.#addNumber(value, scratch, 0, 0)
  }

  addMissing(): void {
    const row = this.#nextRow('missing')
    this.#missingCount++
    if (this.#values !== null) this.#values[row] = Number.NaN
    else if (this.#codes !== null) this.#codes[row] = -1
  }

  /** Fills up to `rows` with missing cells: a column that first appears here, or not in this row. */
  fill(rows: number): void {
    while (this.#rows < rows) this.addMissing()
  }

  pop(): void {
    this.#rows--
    if (this.#last === 'missing') this.#missingCount--
    else if (this.#last === 'infinite') this.#infinite--
    else if (this.#last === 'malformed') this.#malformed--
  }

  /** The last cell as an expression sees it: a number where it spells one, otherwise its text; null = missing. */
  last(): number | string | null {
    if (this.#rows === 0 || this.#last !== 'value') return null
    if (this.#values !== null) return this.#values[this.#rows - 1]
    if (this.#codes === null || this.#table === null) return null
    const text = this.#table.text(this.#codes[this.#rows - 1])
    const value = parseText(text)
    return Number.isNaN(value) ? text : Number.isFinite(value) ? value : null
  }

  /** The column of all rows that were added. */
  finish(): ReadColumn {
    const { name } = this
    const column = this.#kept()
    if (column === null) {
      const codes = new Int32Array(this.#rows).fill(-1)
      return { ...this.#read({ kind: 'token', codes, dictionary: [] }), isIdentifier: true }
    }
    if (column.kind === 'number') return this.#read({ kind: 'number', values: shared(column.values, this.#rows) })
    const tokens = { ...column, codes: shared(column.codes, this.#rows) }
    if (this.#readAs === 'tokens' || this.#isTold) return this.#read(tokens)
    const numbers = numbersOf(tokens)
    if (!numbers.isNumeric) return this.#read(tokens)
    const { infinite, malformed, example } = numbers
    return {
      name,
      column: numbers.column,
      counts: { ...this.#counts(), infinite, malformed, example },
      isIdentifier: false,
    }
  }

  /** The rows that were added, for another builder to append. */
  part(): ColumnPart {
    return { name: this.name, rows: this.#rows, column: this.#kept(), counts: this.#counts() }
  }

  /**
   * Appends rows that another builder of the same column has read, as if their cells were added here.
   *
   * @returns false where the cells that it kept do not say so much; the builder is of no use any more
   */
  append({ rows, column, counts }: ColumnPart): boolean {
    const isDecided = this.#isTold || this.#readAs !== 'auto'
    if (column?.kind === 'token' && (this.#values !== null || !isDecided)) {
      this.#addTokens(column, rows)
      return true
    }
    // What was taken for numbers, or forgotten, has no texts any more.
    if (!isDecided || (column?.kind === 'number') !== (this.#values !== null)) return false
    this.#reserve(this.#rows + rows)
    if (column?.kind === 'number') this.#values?.set(column.values.subarray(0, rows), this.#rows)
    else if (column === null) this.#forget()
    else this.#appendTokens(column, rows)
    this.#rows += rows
    this.#missingCount += counts.missing
    this.#infinite += counts.infinite
    this.#malformed += counts.malformed
    this.#example ??= counts.example
    return true
  }

  /** Adds tokens cell by cell. */
  #addTokens({ codes, dictionary }: Tokens, rows: number): void {
    const texts = dictionary.map((text) => encoder.encode(text))
    for (let row = 0; row < rows; row++) {
      const text = texts[codes[row]]
      if (text === undefined) this.addMissing()
      else this.add(text, 0, text.length)
    }
  }

  /** Writes the codes of tokens behind those that are there, new tokens in the order in which they come. */
  #appendTokens({ codes, dictionary }: Tokens, rows: number): void {
    const [own, table] = [this.#codes, this.#table]
    if (own === null || table === null) return
    const ownCodes = dictionary.map((text) => {
      const bytes = encoder.encode(text)
      return table.codeOf(bytes, 0, bytes.length)
    })
    for (let row = 0; row < rows; row++) own[this.#rows + row] = codes[row] < 0 ? -1 : ownCodes[codes[row]]
    if (this.#readAs === 'auto' && table.size > TOKENS_MAX) this.#forget()
  }

  /** What is kept, with room for more rows; null = nothing is. */
  #kept(): RawColumn | null {
    if (this.#values !== null) return { kind: 'number', values: this.#values }
    if (this.#codes === null || this.#table === null) return null
    return { kind: 'token', codes: this.#codes, dictionary: this.#table.texts() }
  }

  #read(column: RawColumn): ReadColumn {
    return { name: this.name, column, counts: this.#counts(), isIdentifier: false }
  }

  #counts(): CellCounts {
    return {
      missing: this.#missingCount,
      infinite: this.#infinite,
      malformed: this.#malformed,
      example: this.#example,
    }
  }

  /** Room for one more cell. @returns its row */
  #nextRow(last: 'value' | 'missing' | 'infinite' | 'malformed'): number {
    if (this.#rows === this.#capacity) this.#reserve(2 * this.#capacity)
    this.#last = last
    return this.#rows++
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return
    this.#capacity = rows
    if (this.#codes !== null) this.#codes = enlarged(this.#codes, new Int32Array(rows))
    if (this.#values !== null) this.#values = enlarged(this.#values, new Float64Array(rows))
  }

  #isMissing(bytes: Uint8Array, from: number, to: number): boolean {
    if (from === to) return true
    if (this.#missingStarts[bytes[from]] === 0) return false
    texts: for (const text of this.#missing) {
      if (text.length !== to - from) continue
      for (let i = 0; i < text.length; i++) if (text[i] !== bytes[from + i]) continue texts
      return true
    }
    return false
  }

  #timeOf(value: number, bytes: Uint8Array, from: number, to: number): number {
    if (Number.isNaN(value)) return isoMilliseconds(Buffer.from(bytes.subarray(from, to)).toString('latin1'))
    return inMilliseconds(value, this.#unit ?? guessUnit(value))
  }

  #addNumber(value: number, bytes: Uint8Array, from: number, to: number): void {
    if (this.#values === null) return
    if (Number.isFinite(value)) {
      const row = this.#nextRow('value')
      this.#values[row] = value
    } else if (Number.isNaN(value)) {
      const row = this.#nextRow('malformed')
      this.#values[row] = value
      this.#malformed++
      // No character of UTF-16 takes more than three bytes of UTF-8.
      this.#example ??= Buffer.from(bytes.subarray(from, Math.min(to, from + 3 * EXAMPLE_LENGTH)))
        .toString('utf8')
        .slice(0, EXAMPLE_LENGTH)
    } else {
      const row = this.#nextRow('infinite')
      this.#values[row] = Number.NaN
      this.#infinite++
    }
  }

  /** Decides what the column holds. Of numbers, texts are kept no longer. */
  #tell(table: TokenTable): void {
    this.#isTold = true
    const codes = this.#codes?.subarray(0, this.#rows) ?? new Int32Array(0)
    const numbers = numbersOf({ kind: 'token', codes, dictionary: table.texts() })
    if (!numbers.isNumeric) return
    this.#values = enlarged(numbers.column.values, new Float64Array(this.#capacity))
    this.#infinite = numbers.infinite
    this.#malformed = numbers.malformed
    this.#example = numbers.example
    if (Number.isNaN(this.#values[this.#rows - 1])) {
      this.#last = Number.isNaN(parseText(table.text(codes[codes.length - 1]))) ? 'malformed' : 'infinite'
    }
    this.#forget()
  }

  #forget(): void {
    this.#codes = null
    this.#table = null
  }
}

/** The first rows of an array in memory that threads share. */
function shared<A extends Int32Array | Float64Array>(items: A, rows: number): A {
  const own = items.subarray(0, rows)
  const copy = new (items.constructor as new (buffer: SharedArrayBuffer) => A)(new SharedArrayBuffer(own.byteLength))
  copy.set(own as never)
  return copy
}

/**
 * A column of texts as numbers. What spells none is missing.
 *
 * @returns with how many cells are malformed and infinite, and the first malformed text
 */
export function numbersOf(tokens: Tokens): {
  readonly column: Extract<RawColumn, { kind: 'number' }>
  readonly malformed: number
  readonly infinite: number
  readonly example: string | null
  /** Whether some cells are there and nearly all of them spell numbers. */
  readonly isNumeric: boolean
} {
  const byCode = Float64Array.from(tokens.dictionary, parseText)
  const values = new Float64Array(tokens.codes.length)
  let [present, malformed, infinite, first] = [0, 0, 0, -1]
  for (let row = 0; row < values.length; row++) {
    const code = tokens.codes[row]
    const value = code < 0 ? Number.NaN : byCode[code]
    if (code >= 0) present++
    if (code >= 0 && Number.isNaN(value)) {
      malformed++
      if (first < 0) first = code
    } else if (code >= 0 && !Number.isFinite(value)) infinite++
    values[row] = Number.isFinite(value) ? value : Number.NaN
  }
  return {
    column: { kind: 'number', values },
    malformed,
    infinite,
    example: first < 0 ? null : tokens.dictionary[first].slice(0, EXAMPLE_LENGTH),
    isNumeric: present > 0 && malformed <= MALFORMED_SHARE_MAX * present,
  }
}
