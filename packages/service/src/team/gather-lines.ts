/** Lines of the input become events of batches: written first, then judged as whoever reads the batch will read them. */
import { formatCounted } from '@vigil/command-line'
import { VigilError } from '@vigil/errors'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import { eventFilter } from '../event-filter.ts'
import { createEventInputs } from '../event-inputs.ts'
import { type InputLine, LINE_BYTES_MAX } from '../input-lines.ts'
import { eventOf, malformed, parseInput, readKnown } from '../live-event.ts'
import { assertShallow } from '../serve/json-depth.ts'
import type { Span } from '../source/number-spans.ts'
import { idOf, ownIdOf } from '../written-decision.ts'
import { readWrittenEvent, writtenEvent } from './batch-event.ts'
import { createVerdicts } from './gathered-verdicts.ts'
import type { Gatherer } from './gatherer.ts'
import type { KnownIds } from './known-ids.ts'

/** How lines are read. */
export type LineReading = {
  readonly bundle: Pick<Bundle, 'pipeline' | 'environment'>
  readonly gatherer: Gatherer
  readonly ids: KnownIds
  /** lines that were read when the folder was used before */
  readonly linesBefore: number
  /** whether the input begins with those lines again, or behind them, or its source numbers the lines, and may give one again */
  readonly input: 'follows' | 'repeats' | 'numbered'
  /** whether a line was taken before, by its number */
  readonly hasTaken: (line: number) => boolean
  /** gets the numbers of lines that nothing keeps yet: a source that asks for acknowledgements must not give one for these */
  readonly held: Set<number>
  /** resolves when all events so far are stored: before that no more is asked for; null = nobody waits for it */
  readonly stored: (() => Promise<void>) | null
  readonly onError: 'stop' | 'skip'
  /** resolves when more may be gathered; null = now */
  readonly room: () => Promise<void> | null
  readonly say: (text: string) => void
}

/**
 * Gathers the events of lines, to their end.
 *
 * @throws {VigilError} VERDICTS_WAIT; EVENT_MALFORMED, EVENT_INVALID, BODY_DEPTH, EXPRESSION_INVALID naming the line
 */
export async function gatherLines(
  lines: AsyncIterable<readonly InputLine[]>,
  { bundle, gatherer, ids, linesBefore, input, hasTaken, held, stored, onError, room, say }: LineReading,
): Promise<void> {
  const isJudged = eventFilter(bundle.pipeline.reading)
  const inputs = createEventInputs(bundle.pipeline)
  const counts = { skipped: 0, leftOut: 0, repeated: 0, heardBefore: 0 }
  const first = input === 'follows' ? linesBefore : 0
  const verdicts = createVerdicts(bundle, { inputs, ids: ids.verdicts, gatherer, held })
  /** @returns whether it became an event, or waits for one */
  const take = (text: string | null, span: Span): boolean => {
    const read = readLine(text)
    const heard = verdicts.take(read, span)
    if (heard === 'repeated') counts.heardBefore++
    if (heard !== 'event') return heard === 'waits'
    const written = writtenLine(read, span.last)
    const { event } = readWrittenEvent(written)
    const own = ownIdOf(event)
    if (own !== null && ids.events.has(own)) counts.repeated++
    else if (!isJudged(event)) counts.leftOut++
    else {
      const { stream } = readKnown(inputs, event)
      if (own !== null) ids.events.put(own)
      const { text: whole, taken } = verdicts.putBefore(written)
      gatherer.add(whole, { stream, line: span.last, taken: [...taken, span] })
      return true
    }
    return false
  }
  const follow = (text: string | null, span: Span): void => {
    try {
      if (!take(text, span)) gatherer.pass(span)
    } catch (cause) {
      const error = cause instanceof VigilError ? cause.at(`Line ${span.last}`) : cause
      if (onError === 'stop' || !(error instanceof VigilError) || error.code === 'VERDICTS_WAIT') throw error
      counts.skipped++
      gatherer.pass(span)
      say(error.message)
    }
  }
  let last: number | null = null
  try {
    for await (const together of lines) {
      for (const line of together) {
        const number = first + line.number
        const { settled } = line
        if (settled !== undefined) gatherer.pass({ first: 0, last: settled })
        if (input === 'follows' || !hasTaken(number))
          follow(line.text, { first: settled === undefined && last !== null ? last + 1 : number, last: number })
        else if (input === 'numbered') counts.repeated++
        last = number
        const later = room()
        if (later !== null) await later
      }
      await stored?.()
    }
  } finally {
    // Also where the input ends in an error.
    if (verdicts.waiting > 0) say(notKept(verdicts.waiting, input))
    gatherer.flush()
  }
  if (counts.repeated > 0) say(`${formatCounted(counts.repeated, 'event')} that had come before`)
  if (counts.heardBefore > 0) say(`${formatCounted(counts.heardBefore, 'verdict')} that had come before`)
  if (counts.leftOut > 0) say(`${formatCounted(counts.leftOut, 'event')} left out by "where"`)
  if (counts.skipped > 0) say(`${formatCounted(counts.skipped, 'bad line')} passed over`)
}

function notKept(verdictCount: number, input: LineReading['input']): string {
  const verdicts = `${formatCounted(verdictCount, 'verdict')} behind the last event not kept`
  return input === 'numbered'
    ? `${verdicts} yet: read again from the source at the next start`
    : `${verdicts}: send such again before the next`
}

function readLine(text: string | null): RawEvent {
  if (text === null) throw malformed(`needs at most ${LINE_BYTES_MAX} bytes, received more`)
  assertShallow(text)
  return eventOf(parseInput(text))
}

/** Whether an event of a batch was read from this line. */
export function isLineOf(written: string, { text, number }: InputLine): boolean {
  try {
    return bareEvent(writtenLine(readLine(text), number)) === bareEvent(written)
  } catch (error) {
    if (error instanceof VigilError) return false
    throw error
  }
}

/** Without verdicts. */
function bareEvent(written: string): string {
  const { id, event } = readWrittenEvent(written)
  return writtenEvent(id, event)
}

/** An event as it goes into a batch: numbers may have become longer, or nothing. */
function writtenLine(event: RawEvent, line: number): string {
  const written = writtenEvent(idOf(event, line), event)
  if (Buffer.byteLength(written) <= LINE_BYTES_MAX) return written
  throw malformed(`needs at most ${LINE_BYTES_MAX} bytes with its numbers written out, received more`)
}
