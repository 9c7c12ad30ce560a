import { VigilError } from '@vigil/errors'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import type { Decider } from '../decider.ts'
import { requestError } from '../errors.ts'
import { eventFilter } from '../event-filter.ts'
import { eventOf, readKnown } from '../live-event.ts'
import { ownIdOf } from '../written-decision.ts'
import type { DecisionQueue } from './decision-queue.ts'
import { type Answer, contentOf, isContentOf, type RememberedAnswers } from './remembered-answers.ts'

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
  const isJudged = eventFilter(bundle.pipeline.reading)

  function fill(answer: Answer, event: RawEvent): Answer {
    const id = ownIdOf(event)
    if (id === null) {
      decide(answer, event)
      return answer
    }
    answer.id = id
    answer.isOwnId = true
    const json = JSON.stringify(event)
    const before = remembered.peek(id)
    if (before !== undefined && before.error === null) {
      if (!isContentOf(before.content as string, json)) throw conflict()
      onRepeated()
      return before
    }
    decide(answer, event)
    answer.content = contentOf(json)
    remembered.put(id, answer)
    return answer
  }

  function decide(answer: Answer, event: RawEvent): void {
    if (isJudged(event)) {
      const read = readKnown(decider, event)
      answer.stream = read.stream
      queue.take(read, answer)
    } else {
      answer.stream = decider.streamOf(event)
      answer.json = JSON.stringify({ id: answer.id, leftOut: true })
      onLeftOut()
    }
    onTaken(event, answer)
  }

  return {
    take(value, position) {
      const answer = unanswered(position)
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

function unanswered(id: number): Answer {
  return { id, isOwnId: false, action: null, json: null, error: null, content: null, stream: null }
}

function conflict(): VigilError {
  return requestError(
    'ID_CONFLICT',
    'Event: needs an id of its own, received that of another event. Give each event an id, and send the same event under it again.',
  )
}
