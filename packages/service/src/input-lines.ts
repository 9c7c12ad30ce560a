const LF = 10

/** Longest line that is read, in bytes. */
export const LINE_BYTES_MAX = 1_000_000

/** A line of the input; null = it is longer than LINE_BYTES_MAX. */
export type InputLine = {
  readonly number: number
  readonly text: string | null
  /** lines up to this number never come again, and others in any order; without it lines come in the order of their numbers */
  readonly settled?: number
}

/** Divides bytes into lines. Empty lines are passed over. */
export type LineCutter = {
  /** The lines that a piece ends. */
  take(piece: Uint8Array): InputLine[]
  /** What follows the end of the last line, as a line. */
  end(): InputLine[]
  /** Lines so far, empty ones too. */
  readonly lineCount: number
  /** Bytes behind the end of the last line. */
  readonly keptBytes: number
}

/** @param lineCount lines before the first one */
export function createLineCutter(lineCount = 0): LineCutter {
  let number = lineCount
  let kept: Uint8Array[] = []
  let keptBytes = 0
  const drop = () => {
    kept = []
    keptBytes = 0
  }
  const cut = (end: Uint8Array): InputLine[] => {
    number++
    const bytes = keptBytes + end.length
    const line =
      bytes > LINE_BYTES_MAX
        ? null
        : Buffer.concat([...kept, end], bytes)
            .toString('utf8')
            .trim()
    drop()
    return line === '' ? [] : [{ number, text: line }]
  }
  return {
    take(piece) {
      const lines: InputLine[] = []
      let at = 0
      const whole = piece.lastIndexOf(LF)
      while (at <= whole && (keptBytes > 0 || whole - at > LINE_BYTES_MAX)) {
        const end = piece.indexOf(LF, at)
        lines.push(...cut(piece.subarray(at, end)))
        at = end + 1
      }
      if (at <= whole) {
        // None of the rest is too long.
        for (const one of Buffer.from(piece.buffer, piece.byteOffset + at, whole - at)
          .toString('utf8')
          .split('\n')) {
          number++
          const text = one.trim()
          if (text !== '') lines.push({ number, text })
        }
        at = whole + 1
      }
      keptBytes += piece.length - at
      // Of a line that is too long nothing is kept but its length.
      if (keptBytes > LINE_BYTES_MAX) kept = []
      else if (at < piece.length) kept.push(piece.slice(at))
      return lines
    },
    end: () => (keptBytes > 0 ? cut(new Uint8Array(0)) : []),
    get lineCount() {
      return number
    },
    get keptBytes() {
      return keptBytes
    },
  }
}

/**
 * Divides text into lines, as many as each piece of it ends: nobody waits for lines that are to come.
 *
 * @param isCut whether the text was cut off where it ended: then what follows the last line's end is no line
 * @returns lines that have come together
 */
export async function* inputLines(
  text: AsyncIterable<Uint8Array>,
  isCut: () => boolean = () => false,
): AsyncGenerator<InputLine[]> {
  const cutter = createLineCutter()
  for await (const piece of text) {
    const lines = cutter.take(piece)
    if (lines.length > 0) yield lines
  }
  const last = isCut() ? [] : cutter.end()
  if (last.length > 0) yield last
}
