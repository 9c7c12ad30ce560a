import type { VigilError } from '@vigil/errors'
import type { EventReading } from '@vigil/features'
import type { Decider } from '../decider.ts'
import { requestError, serviceError } from '../errors.ts'
import { verdictOf } from '../verdict-line.ts'
import { ownIdOf } from '../written-decision.ts'
import type { DecisionQueue } from './decision-queue.ts'
import type { FeedbackFile, KeptVerdict } from './feedback-file.ts'
import type { RememberedAnswers } from './remembered-answers.ts'
import { columnsOfStream, streamColumns } from './stream-columns.ts'

/** What became of verdicts. */
export type FeedbackCounts = {
  /** all of them, kept in the file */
  readonly kept: number
  /** those on streams that the team remembers */
  readonly heard: number
}

/** What verdicts are taken with. */
type FeedbackParts = {
  readonly decider: Decider
  readonly queue: DecisionQueue
  readonly remembered: RememberedAnswers
  readonly file: FeedbackFile
  readonly reading: EventReading | null
  readonly onVerdict: (isHeard: boolean) => void
}

/**
 * Takes verdicts, all of them or none: they are kept in the file, and then heard behind all events that have come before.
 *
 * @returns the function that takes them; it throws VERDICT_INVALID naming the verdict, BODY_SIZE, FILE_UNWRITABLE
 * @throws {VigilError} UNDECIDABLE where a stream is told by a column that verdicts have a use for
 */
export function createFeedback({
  decider,
  queue,
  remembered,
  file,
  reading,
  onVerdict,
}: FeedbackParts): (values: readonly unknown[]) => Promise<FeedbackCounts> {
  for (const name of ['id', 'verdict']) {
    if (!reading?.stream?.includes(name)) continue
    throw serviceError(
      'UNDECIDABLE',
      `Streams: need columns of other names than "${name}", which verdicts are written with. Train on events whose column has another name.`,
    )
  }
  const streamOf = streamColumns(reading)
  const verdictIn = (value: unknown): KeptVerdict | null => {
    if (typeof value !== 'object' || value === null) return null
    const { event, hostile } = value as Record<string, unknown>
    if (event === undefined) {
      const verdict = verdictOf({ verdict: value }, reading?.stream ?? [])
      const stream = verdict === null || verdict === 'malformed' ? null : streamOf(verdict.stream)
      return stream && { event: null, stream, isHostile: hostile === true }
    }
    const id = ownIdOf({ id: event })
    if (id === null || typeof hostile !== 'boolean') return null
    const stream = columnsOfStream(remembered.peek(id)?.stream ?? null, reading?.stream ?? [])
    return { event: id, stream, isHostile: hostile }
  }
  return async (values) => {
    const verdicts = values.map((value, i) => {
      const verdict = verdictIn(value)
      if (verdict === null) throw invalid(i + 1)
      return verdict
    })
    await file.append(verdicts)
    await queue.settled()
    const heard = verdicts.filter(({ stream, isHostile }) => {
      const isHeard = stream !== null && decider.hear(stream, { isHostile })
      onVerdict(isHeard)
      return isHeard
    })
    return { kept: verdicts.length, heard: heard.length }
  }
}

function invalid(position: number): VigilError {
  return requestError(
    'VERDICT_INVALID',
    `Verdict ${position}: needs "hostile", true or false, and "stream" or the id of an "event". Give for example {"event": 7, "hostile": false}.`,
  )
}
