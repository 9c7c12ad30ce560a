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
 * @throws {VigilError} EVENT_MALFORMED, EVENT_INVALID, BODY_DEPTH, EXPRESSION_INVALID naming the line
 */
export async function gatherLines(
  lines: AsyncIterable<readonly InputLine[]>,
  { bundle, gatherer, ids, linesBefore, input, held, stored, onError, room, say }: LineReading,
): Promise<void> {
  const isJudged = eventFilter(bundle.pipeline.reading)
  const inputs = createEventInputs(bundle.pipeline)
  const counts = { skipped: 0, leftOut: 0, repeated: 0, heardBefore: 0 }
  const first = input === 'follows' ? linesBefore : 0
  const passedOver = input === 'repeats' ? linesBefore : 0
  const verdicts = createVerdicts(bundle, {
    inputs,
    ids: ids.verdicts,
    gatherer,
    held,
    isNumbered: input === 'numbered',
  })
  const hasCome = (own: string | number | null, line: number) =>
    own === null ? input === 'numbered' && ids.lines.has(line) : ids.events.has(own)
  const take = (text: string | null, line: number): void => {
    const read = readLine(text)
    const heard = verdicts.take(read, line)
    if (heard !== 'event') {
      if (heard === 'repeated') counts.heardBefore++
      return
    }
    const written = writtenLine(read, line)
    const { event } = readWrittenEvent(written)
    const own = ownIdOf(event)
    if (hasCome(own, line)) counts.repeated++
    else if (!isJudged(event)) counts.leftOut++
    else {
      const { stream } = readKnown(inputs, event)
      if (own === null) ids.lines.put(line)
      else ids.events.put(own)
      gatherer.add(verdicts.putBefore(written), { stream, line })
    }
  }
  const follow = ({ text, number }: InputLine): void => {
    try {
      take(text, first + number)
    } catch (cause) {
      const error = cause instanceof VigilError ? cause.at(`Line ${first + number}`) : cause
      if (onError === 'stop' || !(error instanceof VigilError)) throw error
      counts.skipped++
      say(error.message)
    }
  }
  try {
    for await (const together of lines) {
      for (const line of together) {
        if (line.number > passedOver) follow(line)
        const later = room()
        if (later !== null) await later
      }
      await stored?.()
    }
  } finally {
    // Also where the input ends in an error.
    if (verdicts.waiting > 0)
      say(
        `${formatCounted(verdicts.waiting, 'verdict')} behind the last event not kept: send such again before the next`,
      )
    gatherer.flush()
  }
  if (counts.repeated > 0) say(`${formatCounted(counts.repeated, 'event')} that had come before`)
  if (counts.heardBefore > 0) say(`${formatCounted(counts.heardBefore, 'verdict')} that had come before`)
  if (counts.leftOut > 0) say(`${formatCounted(counts.leftOut, 'event')} left out by "where"`)
  if (counts.skipped > 0) say(`${formatCounted(counts.skipped, 'bad line')} passed over`)
}

function readLine(text: string | null): RawEvent {
  if (text === null) throw malformed(`needs at most ${LINE_BYTES_MAX} bytes, received more`)
  assertShallow(text)
  return eventOf(parseInput(text))
}

/** An event as it goes into a batch: numbers may have become longer, or nothing. */
function writtenLine(event: RawEvent, line: number): string {
  const written = writtenEvent(idOf(event, line), event)
  if (Buffer.byteLength(written) <= LINE_BYTES_MAX) return written
  throw malformed(`needs at most ${LINE_BYTES_MAX} bytes with its numbers written out, received more`)
}
