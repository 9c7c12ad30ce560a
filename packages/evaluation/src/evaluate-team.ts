import type { EvaluationSplit, Team } from '@vigil/actors'
import type { BoostingModel } from '@vigil/boosting'
import { bestAction, type RewardTable } from '@vigil/env-wasm'
import { countActions, type Evaluation, recallByClass } from '@vigil/runs'
import { type AttackerTraining, attackTeam } from './attacks/attack-team.ts'
import type { Attack } from './attacks/attack-votes.ts'
import { boostedProbabilities } from './boosting-inputs.ts'
import type { OnStep } from './on-step.ts'
import { curveOf } from './operating-point/curves.ts'
import { type Budget, operatingPoints } from './operating-point/operating-points.ts'
import { rareLabelNotes } from './rare-labels.ts'
import { rewardDifference, scoresOf } from './scores.ts'
import type { EvaluationSettings } from './settings.ts'
import { specificationScores } from './specification-scores.ts'
import { targetThresholds } from './target-thresholds.ts'
import { decideSplit, type SplitDecisions } from './team-decisions.ts'
import { diversityOf } from './team-diversity.ts'
import { notesOn, verdictOn } from './verdict.ts'

/** The policies that do the same whatever the event. */
const CONSTANT_POLICIES = [
  { name: 'always-allow', action: 0 },
  { name: 'always-block', action: 1 },
  { name: 'always-alert', action: 3 },
] as const

/** evaluation.json, and the decisions that it is about. */
export type TeamEvaluation = { readonly evaluation: Evaluation; readonly decisions: SplitDecisions }

/**
 * Everything of evaluation.json for one split, with the baselines beside it.
 *
 * @param parameters   [A, P] of the team
 * @param crossEntropy [A, P] of the same network trained by cross-entropy on the training labels
 * @param boosting     trees trained on the same inputs and labels
 */
