/** Digits of a number that a double may not hold. */
const LONG_DIGITS = 16

/** Whether so many digits stand in a row, in which case one of every so many characters is a digit. */
function hasLongDigits(text: string): boolean {
  for (let at = LONG_DIGITS - 1; at < text.length; at += LONG_DIGITS) {
    if (!isDigit(text.charCodeAt(at))) continue
    let from = at
    while (from > 0 && isDigit(text.charCodeAt(from - 1))) from--
    let to = at + 1
    while (to < text.length && to - from < LONG_DIGITS && isDigit(text.charCodeAt(to))) to++
    if (to - from >= LONG_DIGITS) return true
  }
  return false
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

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
  return hasLongDigits(json) ? JSON.parse(json, exactly as never) : JSON.parse(json)
}
