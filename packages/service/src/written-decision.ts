import type { RawEvent } from '@vigil/features'
import type { LiveDecision } from './decider.ts'

/** By number. */
export const ACTION_NAMES = ['allow', 'block', 'quarantine', 'alert'] as const

/** A longer text names no event. */
const ID_LENGTH_MAX = 200

/**
 * A decision as JSON.
 *
 * @param id what the event is named by
 */
export function writtenDecision(id: string | number, decision: LiveDecision): string {
  const { action, score, decided, margin, votes, scores, why, shield } = decision
  // Written by hand: a third of the time that an object takes, with the same bytes. Joined, it is one text in memory; added up, it
  // would be a tree of its parts for as long as it is remembered.
  const parts = ['{"id":', JSON.stringify(id), ',"action":"', ACTION_NAMES[action], '","score":', score]
  parts.push(decided ? ',"decided":true,"margin":' : ',"decided":false,"margin":', margin, ',"votes":["')
  for (let agent = 0; agent < votes.length; agent++) parts.push(agent === 0 ? '' : '","', ACTION_NAMES[votes[agent]])
  parts.push('"],"scores":[', scores.join(','), ']')
  if (why !== null) parts.push(',"why":', JSON.stringify(why))
  if (shield !== null) {
    const { from, to, specification } = shield
    parts.push(',"shield":', JSON.stringify({ from: ACTION_NAMES[from], to: ACTION_NAMES[to], specification }))
  }
  parts.push('}')
  return parts.join('')
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
