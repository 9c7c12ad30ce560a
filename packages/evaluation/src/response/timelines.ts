import { CUT_OFF } from '@vigil/env-wasm'
import { type Policy, type ResponseSettings, type Streams, type WalkStep, walk, walkSites } from '@vigil/response'
import type { Timeline } from '@vigil/runs'
import { trimmedMeans } from '@vigil/vote'
import type { PlayedSplit } from '../play-split.ts'
import { isContained, isFalselyContained, type Outcome } from './outcomes.ts'

const QUARANTINE = 2

/** Events of a stream that are shown before the one it turns on, and after. */
const SHOWN_BEFORE = 60
const SHOWN_AFTER = 30

/** What streams are shown of. */
export type Shown = {
  readonly streams: Streams
  readonly settings: ResponseSettings
  readonly outcomes: readonly Outcome[]
  readonly agentCount: number
  readonly faults: number
}

/**
 * One stream of each kind, where there is one, event by event. None where blocked intruders try again: of an event's tries only
 * the last action is known, so the walk cannot be repeated.
 */
export function timelinesOf(played: PlayedSplit, shown: Shown): Timeline[] {
  if (shown.settings.spec.block === 'retry') return []
  return chosen(shown.outcomes, played.actions, shown.streams).map(({ kind, stream }) =>
    timelineOf(kind, stream, played, shown),
  )
}

type Choice = { readonly kind: Timeline['kind']; readonly stream: number }

/** The first stream of each kind; of those that the team contained, also the one that it contained latest. */
function chosen(outcomes: readonly Outcome[], actions: Uint8Array, { streamStarts }: Streams): Choice[] {
  const first = (kind: Choice['kind'], isOne: (outcome: Outcome, stream: number) => boolean): Choice[] => {
    const stream = outcomes.findIndex(isOne)
    return stream < 0 ? [] : [{ kind, stream }]
  }
  const hasThreat = ({ compromisedFrom }: Outcome, stream: number) => compromisedFrom < streamStarts[stream + 1]
  const isByTeam = (outcome: Outcome) => isContained(outcome) && outcome.endedBy === 'team'
  const delayOf = ({ endedAt, compromisedFrom }: Outcome) => endedAt - compromisedFrom
  const latest = outcomes
    .filter(isByTeam)
    .reduce((most, outcome) => Math.max(most, delayOf(outcome)), Number.NEGATIVE_INFINITY)
  const choices = [
    ...first('contained', isByTeam),
    ...first('contained-late', (outcome) => isByTeam(outcome) && delayOf(outcome) === latest),
    ...first('verdict', (outcome) => isContained(outcome) && outcome.endedBy === 'analyst'),
    ...first('false-containment', isFalselyContained),
    ...first('missed', (outcome, stream) => outcome.endedBy === null && hasThreat(outcome, stream)),
    ...first('let-through', (outcome, stream) => {
      const [start, end] = [streamStarts[stream], streamStarts[stream + 1]]
      const isAlerted = actions.subarray(start, end).includes(3)
      return outcome.endedBy === null && !hasThreat(outcome, stream) && isAlerted
    }),
  ]
  return choices.filter(({ stream }, i) => choices.findIndex((other) => other.stream === stream) === i)
}

function timelineOf(kind: Timeline['kind'], stream: number, played: PlayedSplit, shown: Shown): Timeline {
  const { streams, outcomes, agentCount, faults } = shown
  const { rows, labels, streamStarts } = streams
  const [start, end] = [streamStarts[stream], streamStarts[stream + 1]]
  const { endedAt, compromisedFrom } = outcomes[stream]
  const turn = kind === 'missed' ? compromisedFrom : Math.min(endedAt, end - 1)
  const [from, to] = [Math.max(start, turn - SHOWN_BEFORE), Math.min(end, turn + SHOWN_AFTER)]
  const steps = new Map(stepsOf(stream, played, shown).map((step) => [step.view.position, step]))
  const { decidedAt, events } = played
  const firstDecided = decidedAt.findIndex((position) => position >= from)
  const scores = trimmedMeans(events.scores, agentCount, faults)
  let decided = firstDecided
  const moments = Array.from(rows.subarray(from, to), (row, i): Timeline['moments'][number] => {
    const event = { row, isThreat: labels[row] === 1 }
    const step = steps.get(from + i)
    const action = played.actions[from + i]
    if (action === CUT_OFF)
      return { ...event, score: null, ticket: null, reward: null, belief: null, votes: null, action: null }
    const at = decided++
    return {
      ...event,
      score: Math.min(1, scores[at]),
      ticket: step?.view.ticket ?? null,
      reward: step?.reward ?? null,
      belief: step === undefined || Number.isNaN(step.view.belief) ? null : step.view.belief,
      votes: [...events.votes.subarray(at * agentCount, (at + 1) * agentCount)],
      action,
    }
  })
  return { kind, stream, returned: played.returns[stream], before: from - start, after: end - to, moments }
}

/** The stream walked again by what the team did: tickets, beliefs and rewards of each decision. */
function stepsOf(stream: number, { actions }: PlayedSplit, { streams, settings }: Shown): readonly WalkStep[] {
  const policy: Policy = ({ position }) => (actions[position] === CUT_OFF ? QUARANTINE : actions[position])
  const { order } = streams
  if (order === undefined) return walk(streams, stream, settings, policy).steps
  const steps: WalkStep[] = []
  walkSites({ ...streams, order }, settings, policy, (step) => {
    if (step.view.site?.stream === stream) steps.push(step)
  })
  return steps
}
