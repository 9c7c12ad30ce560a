import pc from 'picocolors'

/** The part of a stream that the terminal output needs; process.stdout and process.stderr are such streams. */
export type OutputStream = {
  write(chunk: string): unknown
  /** Width in columns; only terminals know it. */
  readonly columns?: number | undefined
}

/** Environment variables that change the output; process.env is such an object. */
export type OutputEnvironment = Readonly<Record<string, string | undefined>>

/** What may be written to a stream. */
export type OutputStyle = {
  /** The last line may be replaced. */
  readonly live: boolean
  /** Colour names of picocolors; plain text when colour is off. */
  readonly colors: ReturnType<typeof pc.createColors>
}

/**
 * Decides on colour and live lines by the stream alone: FORCE_COLOR is not asked, since nx sets it for pipes too.
 * NO_COLOR (no-color.org) and TERM=dumb switch colour off; CI, though it may offer a terminal, keeps a log and gets plain lines.
 */
export function outputStyle(isTTY: boolean, environment: OutputEnvironment): OutputStyle {
  const capable = isTTY && environment.TERM !== 'dumb'
  const inCi = isSet(environment.CI) && environment.CI !== 'false' && environment.CI !== '0'
  return { live: capable && !inCi, colors: pc.createColors(capable && !inCi && !isSet(environment.NO_COLOR)) }
}

/** Width of a stream; 80 where it is unknown, which pipes say by nothing and some pseudo-terminals by 0. */
export function columnsOf(stream: Pick<OutputStream, 'columns'>): number {
  return stream.columns || 80
}

/** Text of the run made safe to print: one line, without the control characters that could move the cursor or reverse the text. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
}

/** Numbers as number-format.ts writes them, in ASCII: logs are searched with the hyphen and the blank of the keyboard. */
export function asciiNumber(text: string): string {
  return text.replace(/[\u2212\u2013]/g, '-').replaceAll('\u00A0', ' ')
}

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && variable !== ''
}
