const LF = 10

/** Longest line that is read, in bytes. */
export const LINE_BYTES_MAX = 1_000_000

/** A line of the input; null = it is longer than LINE_BYTES_MAX. */
export type InputLine = { readonly number: number; readonly text: string | null }

/**
 * Divides text into lines, as many as each piece of it ends: nobody waits for lines that are to come. Empty lines are passed over.
 *
 * @param isCut whether the text was cut off where it ended: then what follows the last line's end is no line
 * @returns lines that have come together
 */
export async function* inputLines(
  text: AsyncIterable<Uint8Array>,
  isCut: () => boolean = () => false,
): AsyncGenerator<InputLine[]> {
  let number = 0
  let kept: Uint8Array[] = []
  let keptBytes = 0
  const take = (end: Uint8Array): InputLine | null => {
    number++
    const bytes = keptBytes + end.length
    const line =
      bytes > LINE_BYTES_MAX
        ? null
        : Buffer.concat([...kept, end], bytes)
            .toString('utf8')
            .trim()
    kept = []
    keptBytes = 0
    return line === '' ? null : { number, text: line }
  }
  for await (const piece of text) {
    const lines: InputLine[] = []
    let at = 0
    const whole = piece.lastIndexOf(LF)
    while (at <= whole && (keptBytes > 0 || whole - at > LINE_BYTES_MAX)) {
      const end = piece.indexOf(LF, at)
      const line = take(piece.subarray(at, end))
      if (line !== null) lines.push(line)
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
    if (lines.length > 0) yield lines
  }
  const last = keptBytes > 0 && !isCut() ? take(new Uint8Array(0)) : null
  if (last !== null) yield [last]
}
