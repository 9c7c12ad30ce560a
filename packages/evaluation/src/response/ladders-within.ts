import { CUT_OFF, compileConstraints, type EnvironmentSpec, readsAlerts } from '@vigil/env-wasm'
import {
  leastSurcharge,
  type Policy,
  type ResponseSettings,
  returnOf,
  type Score,
  type Streams,
  type TunedRule,
  tunedLadders,
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

/** Which policy decides a stream, by its number. */
export type PolicyOf = (stream: number) => Policy

/** Ladders that keep budgets of alerts, tuned where an alert costs more than it does (a Lagrange multiplier). */
export type LaddersWithin = {
  /** The ladder of the least surcharge that is enough */
  readonly strict: TunedRule
  readonly surcharge: number
  /** Whether the budgets are kept as often as wanted; where no surcharge is enough, by none. */
  readonly isEnough: boolean
  /** Share of the streams on which the ladder of less surcharge acts in its place: between the two lies what no surcharge reaches. */
  readonly laxShare: number
  readonly policyOf: PolicyOf
}

/**
 * The best ladders on a score with which every specification about alerts holds as often as wanted: of the least surcharge on alerts that
 * is enough, and on as many streams as leave that so of the next smaller one that was tried.
 *
 * @param streams on which they are tuned
 * @param wanted  [S] share of the steps at which each specification is to hold
 */
export async function laddersWithin(
  streams: Streams,
  settings: JudgedBy,
  options: {
    readonly score: Score
    readonly wanted: readonly number[]
    readonly onTry: (tried: number) => void
  },
): Promise<LaddersWithin> {
  const { response: spec, seed } = settings.environment
  if (spec === null) throw new TypeError('laddersWithin needs an environment with consequences.')
  const { score, wanted, onTry } = options
  const budgets = alertBudgetsOf(settings.environment)
  const isKeptBy = (policyOf: PolicyOf) => {
    const satisfied = satisfiedBy(settings, walkRule(streams, { spec, seed }, policyOf), streams)
    return budgets.every((s) => satisfied[s] >= wanted[s])
  }
  const found = await leastSurcharge((surcharge, tried) => {
    onTry(tried)
    const charged = { spec: { ...spec, alertCost: spec.alertCost + surcharge }, seed }
    const rule = bestOf([...tunedLadders(streams, charged, score)])
    return { value: rule, isEnough: isKeptBy(() => rule.policy) }
  })
  const { value: strict, below, surcharge, isEnough } = found
  const mix = (share: number) => mixtureOf(strict.policy, below?.policy ?? strict.policy, share)
  const laxShare = below === null || !isEnough ? 0 : largestShare((share) => isKeptBy(mix(share)))
  return { strict, surcharge, isEnough, laxShare, policyOf: mix(laxShare) }
}

function bestOf(rules: readonly TunedRule[]): TunedRule {
  return rules.reduce((best, rule) => (rule.validation > best.validation ? rule : best))
}

/** Streams spread evenly over two rules, in any stretch of them (multiples of the golden ratio). */
function mixtureOf(strict: Policy, lax: Policy, laxShare: number): PolicyOf {
  return (stream) => ((stream * GOLDEN) % 1 < laxShare ? lax : strict)
}

const GOLDEN = (Math.sqrt(5) - 1) / 2
const SHARE_HALVINGS = 6

/** The largest share that will do, by bisection; 0 does. */
function largestShare(does: (share: number) => boolean): number {
  let [low, high] = [0, 1]
  for (let halving = 0; halving < SHARE_HALVINGS; halving++) {
    const between = (low + high) / 2
    if (does(between)) low = between
    else high = between
  }
  return low
}

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
