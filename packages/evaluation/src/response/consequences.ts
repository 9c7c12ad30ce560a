import type { DecisionConsequences, ResponseSpec } from '@vigil/env-wasm'
import { type ResponseSettings, type SiteStreams, type Streams, walkSites } from '@vigil/response'
import type { PlayedSplit } from '../play-split.ts'
import { isFalselyContained, outcomesOf } from './outcomes.ts'

const [BLOCK, QUARANTINE, ALERT] = [1, 2, 3]

type Decided = Pick<PlayedSplit, 'actions' | 'decidedAt'>

/**
 * The order in which specifications judge decisions: that of the split's streams, one after another, or of time where they
 * share analysts.
 *
 * @returns places in `decidedAt`
 */
export function judgedOrder({ decidedAt }: Pick<Decided, 'decidedAt'>, { order }: Streams): Uint32Array {
  const places = Uint32Array.from(decidedAt.keys())
  return order === undefined ? places : places.sort((a, b) => order.ticks[decidedAt[a]] - order.ticks[decidedAt[b]])
}

/**
 * What the decisions on a split led to, for the signals of specifications: what a lane would have seen that walks the whole split.
 * Of an event that a blocked intruder tries again the last action is known, and counts once.
 *
 * @returns of each event that was decided, in judgedOrder
 */
export function consequencesOf(played: Decided, streams: Streams, settings: ResponseSettings): DecisionConsequences {
  const { order } = streams
  return order === undefined
    ? consequencesAlongStreams(played, streams, settings.spec)
    : consequencesAtSites(played, { ...streams, order }, settings)
}

function consequencesAtSites(
  { actions, decidedAt }: Decided,
  streams: SiteStreams,
  settings: ResponseSettings,
): DecisionConsequences {
  const damage = new Float64Array(decidedAt.length)
  const dwellTime = new Uint32Array(decidedAt.length)
  const openTickets = new Uint8Array(decidedAt.length)
  const falselyContained = new Uint8Array(decidedAt.length)
  let [i, present] = [-1, -1]
  walkSites(
    streams,
    settings,
    ({ position }) => actions[position],
    ({ view: { position, row }, action, ...step }) => {
      if (position !== present) i++
      present = position
      const isHarmful = streams.labels[row] === 1 && action !== QUARANTINE
      damage[i] = isHarmful ? costOfThreat(action, streams.damage?.[row] ?? 1, settings.spec) : 0
      dwellTime[i] = step.dwell
      openTickets[i] = step.openTickets
      falselyContained[i] = step.isFalselyContained ? 1 : 0
    },
  )
  return { damage, dwellTime, openTickets, falselyContained }
}

function consequencesAlongStreams(
  { actions, decidedAt }: Decided,
  streams: Streams,
  spec: ResponseSpec,
): DecisionConsequences {
  const { rows, streamStarts, labels } = streams
  const outcomes = outcomesOf(actions, streams, spec.block)
  const damage = new Float64Array(decidedAt.length)
  const dwellTime = new Uint32Array(decidedAt.length)
  const openTickets = new Uint8Array(decidedAt.length)
  const falselyContained = new Uint8Array(decidedAt.length)
  let i = 0
  for (const [stream, outcome] of outcomes.entries()) {
    const first = i
    let intruder: 'none' | 'present' | 'gone' = 'none'
    let [dwell, ticket] = [0, 0]
    for (; i < decidedAt.length && decidedAt[i] < streamStarts[stream + 1]; i++) {
      const row = rows[decidedAt[i]]
      const action = actions[decidedAt[i]]
      const goesOn = action !== QUARANTINE
      const isThreat = labels[row] === 1
      if (isThreat && intruder === 'none') intruder = 'present'
      if (intruder === 'present' && goesOn) dwell++
      if (isThreat && goesOn) damage[i] = costOfThreat(action, streams.damage?.[row] ?? 1, spec)
      if (isThreat && action === BLOCK && spec.block === 'fail-stop') intruder = 'gone'
      dwellTime[i] = dwell
      openTickets[i] = goesOn && (ticket > 0 || action === ALERT) ? 1 : 0
      const opened = action === ALERT && ticket === 0 ? spec.analystDelay + 1 : ticket
      ticket = Math.max(0, opened - 1)
    }
    if (i > first && isFalselyContained(outcome)) falselyContained[i - 1] = 1
  }
  return { damage, dwellTime, openTickets, falselyContained }
}

/** Damage where it is let through, and dwell. */
function costOfThreat(action: number, multiplier: number, { damage, dwell }: ResponseSpec): number {
  return multiplier * (action === BLOCK ? 0 : damage) + multiplier * dwell
}
