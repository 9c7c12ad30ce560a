import type { EvaluationSplit } from '@vigil/actors'
import { breakEvenProbability, type RewardTable } from '@vigil/env-wasm'
import { attackTeam } from '../attacks/attack-team.ts'
import type { Attack } from '../attacks/attack-votes.ts'
import type { Config } from '../config/config.ts'
import type { Team } from '../run/team.ts'
import { countActions, recallByClass } from '../run-files/classification.ts'
import type { Evaluation } from '../run-files/evaluation.ts'
import { rewardDifference, scoresOf } from './scores.ts'
import { specificationScores } from './specification-scores.ts'
import { decideSplit, type SplitDecisions } from './team-decisions.ts'
import { diversityOf } from './team-diversity.ts'
import { notesOn, verdictOn } from './verdict.ts'

/** Restrictive and permissive actions that stand for a plain yes or no. */
const BLOCK = 1
const ALLOW = 0

/** evaluation.json, and the decisions that it is about. */
export type TeamEvaluation = { readonly evaluation: Evaluation; readonly decisions: SplitDecisions }

/**
 * Everything of evaluation.json for one split, with the baselines beside it.
 *
 * @param parameters   [A, P] of the team
 * @param crossEntropy [A, P] of the same network trained by cross-entropy on the training labels
 */
export async function evaluateTeam(
  team: Team,
  config: Config,
  options: {
    readonly split: EvaluationSplit
    readonly parameters: Float32Array
    readonly crossEntropy: Float32Array
    /** what the team is attacked by */
    readonly attacks: readonly Attack[]
  },
): Promise<TeamEvaluation> {
  const { dataset } = team
  const { rewards } = config
  const threshold = breakEvenProbability(rewards)

  team.publish(options.parameters, 0)
  const decisions = await decideSplit(team, config, options.split)
  const { parameters, attacks } = options
  const byzantine = await attackTeam(team, config, { split: options.split, parameters, decisions, attacks })
  // A cross-entropy network estimates probabilities: it acts where the reward table says that a restrictive action pays.
  team.publish(options.crossEntropy, 0)
  const supervised = await decideSplit(team, config, options.split, (_, scores) =>
    Uint8Array.from(scores, (score) => (score > threshold ? BLOCK : ALLOW)),
  )

  const { labels } = decisions
  const { streamStarts } = dataset.splits[options.split]
  const rows = labels.length
  const scored = (actions: Uint8Array, scores: Float32Array) => scoresOf({ actions, scores, labels }, rewards)
  const constant = (action: number) => ({ actions: new Uint8Array(rows).fill(action), scores: new Float32Array(rows) })
  const rivals = [
    { name: 'always-allow', ...constant(ALLOW) },
    { name: 'always-block', ...constant(BLOCK) },
    { name: 'cross-entropy', actions: supervised.actions, scores: supervised.scores },
  ]
  const trainRows = new Uint32Array(dataset.classNames.length)
  for (const row of dataset.splits.train.rows) trainRows[dataset.classes[row]]++
  const agents = decisions.agents.map(({ actions, scores }) => scored(actions, scores))
  const result = {
    dataset: config.dataset,
    split: options.split,
    rows,
    threats: labels.reduce((sum, label) => sum + label, 0),
    rule: config.rule,
    faults: config.faults,
    team: scored(decisions.actions, decisions.scores),
    agents,
    actions: countActions(decisions.actions),
    perClass: recallByClass(decisions, dataset.classNames)
      .map((entry, index) => ({ ...entry, trainRows: trainRows[index] }))
      .filter(({ rows }) => rows > 0),
    byzantine,
    diversity: diversityOf(
      decisions.agents.map((agent, i) => ({ ...agent, alone: agents[i] })),
      labels,
    ),
    stl: specificationScores(config, decisions),
    baselines: rivals.map(({ name, actions, scores }) => ({ name, ...scored(actions, scores) })),
    bayes: bayesOptimum(decisions, rewards),
  }
  const notes = notesOn({ ...result, supervised, threshold, features: config.features })
  const verdict = verdictOn({
    team: result.team,
    rivals: rivals.map(({ name, actions }, i) => ({
      name,
      rewardMean: result.baselines[i].rewardMean,
      teamGains: rewardDifference({ first: decisions.actions, second: actions }, { labels, streamStarts }, rewards),
    })),
  })
  return { evaluation: { ...result, verdict, notes }, decisions }
}

/** What the best possible decision maker would have got, who knows the generator: restrictive above break-even. */
function bayesOptimum({ posterior, labels }: SplitDecisions, rewards: RewardTable): Evaluation['bayes'] {
  if (posterior === null) return null
  const threshold = breakEvenProbability(rewards)
  const actions = Uint8Array.from(posterior, (p) => (p > threshold ? BLOCK : ALLOW))
  const { f1, accuracy, rewardMean } = scoresOf({ actions, scores: posterior, labels }, rewards)
  return { f1, accuracy, rewardMean, threshold }
}
