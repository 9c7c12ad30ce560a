import { formatCounted, harmlessText } from '@vigil/command-line'
import { VigilError } from '@vigil/errors'
import type { RawEvent, ReadEvent } from '@vigil/features'
import type { Decider } from './decider.ts'
import { type InputLine, LINE_BYTES_MAX } from './input-lines.ts'
import { eventOf, malformed, parseInput, readKnown } from './live-event.ts'
import type { DecisionOutput, EventName } from './output/decision-output.ts'
import { type Verdict, verdictOf } from './verdict-line.ts'
import { idOf, ownIdOf } from './written-decision.ts'

/** Most events of one call. */
const EVENTS_MAX = 4096

/** What a stream of events came to. */
export type StreamCounts = {
  decided: number
  /** events that the description leaves out */
  leftOut: number
  /** bad lines that were passed over */
  skipped: number
  /** verdicts on streams that are not remembered */
  unheard: number
}

/** How a stream is decided on. */
export type StreamSettings = {
  /** what becomes of a line that is no event: the stream ends, or it is counted and told of */
  readonly onError: 'stop' | 'skip'
  /** whether an event is one that the team judges */
  readonly isJudged: (event: RawEvent) => boolean
  /** columns that tell the stream that a verdict is on; null = the team hears none, and a line with one is an event */
  readonly streamColumns: readonly string[] | null
  /** called with a sentence for each bad line that is passed over */
  readonly note: (text: string) => void
  /** writes decisions */
  readonly output: DecisionOutput
}

/**
 * Decides on events that come as lines of JSON, in their order, one line of JSON for each. What has come together is decided
 * together and written at once; nothing more is read until it has been taken.
 *
 * @param write takes whole lines, with the names of their events; false = nobody reads them any more
 * @throws {VigilError} EVENT_MALFORMED, EVENT_INVALID, EXPRESSION_INVALID naming the line, after all lines before it; LOGITS
 */
export async function decideStream(
  decider: Decider,
  lines: AsyncIterable<readonly InputLine[]>,
  write: (lines: string, names: readonly EventName[]) => Promise<boolean>,
  { onError, isJudged, streamColumns, note, output }: StreamSettings,
): Promise<StreamCounts> {
  const counts: StreamCounts = { decided: 0, leftOut: 0, skipped: 0, unheard: 0 }
  const names: EventName[] = []
  const events: ReadEvent[] = []
  const flush = async (): Promise<boolean> => {
    const decisions = decider.decide(events)
    const text = decisions.map((decision, i) => `${output.decision(names[i], decision, events[i])}\n`).join('')
    const written = names.splice(0)
    counts.decided += decisions.length
    events.length = 0
    return text === '' || (await write(text, written))
  }
  /** Takes an event. @returns a verdict that is to be heard when all before it is decided */
  const take = (line: InputLine): Verdict | null => {
    const event = eventOnLine(line)
    const verdict = streamColumns === null ? null : verdictOf(event, streamColumns)
    if (verdict === 'malformed') {
      throw malformed('needs a verdict with "stream" and "hostile", true or false, received another one')
    }
    if (verdict !== null) return verdict
    if (!isJudged(event)) {
      counts.leftOut++
      return null
    }
    events.push(readKnown(decider, event))
    names.push({ id: idOf(event, line.number), isOwn: ownIdOf(event) !== null })
    return null
  }
  /** Does something with a line; a bad one is passed over where that is wanted. */
  const attempt = async <T>(line: InputLine, act: () => T): Promise<T | null> => {
    try {
      return act()
    } catch (cause) {
      const error = cause instanceof VigilError ? cause.at(`Line ${line.number}`) : cause
      if (onError === 'stop' || !(error instanceof VigilError)) {
        await flush()
        throw error
      }
      counts.skipped++
      note(error.message)
      return null
    }
  }
  for await (const together of lines) {
    for (const line of together) {
      const verdict = await attempt(line, () => take(line))
      if ((verdict !== null || events.length === EVENTS_MAX) && !(await flush())) return counts
      if (verdict === null) continue
      const isKnown = await attempt(line, () => decider.hear(verdict.stream, verdict))
      if (isKnown === false) counts.unheard++
    }
    if (!(await flush())) return counts
  }
  return counts
}

function eventOnLine({ text }: InputLine): RawEvent {
  if (text === null) throw malformed(`needs at most ${LINE_BYTES_MAX} bytes, received more`)
  return eventOf(parseInput(text))
}

/** What a stream came to where not all was as expected, a sentence each. @param unseen columns that no event had */
export function streamNotes({ decided, leftOut, skipped, unheard }: StreamCounts, unseen: readonly string[]): string[] {
  const besides = [
    ...(leftOut > 0 ? [`${formatCounted(leftOut, 'event')} left out by "where"`] : []),
    ...(skipped > 0 ? [`${formatCounted(skipped, 'bad line')} passed over`] : []),
    ...(unheard > 0 ? [`${formatCounted(unheard, 'verdict')} on streams that are not remembered`] : []),
  ]
  const names = unseen.slice(0, NAMES_SHOWN).map((name) => harmlessText(name, 60))
  const more = unseen.length > names.length ? ` and ${unseen.length - names.length} more` : ''
  return [
    ...(besides.length > 0 ? [`${formatCounted(decided, 'decision')}; ${besides.join(', ')}`] : []),
    ...(decided > 0 && names.length > 0 ? [`in no event, and read as missing: ${names.join(', ')}${more}`] : []),
  ]
}

/** Most columns that are named. */
const NAMES_SHOWN = 10
