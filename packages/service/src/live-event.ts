import { harmlessText } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { featureError, parseJson, type RawEvent, type ReadEvent } from '@vigil/features'
import type { Decider } from './decider.ts'
import { serviceError } from './errors.ts'

/**
 * A value of JSON text.
 *
 * @throws {VigilError} EVENT_MALFORMED
 */
export function parseInput(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw malformed(`needs a JSON object, received text that is none (${harmlessText((cause as Error).message, 100)})`)
  }
}

/** A value as an event. @throws {VigilError} EVENT_MALFORMED */
export function eventOf(value: unknown): RawEvent {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as RawEvent
  throw malformed('needs a JSON object, received another value')
}

/** The complaint that some input is no event. */
export function malformed(complaint: string): VigilError {
  return serviceError('EVENT_MALFORMED', `Event: ${complaint}. Give each event as one JSON object.`)
}

/**
 * Reads an event. One without any of the columns is hardly an event whose cells are all missing, but one spelt differently.
 *
 * @throws {VigilError} EVENT_INVALID
 */
export function readKnown(decider: Pick<Decider, 'read' | 'columns'>, event: RawEvent): ReadEvent {
  const read = decider.read(event)
  if (read.cellCount > 0) return read
  const { columns } = decider
  throw featureError(
    'EVENT_INVALID',
    `Event: needs some of the columns ${columns.slice(0, 5).join(', ')}${columns.length > 5 ? ' and so on' : ''}, received none of them. Give events as the description of the training names their columns.`,
  )
}
