/**
 * What no text from outside may bring into a terminal, a message or a page: control characters (escape sequences are made
 * of them), characters that show nothing or turn the direction of writing, separators of lines, halves of characters.
 */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu
const HARMFUL_IN_LINES = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const SHORT_NAMES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Text from a file, a path or a command line as one line that is safe to show: harmful characters are written as escapes
 * (`\x1b`, `\u202e`), and of a long text the beginning and the end are shown. The result is for people; it is no encoding.
 *
 * @param limit most characters (UTF-16 units) of the text that are shown, at least 8
 */
export function harmlessText(text: string, limit = 200): string {
  return shortened(text, limit).replace(HARMFUL, escaped)
}

/** The same for a message of several lines: its line breaks stay. */
export function harmlessLines(text: string, limit = 4000): string {
  return shortened(text, limit).replace(HARMFUL_IN_LINES, escaped)
}

/**
 * A value as JSON that is safe to show in a terminal: JSON itself escapes only some control characters, here all that are
 * harmful are. It reads back as the same value.
 */
export function harmlessJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(HARMFUL_IN_LINES, (character) =>
    Array.from({ length: character.length }, (_, i) => unitEscape(character.charCodeAt(i))).join(''),
  )
}

function unitEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`
}

/** Beginning and end of a long text: a path ends with the file's name, a message with what to do. */
function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text
  const head = Math.ceil(limit * 0.6)
  return `${text.slice(0, head)} ... ${text.slice(text.length - (limit - head))}`
}

function escaped(character: string): string {
  const short = SHORT_NAMES[character]
  if (short !== undefined) return short
  const code = character.codePointAt(0)!
  const hex = code.toString(16)
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}
