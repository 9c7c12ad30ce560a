import { harmlessJson, writeFileAtomically } from '@vigil/command-line'
import { z } from 'zod'
import { diversitySchema, inconsistentDiversity } from './diversity.ts'
import { runFileError } from './errors.ts'
import { inconsistentPoints, operatingPointSchema, scoreCurveSchema } from './operating-point.ts'
import { type Inconsistency, inconsistentScores, type PolicyScores, policyScoresShape } from './policy-scores.ts'
import { readRunFile } from './read-run-file.ts'
import { gainSchema, inconsistentResponse, responseSchema } from './response.ts'
import { actionCounts, count, firstIssue, label, rewardTable, share, totalActions } from './schema-parts.ts'
import { inconsistentAttacks, underAttackSchema } from './under-attack.ts'

const classScoresSchema = z.strictObject({
  /** As the data has it: any text, unique. */
  name: z.string(),
  /** Rows of this class in the split evaluated. */
  rows: count,
  /** Share decided rightly: restrictive for threats, permissive for benign events. */
  recall: share,
  /** Rows of this class in the training split; 0 makes the class novel. */
  trainRows: count,
  /** Rows of this class in the validation split, by which the checkpoint is chosen; above 0 a novel class was seen there. */
  validationRows: count,
})

const specificationScoresSchema = z.strictObject({
  name: label,
  formula: label,
  /** Share of the steps at which it is to hold. */
  target: share,
  /** Share of the judged steps, those that have a value, at which its robustness is not below 0. */
  satisfiedRate: share,
  /** 95 % interval of that share. */
  satisfiedInterval: z.tuple([share, share]),
  /** Robustness in the unit of its predicates: least, mean, and mean of the worst 5 % of the steps. */
  robustnessMin: z.number(),
  robustnessMean: z.number(),
  robustnessTail5: z.number(),
  /** Least and mean robustness in equal stretches of the judged steps, in the split's order. */
  strip: z.strictObject({ min: z.array(z.number()), mean: z.array(z.number()) }),
})

const thresholdScoresSchema = z.strictObject({
  /** Whose score: `team`, or a baseline. */
  name: label,
  /** Events with a higher score are blocked. */
  threshold: z.number(),
  /** Whether all targets were met on the validation split, by which it was chosen. */
  metOnValidation: z.boolean(),
  /** Share of the judged steps at which each specification holds, in the order of `stl`. */
  satisfied: z.array(share),
  ...policyScoresShape,
})

const fields = z.strictObject({
  dataset: label,
  split: label,
  /** Rows of the split; every set of counts adds up to it, where actions have consequences less `cutOff`. */
  rows: count,
  /** Rows labelled threat. */
  threats: count,
  /** Rows that never happened because the team or the analyst had ended their stream; null where actions have no consequences. */
  cutOff: count.nullable(),
  /** What decisions are paid; every rewardMean follows from it and the counts, where actions have no consequences. */
  rewards: rewardTable,
  /** The rule by which the agents' votes become the team's action. */
  rule: label,
  /** f, the number of faulty agents that the rule is meant to bear. */
  faults: count,
  team: z.strictObject(policyScoresShape),
  /** Each agent alone, in the order of the agents; where actions have consequences its votes on the events that the team decided. */
  agents: z.array(z.strictObject(policyScoresShape)),
  /** The team's actions, one per row. */
  actions: actionCounts,
  perClass: z.array(classScoresSchema),
  /** Decisions under attack: every attack, number of faulty agents and rule. */
  byzantine: z.array(underAttackSchema),
  /** How far the agents differ: what a vote can make good are errors that agents do not share. */
  diversity: diversitySchema,
  /** Specifications in force, measured offline on the team's decisions over the split in its order. */
  stl: z.array(specificationScoresSchema),
  /** Other policies on the same rows, for comparison. */
  baselines: z.array(z.strictObject({ name: label, ...policyScoresShape })),
  /** Where specifications are in force: a single threshold on a score, chosen on validation to meet their targets. */
  thresholds: z.array(thresholdScoresSchema),
  /** What every threshold on the score of the team and of the trained baselines does on these rows. */
  curves: z.array(scoreCurveSchema),
  /** Thresholds on the same scores that keep a budget on validation, budget by budget. */
  operatingPoints: z.array(operatingPointSchema),
  /** The best possible decisions on the same rows where the generator knows them (synthetic), else null. */
  bayes: z.strictObject(policyScoresShape).nullable(),
  /** What the team gains over rules without learning; null where actions have no consequences. */
  gain: gainSchema.nullable(),
  /** Streams and what they returned, where actions have consequences (environment `respond`), else null. */
  response: responseSchema.nullable(),
  /** One plain sentence: does the team beat the baselines? */
  verdict: z.string().min(1),
  /** Further plain sentences that the reader must know. */
  notes: z.array(z.string().min(1)),
})

/** evaluation.json. Strict, and consistent in itself: counts add up to `rows`, shares follow from counts. */
const evaluationSchema = fields.superRefine((evaluation, context) => {
  for (const { path, message } of inconsistencies(evaluation))
    context.addIssue({ code: 'custom', path: [...path], message })
})

/** evaluation.json: what the team, its agents and the baselines did on one split. */
export type Evaluation = Readonly<z.infer<typeof evaluationSchema>>

/** What the team's decisions on the split are worth to one specification. */
export type SpecificationScores = Evaluation['stl'][number]

/** What a threshold does for the specifications in force. */
export type ThresholdScores = Evaluation['thresholds'][number]

