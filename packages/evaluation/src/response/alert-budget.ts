import type { EvaluationSplit, Team } from '@vigil/actors'
import type { BoostingModel } from '@vigil/boosting'
import type { ResponseSpec } from '@vigil/env-wasm'
import { BELIEF, pairedInterval, type Score, type Streams, SURCHARGES_MAX } from '@vigil/response'
import { countActions, type ResponseScores } from '@vigil/runs'
import type { OnStep } from '../on-step.ts'
import { type PlayedSplit, playSplit } from '../play-split.ts'
import type { EvaluationSettings } from '../settings.ts'
import { decisionRobustness, satisfiedRateOf } from '../specification-scores.ts'
import { alertBudgetsOf, laddersWithin, satisfiedBy, type Walked, walkRule } from './ladders-within.ts'
import { isContained, isFalselyContained, meanOf, outcomesOf } from './outcomes.ts'
import { boostedLogOdds } from './references.ts'
import { streamsOf } from './streams-of.ts'
import { watchedDecisions } from './watched-decisions.ts'

type Budget = ResponseScores['alertBudget']

/**
 * What budgets of alerts cost a team: the prices that training charged, and beside it a rule that keeps the budgets as often.
 *
 * The rule is a mixture of ladders on the belief, or on boosting's log-odds where there is none, with which every specification about alerts
 * holds on validation as often as it does for the team (laddersWithin). What it then returns is counted without the surcharge.
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
  const { response: spec, seed } = settings.environment
  if (alertBudgetsOf(settings.environment).length === 0 || spec === null) return null
  const { split, played, stopFactor, boosting, prices, onStep } = options
  const { dataset } = team
  const hasBelief = dataset.consequences?.ratios != null
  if (!hasBelief && boosting === null) return { prices: [...prices], rule: null }
  const parts = [...new Set<EvaluationSplit>(['validation', split])]
  const score: Score = hasBelief ? BELIEF : { name: 'boosting', logOdds: await boostedLogOdds(team, boosting!, parts) }
  const onValidation = await playSplit(team, settings, 'validation', { stopFactor })
  const watched = watchedDecisions(team, settings, { split: 'validation', played: onValidation })
  const wanted = decisionRobustness(settings, watched).map(satisfiedRateOf)
  const onTry = (tried: number) => onStep('tuning a rule to the same satisfaction', tried, SURCHARGES_MAX)
  const found = await laddersWithin(streamsOf(dataset, 'validation'), settings, { score, wanted, onTry })
  const streams = streamsOf(dataset, split)
  const walked = walkRule(streams, { spec, seed }, found.policyOf)
  const [low, high] = pairedInterval(played.returns, walked.returns, seed)
  const { strict, surcharge, laxShare, isEnough: isAsSatisfied } = found
  const rule = {
    ...{ score: score.name, parameters: { ...strict.parameters }, surcharge, laxShare, isAsSatisfied },
    satisfied: satisfiedBy(settings, walked, streams),
    ...figuresOf(walked, streams, spec),
    ...{ low, high },
  }
  return { prices: [...prices], rule }
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
