import type { EvaluationSplit, Team } from '@vigil/actors'
import type { BoostingModel } from '@vigil/boosting'
import {
  BELIEF,
  type ResponseSettings,
  type Score,
  type Streams,
  type TunedRule,
  type TuningSettings,
  tunedRules,
  walkAll,
} from '@vigil/response'
import type { ResponseScores } from '@vigil/runs'
import { trimmedMeans } from '@vigil/vote'
import { boostedProbabilities } from '../boosting-inputs.ts'
import type { OnStep } from '../on-step.ts'
import { meanOf } from './outcomes.ts'
import { streamsOf } from './streams-of.ts'

/** Probabilities nearer to 0 or 1 say no more. */
const PROBABILITY_MIN = 1e-7

/** A rule beside the team, on the same streams. */
export type Reference = {
  readonly scores: ResponseScores['references'][number]
  /** [streams] */
  readonly returns: Float64Array
}

/**
 * Rules without learning by consequences, tuned on validation and applied to a split: constants, and for each score the rules of
 * packages/response.
 *
 * @param team publishes the policy whose scores are used
 */
export async function referencesOn(
  team: Team,
  {
    settings,
    split,
    faults,
    boosting,
    onStep,
  }: {
    readonly settings: TuningSettings
    readonly split: EvaluationSplit
    readonly faults: number
    /** null where the inputs are the state of the stream alone */
    readonly boosting: BoostingModel | null
    readonly onStep: OnStep
  },
): Promise<Reference[]> {
  const { dataset } = team
  const parts = [...new Set<EvaluationSplit>(['validation', split])]
  const [validation, evaluated] = [streamsOf(dataset, 'validation'), streamsOf(dataset, split)]
  const scores: Score[] = [
    ...(validation.ratios === null ? [] : [BELIEF]),
    ...(boosting === null ? [] : [{ name: 'boosting', logOdds: await boostedLogOdds(team, boosting, parts) }]),
    { name: 'team', logOdds: await teamLogOdds(team, faults, parts) },
  ]
  const references: Reference[] = []
  const { spec, seed } = settings
  for (const rule of tunedRules(validation, settings, scores)) {
    onStep('tuning rules to compare with', references.length, CONSTANTS + RULES * scores.length)
    references.push(asReference(rule, evaluated, { spec, seed }))
  }
  return references
}

/** Rules that packages/response has: constants, and those that a score has. Only shown as progress. */
const CONSTANTS = 4
const RULES = 10

function asReference(rule: TunedRule, streams: Streams, settings: ResponseSettings): Reference {
  const { name, score, parameters, validation, isWithinLimit, policy } = rule
  const { returns, actions, cutOff, benignContained } = walkAll(streams, settings, policy)
  const [allow, block, quarantine, alert] = actions
  // A ledger that counts containments, and nothing else.
  const counted = { ...settings.spec, containment: 1, falseContainment: 1, cutOffBenign: 0 }
  const { ledger } = walkAll(streams, { ...settings, spec: counted }, policy)
  const [contained, falselyContained] = [-ledger[4] + ledger[5], -ledger[5]]
  const counts = { contained: contained + 0, falselyContained: falselyContained + 0, benignContained }
  const figures = { returnMean: meanOf(returns), actions: { allow, block, quarantine, alert }, cutOff, ...counts }
  return { scores: { name, score, parameters: { ...parameters }, validation, isWithinLimit, ...figures }, returns }
}

/** [N] log-odds by row; 0 on rows of other parts. */
export async function boostedLogOdds(
  { dataset }: Team,
  model: BoostingModel,
  parts: readonly EvaluationSplit[],
): Promise<Float64Array> {
  const logOdds = new Float64Array(dataset.rowCount)
  for (const part of parts) {
    const { rows } = dataset.splits[part]
    const probabilities = await boostedProbabilities(model, dataset, rows)
    for (const [i, row] of rows.entries()) logOdds[row] = logOddsOf(probabilities[i])
  }
  return logOdds
}

/** [N] log-odds of P(block) + P(quarantine) by row, trimmed mean of the agents, where the team allows everything. */
async function teamLogOdds(team: Team, faults: number, parts: readonly EvaluationSplit[]): Promise<Float64Array> {
  const agentCount = team.network.agentCount
  const logOdds = new Float64Array(team.dataset.rowCount)
  for (const part of parts) {
    const { scores } = await team.pool.evaluate(part, { votes: new Uint8Array(agentCount) })
    const means = trimmedMeans(scores, agentCount, faults)
    for (const [i, row] of team.dataset.splits[part].rows.entries()) logOdds[row] = logOddsOf(means[i])
  }
  return logOdds
}

function logOddsOf(probability: number): number {
  const p = Math.min(1 - PROBABILITY_MIN, Math.max(PROBABILITY_MIN, probability))
  return Math.log(p / (1 - p))
}
