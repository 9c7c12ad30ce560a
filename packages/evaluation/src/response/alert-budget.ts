import type { EvaluationSplit, Team } from '@vigil/actors'
import type { BoostingModel } from '@vigil/boosting'
import { CUT_OFF, compileConstraints, type ResponseSpec, readsAlerts } from '@vigil/env-wasm'
import {
  BELIEF,
  leastSurcharge,
  type Policy,
  pairedInterval,
  type ResponseSettings,
  returnOf,
  type Score,
  type Streams,
  SURCHARGES_MAX,
  tunedLadder,
  walk,
  walkSites,
} from '@vigil/response'
import { countActions, type ResponseScores } from '@vigil/runs'
import type { OnStep } from '../on-step.ts'
import { type PlayedSplit, playSplit } from '../play-split.ts'
import type { EvaluationSettings } from '../settings.ts'
import { decisionRobustness, satisfiedRateOf } from '../specification-scores.ts'
import { consequencesOf, judgedOrder } from './consequences.ts'
import { isContained, isFalselyContained, meanOf, outcomesOf } from './outcomes.ts'
import { boostedLogOdds } from './references.ts'
import { streamsOf } from './streams-of.ts'
import { watchedDecisions } from './watched-decisions.ts'

type Budget = ResponseScores['alertBudget']

/**
 * What budgets of alerts cost a team: the prices that training charged, and beside it a rule that keeps the budgets as often.
 *
 * The rule is a ladder on the belief, or on boosting's log-odds where there is none. It is tuned on validation where an alert costs
 * more than it does (a Lagrange multiplier), by the least surcharge found with which every specification about alerts holds there as
 * often as it does for the team. On as many streams as leave that so the ladder of less surcharge acts in its place: between the two
 * lies what no surcharge reaches. What the rule then returns is counted without the surcharge.
 *
 * @param team publishes the policy that acts
 * @returns null where no specification in force is about alerts
 */
export async function alertBudgetOf(
  team: Team,
  settings: EvaluationSettings,
  options: {
    readonly split: EvaluationSplit
    readonly played: PlayedSplit
    readonly stopFactor: number
    readonly boosting: BoostingModel | null
    /** [S] that training charged */
    readonly prices: readonly (number | null)[]
    readonly onStep: OnStep
  },
): Promise<Budget> {
  const { environment } = settings
  const { response: spec, seed } = environment
  const budgets = compileConstraints(environment).programs.flatMap(({ signals }, s) =>
    readsAlerts(signals) ? [s] : [],
  )
  if (budgets.length === 0 || spec === null) return null
  const { split, played, stopFactor, boosting, prices, onStep } = options
  const { dataset } = team
  const hasBelief = dataset.consequences?.ratios != null
  if (!hasBelief && boosting === null) return { prices: [...prices], rule: null }
  const parts = [...new Set<EvaluationSplit>(['validation', split])]
  const score: Score = hasBelief ? BELIEF : { name: 'boosting', logOdds: await boostedLogOdds(team, boosting!, parts) }
  const validation = streamsOf(dataset, 'validation')
  const onValidation = await playSplit(team, settings, 'validation', { stopFactor })
  const watched = watchedDecisions(team, settings, { split: 'validation', played: onValidation })
  const wanted = decisionRobustness(settings, watched).map(satisfiedRateOf)
  const ruleSettings: ResponseSettings = { spec, seed }
  const tune = (surcharge: number) => {
    const charged = { ...ruleSettings, spec: { ...spec, alertCost: spec.alertCost + surcharge } }
    return tunedLadder(validation, charged, score)
  }
  const isAsSatisfied = (policyOf: PolicyOf) => {
    const satisfied = satisfiedBy(settings, walkRule(validation, ruleSettings, policyOf), validation)
    return budgets.every((s) => satisfied[s] >= wanted[s])
  }
  const found = leastSurcharge((surcharge, tried) => {
    onStep('tuning a rule to the same satisfaction', tried, SURCHARGES_MAX)
    const rule = tune(surcharge)
    return { value: rule, isEnough: isAsSatisfied(() => rule.policy) }
  })
  const mix = (laxShare: number) => mixtureOf(found.value.policy, found.below?.policy ?? found.value.policy, laxShare)
  const laxShare = found.below === null || !found.isEnough ? 0 : largestShare((share) => isAsSatisfied(mix(share)))
  const streams = streamsOf(dataset, split)
  const walked = walkRule(streams, ruleSettings, mix(laxShare))
  const [low, high] = pairedInterval(played.returns, walked.returns, seed)
  const { surcharge, isEnough, value } = found
  const rule = {
    ...{ score: score.name, parameters: { ...value.parameters }, surcharge, laxShare, isAsSatisfied: isEnough },
    satisfied: satisfiedBy(settings, walked, streams),
    ...figuresOf(walked, streams, spec),
    ...{ low, high },
  }
  return { prices: [...prices], rule }
}

/** Which policy decides a stream, by its number. */
type PolicyOf = (stream: number) => Policy

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
type Walked = Pick<PlayedSplit, 'actions' | 'decidedAt' | 'returns'>

function walkRule(streams: Streams, settings: ResponseSettings, policyOf: PolicyOf): Walked {
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
function satisfiedBy(settings: EvaluationSettings, walked: Walked, streams: Streams): number[] {
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

function figuresOf({ actions, decidedAt, returns }: Walked, streams: Streams, { block }: ResponseSpec) {
  const outcomes = outcomesOf(actions, streams, block)
  return {
    returnMean: meanOf(returns),
    actions: countActions(Uint8Array.from(decidedAt, (position) => actions[position])),
    cutOff: streams.rows.length - decidedAt.length,
    contained: outcomes.filter(isContained).length,
    falselyContained: outcomes.filter(isFalselyContained).length,
  }
}

/** Sentences about it, for a reader. */
export function alertBudgetInWords(
  budget: Budget,
  {
    specifications,
    response,
    satisfied,
  }: {
    readonly specifications: readonly { readonly name: string }[]
    readonly response: Pick<ResponseScores, 'returnMean' | 'costs'>
    /** [S] of the team */
    readonly satisfied: readonly number[]
  },
): string[] {
  if (budget === null) return []
  const priced = budget.prices.flatMap((price, s) => {
    if (price === null) return []
    const what = `Under "${specifications[s].name}" an alert was charged ${price.toFixed(3)} beside its cost of ${response.costs.alertCost}.`
    return [
      price > 0
        ? `${what} One more alert within the budget is worth about that reward, and an analyst's hour as many times that as an hour has alerts.`
        : `${what} The budget does not bind: more analysts would save nothing.`,
    ]
  })
  const { rule } = budget
  if (rule === null) return priced
  const shares = (values: readonly number[]) => values.map((value) => `${(100 * value).toFixed(1)} %`).join(', ')
  const difference = (response.returnMean - rule.returnMean).toFixed(3)
  const beside = `Ladders on ${rule.score}, tuned where an alert costs up to ${rule.surcharge.toFixed(2)} more, keep the specifications at ${shares(rule.satisfied)} of the steps, the team at ${shares(satisfied)}. The team's return per stream differs from theirs by ${difference} (${rule.low.toFixed(3)} to ${rule.high.toFixed(3)}).`
  return [...priced, beside]
}