export async function evaluateTeam(
  team: Team,
  settings: EvaluationSettings,
  options: {
    readonly split: EvaluationSplit
    readonly parameters: Float32Array
    readonly crossEntropy: Float32Array
    readonly boosting: BoostingModel
    /** what an operating point may cost at most; one per day only where the dataset has events per day */
    readonly budgets: readonly Budget[]
    /** what the team is attacked by */
    readonly attacks: readonly Attack[]
    /** told what is being done */
    readonly onStep?: OnStep
    /** lets agents learn to do harm, for the attack `trained` */
    readonly trainAttackers: AttackerTraining
  },
): Promise<TeamEvaluation> {
  const { dataset } = team
  const { rewards } = settings
  const { onStep = () => undefined } = options
  onStep(`deciding on the ${options.split} split`, 0, 1)
  team.publish(options.parameters, 0)
  const decisions = await decideSplit(team, settings, options.split)
  const teamOnValidation = await decideSplit(team, settings, 'validation')
  const { parameters, attacks, trainAttackers } = options
  const byzantine = await attackTeam(team, settings, {
    split: options.split,
    parameters,
    decisions,
    attacks,
    onStep,
    trainAttackers,
  })
  onStep('deciding with the cross-entropy baseline', 0, 1)
  // A cross-entropy network estimates probabilities: it does what the reward table pays most for.
  team.publish(options.crossEntropy, 0)
  const act = (_: Uint8Array, scores: Float32Array) => Uint8Array.from(scores, (score) => bestAction(score, rewards))
  const supervised = await decideSplit(team, settings, options.split, act)
  const supervisedOnValidation = await decideSplit(team, settings, 'validation', act)
  const boosted = async (split: EvaluationSplit) =>
    byProbability(await boostedProbabilities(options.boosting, dataset, dataset.splits[split].rows), rewards)
  const [boosting, boostingOnValidation] = [await boosted(options.split), await boosted('validation')]

  const { labels } = decisions
  const { streamStarts } = dataset.splits[options.split]
  const rows = labels.length
  const scored = (policy: Omit<Parameters<typeof scoresOf>[0], 'labels'>) => scoresOf({ ...policy, labels }, rewards)
  const rivals = [
    ...CONSTANT_POLICIES.map(({ name, action }) => ({
      name,
      policy: { actions: new Uint8Array(rows).fill(action), scores: new Float32Array(rows) },
    })),
    { name: 'cross-entropy', policy: supervised },
    { name: 'boosting', policy: boosting },
  ]
  const validation = {
    labels: teamOnValidation.labels,
    eventsPerDay: dataset.eventsPerDay?.validation ?? null,
    policies: named(teamOnValidation, supervisedOnValidation, boostingOnValidation),
  }
  const evaluated = {
    ...{ labels, classes: decisions.classes, classNames: dataset.classNames },
    eventsPerDay: dataset.eventsPerDay?.[options.split] ?? null,
    policies: named(decisions, supervised, boosting),
  }
  const [trainRows, validationRows] = (['train', 'validation'] as const).map((part) => rowsByClass(dataset, part))
  const agents = decisions.agents.map(scored)
  const result = {
    dataset: settings.dataset,
    split: options.split,
    rows,
    threats: labels.reduce((sum, label) => sum + label, 0),
    cutOff: null,
    rewards,
    rule: settings.rule,
    faults: settings.faults,
    team: scored(decisions),
    agents,
    actions: countActions(decisions.actions),
    perClass: recallByClass(decisions, dataset.classNames)
      .map((entry, index) => ({ ...entry, trainRows: trainRows[index], validationRows: validationRows[index] }))
      .filter(({ rows }) => rows > 0),
    byzantine,
    diversity: diversityOf(
      decisions.agents.map((agent, i) => ({ ...agent, alone: agents[i] })),
      labels,
    ),
    stl: specificationScores(settings, decisions),
    baselines: rivals.map(({ name, policy }) => ({ name, ...scored(policy) })),
    thresholds: settings.specifications.length > 0 ? targetThresholds(settings, validation, evaluated) : [],
    curves: evaluated.policies.map(({ name, scores }) => curveOf(name, scores, labels)),
    operatingPoints: operatingPoints(options.budgets, validation, evaluated),
    bayes: bayesOptimum(decisions, rewards),
  }
  const notes = [...rareLabelNotes(dataset), ...notesOn({ ...result, supervised, features: settings.features })]
  const verdict = verdictOn({
    team: result.team,
    rivals: rivals.map(({ name, policy: { actions } }, i) => ({
      name,
      rewardMean: result.baselines[i].rewardMean,
      teamGains: rewardDifference({ first: decisions.actions, second: actions }, { labels, streamStarts }, rewards),
    })),
  })
  return { evaluation: { ...result, gain: null, response: null, verdict, notes }, decisions }
}

type Decided = Pick<SplitDecisions, 'actions' | 'scores'>

/** The policies with a score, by name. */
function named(team: Decided, crossEntropy: Decided, boosting: Decided) {
  return [
    { ...team, name: 'team' },
    { ...crossEntropy, name: 'cross-entropy' },
    { ...boosting, name: 'boosting' },
  ]
}

/** What the best possible decision maker would have got, who knows the generator and does what pays most. */
function bayesOptimum({ posterior, labels }: SplitDecisions, rewards: RewardTable): Evaluation['bayes'] {
  if (posterior === null) return null
  return scoresOf({ ...byProbability(posterior, rewards), labels }, rewards)
}

/** What the reward table pays most for on events of these threat probabilities [n]. */
function byProbability(probabilities: Float32Array, rewards: RewardTable) {
  return { actions: Uint8Array.from(probabilities, (p) => bestAction(p, rewards)), scores: probabilities }
}

/** [classes] rows of each class in a part of the data. */
export function rowsByClass(
  { classes, classNames, splits }: Team['dataset'],
  part: 'train' | 'validation',
): Uint32Array {
  const rows = new Uint32Array(classNames.length)
  for (const row of splits[part].rows) rows[classes[row]]++
  return rows
}
