import type { ReadEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import type { LiveDecision } from '../decider.ts'
import { writtenDecision, writtenFallback } from '../written-decision.ts'
import { cloudEvent } from './cloud-event.ts'
import { ocsfEvent, type QuarantineTarget } from './ocsf-event.ts'

export const OUTPUT_FORMATS = ['vigil', 'ocsf'] as const
export const ENVELOPES = ['none', 'cloudevents'] as const

/** How decisions are written. */
export type OutputSettings = {
  readonly format: (typeof OUTPUT_FORMATS)[number]
  readonly envelope: (typeof ENVELOPES)[number]
  /** what a quarantine contains; OCSF tells the two apart */
  readonly quarantineOf: QuarantineTarget
  /** whether nobody acts on these decisions */
  readonly isShadow: boolean
}

/** What an event is named by, and whether that is an `id` of its own. */
export type EventName = { readonly id: string | number; readonly isOwn: boolean }

/** Writes decisions as JSON, without a line's end. */
export type DecisionOutput = {
  decision(name: EventName, decision: LiveDecision, event: ReadEvent): string
  /** @param action in place of a decision that was not there in time */
  fallback(name: EventName, action: number, event: ReadEvent): string
  /** Media type of one written decision. */
  readonly mediaType: string
}

/** Vigil's own JSON, without an envelope. */
export const PLAIN_OUTPUT: DecisionOutput = {
  decision: ({ id }, decision) => writtenDecision(id, decision),
  fallback: ({ id }, action) => writtenFallback(id, action),
  mediaType: 'application/json',
}

/** What a writer of decisions needs to know. */
export type OutputParts = {
  readonly bundle: Pick<Bundle, 'configFingerprint' | 'iteration'>
  /** Milliseconds since 1970: when an event without a time is decided on. */
  readonly now: () => number
  /** A name that no other event has, for one without an `id`. */
  readonly unique: (position: string | number) => string
}

/**
 * The writer of decisions in a format, within an envelope.
 *
 * @example
 * ```ts
 * const output = createDecisionOutput(settings, { bundle, now: () => Date.now(), unique: String })
 * output.decision({ id: 7, isOwn: true }, decision, event) // {"activity_id":1,"activity_name":"Create", ...}
 * ```
 */
export function createDecisionOutput(settings: OutputSettings, parts: OutputParts): DecisionOutput {
  if (isPlain(settings)) return PLAIN_OUTPUT
  const write = decisionWriter(settings, parts)
  return {
    decision: (name, decision, event) => write(name, event, decision, () => writtenDecision(name.id, decision)),
    fallback: (name, action, event) => write(name, event, { action }, () => writtenFallback(name.id, action)),
    mediaType: settings.envelope === 'none' ? 'application/json' : 'application/cloudevents+json',
  }
}

/** Whether decisions are written as Vigil's own JSON, without an envelope. */
export function isPlain({ format, envelope }: OutputSettings): boolean {
  return format === 'vigil' && envelope === 'none'
}

/** What is written of a decision: its votes and reasons, or the action alone of one that was not there in time. */
type Written = LiveDecision | { readonly action: number }

/**
 * What writes a decision in a format, within an envelope.
 *
 * @returns takes the decision, and what makes Vigil's own JSON of it
 */
export function decisionWriter(
  { format, envelope, quarantineOf, isShadow }: OutputSettings,
  { bundle, now, unique }: OutputParts,
): (name: EventName, event: ReadEvent, decided: Written, plain: () => string) => string {
  const context = { team: bundle.configFingerprint, iteration: bundle.iteration, quarantineOf, isShadow }
  return (name, event, decided, plain) => {
    const head = { uid: name.isOwn ? String(name.id) : unique(name.id), time: timeOf(event, now), stream: event.stream }
    const data = format === 'ocsf' ? JSON.stringify(ocsfEvent(head, decided, context)) : plain()
    return envelope === 'none' ? data : cloudEvent({ ...head, team: context.team, isShadow, format, data })
  }
}

/** Milliseconds since 1970. An event has no time where the description of the training names none. */
function timeOf({ time }: ReadEvent, now: () => number): number {
  return time === 0n ? now() : Number(time / 1_000_000n)
}