/**
 * Checks an evaluation that came from outside.
 *
 * @param source where it came from, for the message
 * @throws {VigilError} EVALUATION_INVALID naming the first field that is wrong
 */
export function parseEvaluation(json: unknown, source = 'evaluation'): Evaluation {
  const result = evaluationSchema.safeParse(json)
  if (result.success) return result.data
  throw runFileError(
    'EVALUATION_INVALID',
    `${source} is not a valid evaluation (${firstIssue(result.error)}). Evaluate the run again to replace it.`,
  )
}

/**
 * Reads evaluation.json.
 *
 * @example
 * ```ts
 * const { team, baselines } = await readEvaluation('runs/NAME/evaluation.json')
 * team.f1 // 0 to 1; team.rewardMean per event
 * ```
 *
 * @throws {VigilError} RUN_FILE_UNREADABLE, or EVALUATION_INVALID naming the first field that is wrong
 */
export async function readEvaluation(path: string): Promise<Evaluation> {
  const bytes = await readRunFile(path)
  if (bytes === null) {
    throw runFileError(
      'RUN_FILE_UNREADABLE',
      `${path} is not there. It is written by an evaluation; give the folder of a run.`,
    )
  }
  let json: unknown
  try {
    json = JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw runFileError(
      'EVALUATION_INVALID',
      `${path} is not JSON (${(cause as Error).message}). Evaluate the run again to replace it.`,
      { cause },
    )
  }
  return parseEvaluation(json, path)
}

/**
 * Checks and writes evaluation.json, whole or not at all.
 *
 * @throws {VigilError} EVALUATION_INVALID, {VigilError}
 */
export async function writeEvaluation(path: string, evaluation: Evaluation): Promise<void> {
  const checked = parseEvaluation(evaluation)
  await writeFileAtomically(path, `${harmlessJson(checked)}\n`)
}

function inconsistencies(evaluation: z.infer<typeof fields>): Inconsistency[] {
  const { team, agents, baselines, bayes, actions, perClass, byzantine } = evaluation
  const found: Inconsistency[] = []
  const happened = eventsDecided(evaluation)
  const { rows } = happened
  const expectSum = (path: (string | number)[], what: string, sum: number, expected: number) => {
    if (sum !== expected) found.push({ path, message: `${what} must be ${expected}, received ${sum}` })
  }

  const policies: { path: (string | number)[]; scores: PolicyScores }[] = [
    { path: ['team'], scores: team },
    ...agents.map((scores, index) => ({ path: ['agents', index], scores })),
    ...baselines.map((scores, index) => ({ path: ['baselines', index], scores })),
    ...evaluation.thresholds.map((scores, index) => ({ path: ['thresholds', index], scores })),
    ...byzantine.map((entry, index) => ({ path: ['byzantine', index, 'team'], scores: entry.team })),
    ...(bayes === null ? [] : [{ path: ['bayes'], scores: bayes }]),
  ]
  for (const { path, scores } of policies) found.push(...inconsistentScores(path, scores, happened))
  found.push(...inconsistentAttacks(evaluation), ...inconsistentDiversity(evaluation))
  const { block, quarantine, alert } = actions
  expectSum(['actions'], 'the sum of the actions (the rows)', totalActions(actions), rows)
  expectSum(['actions'], 'block + quarantine (tp + fp of the team)', block + quarantine, team.tp + team.fp)
  const alerts = team.threatAlerts + team.benignAlerts
  expectSum(['actions'], 'alert (threatAlerts + benignAlerts of the team)', alert, alerts)
  const classRows = perClass.reduce((sum, { rows }) => sum + rows, 0)
  expectSum(['perClass'], 'the sum of the rows of the classes', classRows, rows)
  for (const [index, scores] of evaluation.stl.entries()) {
    found.push(...specificationInconsistencies(scores).map((message) => ({ path: ['stl', index], message })))
  }
  for (const [index, { satisfied }] of evaluation.thresholds.entries()) {
    const path = ['thresholds', index, 'satisfied']
    expectSum(path, 'the number of shares (the specifications)', satisfied.length, evaluation.stl.length)
  }
  if (new Set(perClass.map(({ name }) => name)).size !== perClass.length) {
    found.push({ path: ['perClass'], message: 'class names must differ from each other' })
  }
  found.push(...inconsistentPoints(evaluation), ...inconsistentResponse({ ...evaluation }))
  return found
}

/** What counts add up to. Where actions have consequences the team decides which threats happen, and rewards are returns. */
function eventsDecided({ rows, threats, rewards, cutOff, response, team }: z.infer<typeof fields>) {
  if (response === null) return { rows, threats, rewards }
  return { rows: rows - (cutOff ?? 0), threats: team.tp + team.fn }
}

function specificationInconsistencies(scores: SpecificationScores): string[] {
  const { satisfiedRate, satisfiedInterval, robustnessMin, robustnessTail5, robustnessMean, strip } = scores
  const [low, high] = satisfiedInterval
  // Means are sums of rounded numbers.
  const slack = 1e-9 * Math.max(1, Math.abs(robustnessMin), Math.abs(robustnessMean))
  const ordered = robustnessMin <= robustnessTail5 + slack && robustnessTail5 <= robustnessMean + slack
  return [
    ...(low <= satisfiedRate && satisfiedRate <= high ? [] : ['satisfiedInterval must enclose satisfiedRate']),
    ...(ordered ? [] : ['robustnessMin, robustnessTail5 and robustnessMean must ascend']),
    ...(strip.min.length === strip.mean.length ? [] : ['strip.min and strip.mean must be equally long']),
  ]
}
