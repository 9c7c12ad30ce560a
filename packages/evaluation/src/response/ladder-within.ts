import { CUT_OFF, compileConstraints, type EnvironmentSpec, readsAlerts } from '@vigil/env-wasm'
import {
  type LeastSurcharge,
  leastSurcharge,
  type Policy,
  type ResponseSettings,
  returnOf,
  type Score,
  type Streams,
  type TunedRule,
  tunedLadder,
  walk,
  walkSites,
} from '@vigil/response'
import type { PlayedSplit } from '../play-split.ts'
import type { EvaluationSettings } from '../settings.ts'
import { decisionRobustness, satisfiedRateOf } from '../specification-scores.ts'
import { consequencesOf, judgedOrder } from './consequences.ts'

/** What decides how often specifications hold. */
export type JudgedBy = Pick<EvaluationSettings, 'environment' | 'agents'>

/** Places of the specifications that are about alerts. */
export function alertBudgetsOf(environment: EnvironmentSpec): readonly number[] {
  return compileConstraints(environment).programs.flatMap(({ signals }, s) => (readsAlerts(signals) ? [s] : []))
}

/** A ladder that keeps budgets of alerts, tuned where an alert costs more than it does (a Lagrange multiplier). */
export type LadderWithin = LeastSurcharge<TunedRule> & {
  /** Whether policies keep the budgets on the streams that the ladder was tuned on. */
  readonly isKeptBy: (policyOf: PolicyOf) => boolean
}

/**
 * The ladder on a score that is tuned with the least surcharge on alerts with which every specification about alerts holds as often as
 * wanted; where none is enough, the largest.
 *
 * @param streams on which it is tuned
 * @param wanted  [S] share of the steps at which each specification is to hold
 */
export function ladderWithin(
  streams: Streams,
  settings: JudgedBy,
  options: {
    readonly score: Score
    readonly wanted: readonly number[]
    readonly onTry: (tried: number) => void
  },
): LadderWithin {
  const { response: spec, seed } = settings.environment
  if (spec === null) throw new TypeError('ladderWithin needs an environment with consequences.')
  const { score, wanted, onTry } = options
  const budgets = alertBudgetsOf(settings.environment)
  const isKeptBy = (policyOf: PolicyOf) => {
    const satisfied = satisfiedBy(settings, walkRule(streams, { spec, seed }, policyOf), streams)
    return budgets.every((s) => satisfied[s] >= wanted[s])
  }
  const found = leastSurcharge((surcharge, tried) => {
    onTry(tried)
    const charged = { spec: { ...spec, alertCost: spec.alertCost + surcharge }, seed }
    const rule = tunedLadder(streams, charged, score)
    return { value: rule, isEnough: isKeptBy(() => rule.policy) }
  })
  return { ...found, isKeptBy }
}

/** Which policy decides a stream, by its number. */
export type PolicyOf = (stream: number) => Policy

/** A rule's way through the streams of a split. */
export type Walked = Pick<PlayedSplit, 'actions' | 'decidedAt' | 'returns'>

export function walkRule(streams: Streams, settings: ResponseSettings, policyOf: PolicyOf): Walked {
  const { actions, returns } = actionsOf(streams, settings, policyOf)
  const decidedAt = Uint32Array.from(actions.keys()).filter((position) => actions[position] !== CUT_OFF)
  return { actions, decidedAt, returns }
}

function actionsOf(
  { order, ...streams }: Streams,
  settings: ResponseSettings,
  policyOf: PolicyOf,
): Pick<Walked, 'actions' | 'returns'> {
  const streamCount = streams.streamStarts.length - 1
  if (order !== undefined) {
    const policy: Policy = (view) => policyOf(view.site!.stream)(view)
    const { actions, ledgers } = walkSites({ ...streams, order }, settings, policy)
    const returnAt = (_: unknown, stream: number) => returnOf(ledgers.subarray(8 * stream, 8 * stream + 8))
    return { actions, returns: Float64Array.from({ length: streamCount }, returnAt) }
  }
  const actions = new Uint8Array(streams.rows.length)
  const returns = Float64Array.from({ length: streamCount }, (_, stream) => {
    const walked = walk(streams, stream, settings, policyOf(stream))
    actions.set(walked.actions, streams.streamStarts[stream])
    return returnOf(walked.ledger)
  })
  return { actions, returns }
}

/** [S] share of the steps at which each specification holds; a rule always decides, as one. */
export function satisfiedBy(settings: JudgedBy, walked: Walked, streams: Streams): number[] {
  const { response: spec, seed } = settings.environment
  if (spec === null) throw new TypeError('satisfiedBy needs an environment with consequences.')
  const decidedAt = judgedOrder(walked, streams).map((place) => walked.decidedAt[place])
  const decisions = {
    labels: Uint8Array.from(decidedAt, (position) => streams.labels[streams.rows[position]]),
    actions: Uint8Array.from(decidedAt, (position) => walked.actions[position]),
    decided: new Uint8Array(decidedAt.length).fill(1),
    margin: new Int32Array(decidedAt.length).fill(settings.agents),
    consequences: consequencesOf(walked, streams, { spec, seed }),
  }
  return decisionRobustness(settings, decisions).map(satisfiedRateOf)
}
