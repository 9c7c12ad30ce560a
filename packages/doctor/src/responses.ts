/** What goes wrong where actions change what happens next: stopping, alerts, the vote, and whether the sequence matters at all. */
import type { Config } from '@vigil/config'
import type { Evaluation, ResponseScores } from '@vigil/runs'
import { totalActions } from '@vigil/runs'
import type { Finding, MetricsCheck } from './finding.ts'
import { count, figure, list, percent, signed } from './words.ts'

/** A difference below this share of what lies between allowing everything and the bound is none. Own choice. */
const SLACK = 0.01

/** A stop level that gains more than this share of it is off. Own choice. */
const STOP_GAIN_MAX = 0.05

/** Fewer of the sampled actions than this are none: nothing can be learnt of what alerts bring. Own choice. */
const ALERT_SHARE_MIN = 1e-3

/** Restrictive shares further apart than this factor are unlike. Own choice. */
const UNLIKE_FACTOR = 3

/** Of shares below this a factor says nothing. */
const UNLIKE_SHARE_MIN = 2e-3

/** Fewer alerts than this share of the events keep no analyst busy. Own choice. */
const BUSY_SHARE_MIN = 1e-4

/** An evaluation in the environment `respond`. */
type Judged = {
  readonly evaluation: Evaluation
  readonly response: ResponseScores
  readonly gain: NonNullable<Evaluation['gain']>
}

type ResponseCheck = (judged: Judged) => Finding | null

/** No stream was ended, by the team or by an analyst, although some hold threats. */
const neverStops: ResponseCheck = ({ evaluation: { split, actions }, response }) => {
  const { contained, falselyContained, threatStreams, returnMean } = response
  if (contained + falselyContained > 0 || threatStreams === 0) return null
  return {
    code: 'STREAMS_NEVER_STOPPED',
    severity: 'problem',
    title: 'The team never ends a stream',
    evidence: `0 of ${count(response.streams)} streams of the ${split} split were contained, ${count(threatStreams)} hold threats; ${count(actions.quarantine)} quarantines, ${count(actions.alert)} alerts; ${signed(returnMean)} per stream.`,
    cause:
      'Early in training a stream is ended by chance long before its threat, so stopping is learnt to be bad before anything else is; or the greedy team never reaches what was sampled.',
    remedy: 'Train longer, begin from a classifier (--from), or see STOP_LEVEL_OFF.',
  }
}

/** Most streams without a threat are ended. */
const stopsAtOnce: ResponseCheck = ({ evaluation: { split, rows, cutOff }, response }) => {
  const { streams, threatStreams, falselyContained, benignContained = falselyContained, returnMean } = response
  const benign = streams - threatStreams
  if (2 * benignContained <= benign || cutOff === null) return null
  return {
    code: 'STREAMS_STOPPED_AT_ONCE',
    severity: 'problem',
    title: 'The team ends most streams before anything happened',
    evidence: `${count(benignContained)} of ${count(benign)} streams without a threat of the ${split} split were contained; ${figure((rows - cutOff) / Math.max(1, streams))} events decided of ${figure(rows / Math.max(1, streams))} in a stream; ${signed(returnMean)} per stream.`,
    cause: 'What quarantine costs is small beside what threats cost, or nothing was learnt of what follows.',
    remedy: 'Look at --response.false-containment and --response.cut-off-benign first, then train longer.',
  }
}

/** The vote returns less than each of its members alone. */
const voteWorse: ResponseCheck = ({ response: { members, returnMean }, gain }) => {
  const worst = Math.min(...members.map((member) => member.returnMean))
  if (members.length < 2 || returnMean >= worst - SLACK * rangeOf(gain)) return null
  return {
    code: 'VOTE_WORSE_THAN_MEMBERS',
    severity: 'problem',
    title: 'The vote returns less than each of its members alone',
    evidence: `${signed(returnMean)} per stream; alone ${list(members.map((member) => signed(member.returnMean)))}.`,
    cause:
      'Good members that act at different events make a bad vote: the quorum is missed where one of them would have stopped, and the fallback is paid.',
    remedy: 'Train longer, so that members agree; or give --rule=majority, which asks for fewer votes.',
  }
}

/** Deciding event by event does as well as anything. */
const sequenceDoesNotMatter: ResponseCheck = ({ response: { bound, references, best }, gain }) => {
  const isExact = bound.name === 'exact optimum'
  const reached = isExact ? gain.bound : Math.max(gain.best, gain.team)
  if (reached - gain.rule > SLACK * rangeOf(gain)) return null
  const beside = isExact
    ? `the exact optimum ${signed(gain.bound)}`
    : `the best rule, ${references[best].name}, ${signed(gain.best)}`
  return {
    code: 'SEQUENCE_DOES_NOT_MATTER',
    severity: 'note',
    title: 'The sequence does not matter here: the per-event rule is optimal',
    evidence: `The per-event rule returns ${signed(gain.rule)} per stream, ${beside}, the team ${signed(gain.team)}.`,
    cause: 'Under these costs nothing that an action changes later is worth more than what it pays at once.',
    remedy:
      'Where that is so, a classifier and its threshold suffice. Where it should not be, see --response.dwell and --response.blocked-benign.',
  }
}

