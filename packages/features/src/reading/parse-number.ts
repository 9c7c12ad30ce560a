const [PLUS, MINUS, POINT, ZERO, NINE] = [43, 45, 46, 48, 57]

/** Powers of ten that a double holds exactly, as far as they are needed here. */
const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent)

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
const HEXADECIMAL = /^0[xX][0-9a-fA-F]{1,16}$/
const INFINITY = /^[+-]?inf(inity)?$/i

/**
 * The number that a cell spells, the nearest double. Fifteen digits with a point among them need no text: their digits are a
 * whole number and the place of the point is a power of ten, both exact, so that one division rounds rightly.
 *
 * @returns NaN where the cell spells none, +-Infinity where it spells that or a number that no double holds
 */
export function parseNumber(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  const first = bytes[at]
  if (first === MINUS || first === PLUS) at++
  let digits = 0
  let whole = 0
  let decimals = -1
  for (; at < to; at++) {
    const byte = bytes[at]
    if (byte >= ZERO && byte <= NINE) {
      whole = whole * 10 + (byte - ZERO)
      digits++
      if (decimals >= 0) decimals++
    } else if (byte === POINT && decimals < 0) decimals = 0
    else break
  }
  if (at < to || digits === 0 || digits > 15) return parseText(Buffer.from(bytes.subarray(from, to)).toString('latin1'))
  const value = decimals > 0 ? whole / POWERS[decimals] : whole
  return first === MINUS ? -value : value
}

/** The same for text. */
export function parseText(text: string): number {
  if (NUMBER.test(text) || HEXADECIMAL.test(text)) return Number(text)
  if (INFINITY.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number.NaN
}
