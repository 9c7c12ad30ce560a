/** Digits of a number that a double may not hold. */
const LONG_NUMBER = /[0-9]{16}/

/** Keeps whole numbers that no double holds as their text. */
function exactly(_: string, value: unknown, { source }: { source?: string } = {}): unknown {
  const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
  return isRounded && source !== undefined ? source : value
}

/**
 * JSON as events are written in it: whole numbers that no double holds are their text.
 *
 * @example
 * parseJson('{"id": 12345678901234567890}') // { id: '12345678901234567890' }
 *
 * @throws {SyntaxError} for what is no JSON, RangeError where it is nested too deep
 */
export function parseJson(json: string): unknown {
  return LONG_NUMBER.test(json) ? JSON.parse(json, exactly as never) : JSON.parse(json)
}
