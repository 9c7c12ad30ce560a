/**
 * Whose an error is. Commands end by it: `usage` is a mistake in a flag, a setting or a formula (exit code 2), `data` is a file or
 * a message that does not hold what it must (3), `failure` is everything else that can be foreseen (1).
 */
export type ErrorKind = 'usage' | 'data' | 'failure'

/** The errors of one package: stable code -> whose it is, and what it means. Programs and tests compare codes. */
export type ErrorTable = Readonly<Record<string, readonly [kind: ErrorKind, meaning: string]>>

/** The parts of a message, each without a full stop. */
export type ErrorDetail = {
  /** what is wrong, such as 'rewards' */
  readonly field: string
  /** what it must be, such as 'must hold 8 values' */
  readonly requirement: string
  readonly received: string
  /** what a person can do about it */
  readonly remedy: string
}

/** An error for people: the message names what is wrong, what was expected, what was received and what to do. */
export class VigilError<Code extends string = string> extends Error {
  override readonly name = 'VigilError'
  readonly code: Code
  readonly kind: ErrorKind
  readonly #table: ErrorTable

  constructor(
    table: Readonly<Record<Code, ErrorTable[string]>>,
    code: Code,
    message: string | ErrorDetail,
    options?: ErrorOptions,
  ) {
    super(typeof message === 'string' ? message : sentencesOf(message), options)
    this.code = code
    this.kind = table[code][0]
    this.#table = table
  }

  /** Whether the code is one of this table's: two packages may use the same word. */
  isOf(table: ErrorTable): boolean {
    return this.#table === table
  }

  /** The same error with the place where it happened, as `Line 3`, before its message. */
  at(place: string): VigilError {
    return new VigilError<string>(this.#table, this.code, `${place}: ${this.message}`, { cause: this })
  }
}

/**
 * The function that makes the errors of one table.
 *
 * @example
 * export const SHOP_ERRORS = { SOLD_OUT: ['failure', 'nothing is left'] } as const satisfies ErrorTable
 * export const shopError = errorsOf(SHOP_ERRORS)
 * throw shopError('SOLD_OUT', 'There must be a loaf, but all are sold. Come back tomorrow.')
 */
export function errorsOf<Table extends ErrorTable>(
  table: Table,
): (code: keyof Table & string, message: string | ErrorDetail, options?: ErrorOptions) => VigilError {
  return (code, message, options) => new VigilError<string>(table, code, message, options)
}

/** Whether an error is one of a package's, by its table. */
export function isErrorOf<Table extends ErrorTable>(
  table: Table,
  error: unknown,
): error is VigilError<keyof Table & string> {
  return error instanceof VigilError && error.isOf(table)
}

function sentencesOf({ field, requirement, received, remedy }: ErrorDetail): string {
  return `${field} ${requirement}, received ${received}. ${remedy}.`
}