/** Nobody asks the analyst. */
const budgetDoesNotBind: ResponseCheck = ({ evaluation: { actions, split }, response: { references, best } }) => {
  const decided = totalActions(actions)
  if (actions.alert >= BUSY_SHARE_MIN * decided || references[best].actions.alert === 0) return null
  return {
    code: 'TICKETS_UNUSED',
    severity: 'note',
    title: 'The team hardly ever asks the analyst: no budget of alerts binds',
    evidence: `${count(actions.alert)} alerts among ${count(decided)} events of the ${split} split; the best rule, ${references[best].name}, gives ${count(references[best].actions.alert)}.`,
    cause: 'An alert pays only when its verdict comes, some events later: it is the last thing to be learnt.',
    remedy: 'Train longer; see ALERT_NEVER_TRIED.',
  }
}

/** The stop level chosen lies at an end of what was tried, or makes up for much. */
const stopLevelOff: ResponseCheck = ({ response: { stopLevels, stopFactor }, gain }) => {
  const returnAt = (factor: number) => stopLevels.find((level) => level.factor === factor)?.returnMean ?? Number.NaN
  const gained = returnAt(stopFactor) - returnAt(1)
  const isAtEnd = stopFactor !== 1 && [stopLevels[0], stopLevels.at(-1)].some((level) => level?.factor === stopFactor)
  if (!isAtEnd && !(gained > STOP_GAIN_MAX * rangeOf(gain))) return null
  const direction = stopFactor < 1 ? 'too readily' : 'too seldom'
  return {
    code: 'STOP_LEVEL_OFF',
    severity: 'note',
    title: `The greedy team stops ${direction}`,
    evidence: `The best factor on P(quarantine) and P(alert) is ${figure(stopFactor)}${isAtEnd ? ', an end of what was tried' : ''}; on validation it returns ${signed(returnAt(stopFactor))} per stream, a factor of 1 ${signed(returnAt(1))}.`,
    cause:
      'Training samples actions: a small probability of stopping adds up over a stream. The greedy choice sees none of it.',
    remedy: 'The evaluation uses the factor. Train longer, or with less entropy, so that it is not needed.',
  }
}

/** Causes before what follows from them. */
const CHECKS: readonly ResponseCheck[] = [
  sequenceDoesNotMatter,
  neverStops,
  stopsAtOnce,
  voteWorse,
  stopLevelOff,
  budgetDoesNotBind,
]

/** What the evaluation of a team shows whose actions have consequences; nothing for others. */
export function responseFindings(evaluation: Evaluation): (Finding | null)[] {
  const { response, gain } = evaluation
  if (response === null || gain === null) return []
  return CHECKS.map((check) => check({ evaluation, response, gain }))
}

/** What can be gained over allowing everything. */
function rangeOf({ bound, allow }: Judged['gain']): number {
  return Math.max(bound - allow, 0)
}

/** Training has hardly sampled an alert. */
export const alertNeverTried: MetricsCheck = (_config: Config, metrics) => {
  const most = Math.max(...metrics.map(({ actions }) => actions.alert / Math.max(1, totalActions(actions))))
  if (most >= ALERT_SHARE_MIN) return null
  return {
    code: 'ALERT_NEVER_TRIED',
    severity: 'note',
    title: 'Training hardly ever tries an alert',
    evidence: `At most ${percent(most)} of the sampled actions of an iteration are alerts (${metrics.length} iterations).`,
    cause: 'What is not tried is not learnt: the worth of an alert shows only with the verdict, some events later.',
    remedy: 'Give a higher --entropy-coef, or a lower --response.alert-cost at first.',
  }
}

/** The greedy team stops far more or less than the sampled one. */
export const greedyUnlikeSampled: MetricsCheck = (_config, metrics) => {
  const last = metrics.findLast(({ validation }) => validation !== null)
  if (last?.validation == null) return null
  const { tp, fp, fn, tn } = last.validation
  const greedy = (tp + fp) / Math.max(1, tp + fp + fn + tn)
  const sampled = (last.actions.block + last.actions.quarantine) / Math.max(1, totalActions(last.actions))
  const [low, high] = greedy < sampled ? [greedy, sampled] : [sampled, greedy]
  if (high < UNLIKE_SHARE_MIN || high <= UNLIKE_FACTOR * low) return null
  return {
    code: 'GREEDY_UNLIKE_SAMPLED',
    severity: 'note',
    title: 'The greedy team is unlike the one that is trained',
    evidence: `Of the actions sampled in iteration ${last.iteration} ${percent(sampled)} are restrictive, of the greedy ones on validation ${percent(greedy)}.`,
    cause: 'Actions that are never the likeliest are sampled all the same, and training counts on them.',
    remedy: 'The evaluation chooses a stop level for it; train longer, or lower --entropy-coef.',
  }
}
