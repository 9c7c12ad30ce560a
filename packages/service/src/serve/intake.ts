import { hash } from 'node:crypto'
import { VigilError } from '@vigil/errors'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import type { Decider } from '../decider.ts'
import { requestError } from '../errors.ts'
import { eventFilter } from '../event-filter.ts'
import { eventOf, readKnown } from '../live-event.ts'
import { ownIdOf } from '../written-decision.ts'
import type { DecisionQueue } from './decision-queue.ts'
import type { Answer, RememberedAnswers } from './remembered-answers.ts'
import { streamColumns } from './stream-columns.ts'

/** Most characters of the columns that tell the stream of a remembered event; verdicts on others are kept without them. */
const STREAM_LENGTH_MAX = 1000

/** Takes events as they come. */
export type Intake = {
  /**
   * Takes an event, or gives the answer that it has had. A bad one gets its error as its answer, and the next goes on as if it had never been.
   *
   * @param position of the event in its request, from 1: its name where it has no `id`
   */
  take(value: () => unknown, position: number): Answer
}

/** What an intake calls on. */
type IntakeParts = {
  readonly bundle: Bundle
  readonly decider: Decider
  readonly queue: DecisionQueue
  readonly remembered: RememberedAnswers
  readonly onLeftOut: () => void
  readonly onRepeated: () => void
  readonly onTaken: (event: RawEvent, answer: Answer) => void
}

/** @throws {VigilError} UNDECIDABLE where `where` of the description looks at labels */
export function createIntake({
  bundle,
  decider,
  queue,
  remembered,
  onLeftOut,
  onRepeated,
  onTaken,
}: IntakeParts): Intake {
  const { reading } = bundle.pipeline
  const isJudged = eventFilter(reading)
  const streamOf = streamColumns(reading)

  function fill(answer: Answer, event: RawEvent): Answer {
    const id = ownIdOf(event)
    if (id === null) {
      decide(answer, event)
      return answer
    }
    answer.id = id
    answer.isOwnId = true
    const content = hash('sha256', JSON.stringify(event), 'base64')
    const before = remembered.peek(id)
    if (before !== undefined && before.answer.error === null) {
      if (before.content !== content) throw conflict()
      onRepeated()
      return before.answer
    }
    decide(answer, event)
    remembered.put(id, { content, answer, stream: shortEnough(streamOf(event)) })
    return answer
  }

  function decide(answer: Answer, event: RawEvent): void {
    if (isJudged(event)) queue.take(readKnown(decider, event), answer)
    else {
      answer.json = JSON.stringify({ id: answer.id, leftOut: true })
      onLeftOut()
    }
    onTaken(event, answer)
  }

  return {
    take(value, position) {
      const answer: Answer = { id: position, isOwnId: false, action: null, json: null, error: null }
      try {
        return fill(answer, eventOf(value()))
      } catch (error) {
        if (!(error instanceof VigilError)) throw error
        answer.error = error
        return answer
      }
    },
  }
}

/** Texts that are remembered are bounded, so that memory is. */
function shortEnough(stream: RawEvent | null): RawEvent | null {
  const length = Object.values(stream ?? {}).reduce<number>((sum, text) => sum + String(text).length, 0)
  return length <= STREAM_LENGTH_MAX ? stream : null
}

function conflict(): VigilError {
  return requestError(
    'ID_CONFLICT',
    'Event: needs an id of its own, received that of another event. Give each event an id, and send the same event under it again.',
  )
}
