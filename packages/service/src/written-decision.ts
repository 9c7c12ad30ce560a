import type { RawEvent } from '@vigil/features'
import type { LiveDecision } from './decider.ts'

/** By number. */
export const ACTION_NAMES = ['allow', 'block', 'quarantine', 'alert'] as const

const BRACE = 123

/** A longer text names no event. */
const ID_LENGTH_MAX = 200

/**
 * A decision as JSON.
 *
 * @param id what the event is named by
 */
export function writtenDecision(id: string | number, decision: LiveDecision): string {
  const { action, score, decided, margin, votes, scores, why, shield } = decision
  // Written by hand: a third of the time that an object takes, with the same bytes.
  let voted: string = ACTION_NAMES[votes[0]]
  for (let agent = 1; agent < votes.length; agent++) voted += `","${ACTION_NAMES[votes[agent]]}`
  let scored = `${scores[0]}`
  for (let agent = 1; agent < scores.length; agent++) scored += `,${scores[agent]}`
  const end = why === null && shield === null ? '}' : `${writtenReasons(why, shield)}}`
  const text = `{"id":${JSON.stringify(id)},"action":"${ACTION_NAMES[action]}","score":${score},"decided":${decided},"margin":${margin},"votes":["${voted}"],"scores":[${scored}]${end}`
  return oneText(text)
}

function writtenReasons(why: LiveDecision['why'], shield: LiveDecision['shield']): string {
  const reasons = why === null ? '' : `,"why":${JSON.stringify(why)}`
  if (shield === null) return reasons
  const { from, to, specification } = shield
  return `${reasons},"shield":${JSON.stringify({ from: ACTION_NAMES[from], to: ACTION_NAMES[to], specification })}`
}

/**
 * The same text in one piece: one that was added up is a tree of its parts, four times as large, for as long as it is remembered or until
 * somebody looks at a character of it.
 */
function oneText(text: string): string {
  if (text.charCodeAt(0) !== BRACE) throw new TypeError('a decision begins with a brace')
  return text
}

/** What stands in place of a decision that was not there in time, as JSON. */
export function writtenFallback(id: string | number, action: number): string {
  return JSON.stringify({ id, action: ACTION_NAMES[action], decided: false, late: true })
}

/** What an event on a line is named by: its own `id`, text or a finite number, else the number of its line, from 1. */
export function idOf(event: RawEvent, line: number): string | number {
  return ownIdOf(event) ?? line
}

/** The event's own `id`, text or a finite number; null without one. */
export function ownIdOf({ id }: RawEvent): string | number | null {
  if (typeof id === 'number') return Number.isFinite(id) ? id : null
  return typeof id === 'string' && id !== '' && id.length <= ID_LENGTH_MAX ? id : null
}
