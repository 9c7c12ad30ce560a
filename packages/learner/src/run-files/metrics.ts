import { readFile } from 'node:fs/promises'
import { appendLine, writeFileAtomically } from '@vigil/command-line'
import { z } from 'zod'
import { RunFileError } from './errors.ts'
import { actionCounts, count, firstIssue, label, share } from './schema-parts.ts'

/** A figure of the update. null: it does not exist (no critic) or was not finite (NaN and Infinity are written as null). */
const measured = z.number().nullable()

/** One line of metrics.jsonl: what one training iteration did. Unknown fields are refused. */
const iterationMetricsSchema = z.strictObject({
  /** 1 for the first iteration; grows from line to line. */
  iteration: z.int().positive(),
  /** Whose experience this iteration learnt from: the policy after that many iterations, 0 = the initial weights. */
  policyVersion: count,
  /** Updates that this policy lacked: iteration - 1 - policyVersion. 0 = on policy. */
  staleness: count,
  /** Events decided since the run began. */
  envSteps: count,
  /** envSteps times the number of agents. */
  agentSteps: count,
  /** Events per second of wall time, this iteration, collection and update together. */
  stepsPerSecond: z.number().nonnegative(),
  /** How long the learner waited for experience; under staleness 1 most of it was collected before. */
  collectMs: z.number().nonnegative(),
  updateMs: z.number().nonnegative(),
  /** Mean reward of one agent for one event, this iteration, actions sampled. */
  rewardMean: z.number(),
  policyLoss: measured,
  /** Out-of-sample squared error of the critic over the variance of the returns; 1 = predicts the mean. */
  valueLoss: measured,
  /** Share of the variance of the returns that the critic explains; at most 1, may be far below 0. */
  explainedVariance: measured,
  /** The most that any critic could explain here (critique.ts). */
  explainableVarianceCeiling: measured,
  /** Mean squared error of the critics over the update, in the units of their targets. */
  criticLoss: measured,
  /** Variance of the returns, in squares of reward units. */
  returnVariance: z.number().nonnegative(),
  /** Standard deviation of the predicted values over that of the returns; 0 = the critics say the same of everything. */
  valueSpread: measured,
  /** Scale of the values that advantages and targets were made with, in reward units; 1 but for a mistake of units. */
  valueScale: measured,
  /** Share of the returns' variance that follows from how many steps are left until they are cut. */
  timeToGoShare: measured,
  /** Mean entropy of the policies, in nats; ln 4 = 1.386 when all actions are equally likely. */
  entropy: measured,
  approxKl: measured,
  clipFraction: share.nullable(),
  /** Both of the first minibatch alone, before any step: 0, up to rounding, where the update repeats what acted. */
  firstApproxKl: measured,
  firstClipFraction: share.nullable(),
  /** Probability ratios that the loss forms per decision; 1 in PPO. */
  ratiosPerDecision: measured,
  gradNormPolicy: measured,
  /** Mean factor that clipping put on the policies' gradients; 1 = none. */
  clipScalePolicy: share.nullable(),
  /** Mean share of the policies' gradients that clipping took on account of the critics'; 0 where they are clipped apart. */
  starvedByCritic: measured,
  gradNormValue: measured,
  learningRate: z.number().nonnegative(),
  /** Sampled actions of all agents in this iteration. */
  actions: actionCounts,
  /** Share of the agents' steps that were not paid what their own action earns. */
  paidForOthers: share,
  /** Share of threats among the events of this iteration. */
  threatRate: share,
  /** Mean squared error of the cost critics, summed over the specifications; null where there are none. */
  costValueLoss: measured,
  /** Cross-entropy of the satisfaction heads, in nats, summed over the specifications; null where there are none. */
  satisfactionLoss: measured,
  /** One entry per specification in force, over the steps of this iteration's rollouts, actions sampled. */
  stl: z.array(
    z.strictObject({
      name: label,
      /** Share of the steps at which its robustness is not below 0. */
      satisfiedRate: share,
      /** Unit of its predicates, cut to +-1e6. */
      robustnessMin: z.number(),
      /** Its multiplier in this iteration's update; null where the mode has none. */
      lambda: z.number().nonnegative().nullable(),
      /** Mean squared error of the satisfaction foretold by the critics that acted, out of sample; null without heads. */
      brier: share.nullable(),
    }),
  ),
  /** Greedy team decisions on the validation split; null in iterations that were not validated. */
  validation: z
    .strictObject({
      tp: count,
      tn: count,
      fp: count,
      fn: count,
      /** Alerts on threats, part of fn; and on benign events, part of tn. */
      threatAlerts: count,
      benignAlerts: count,
      /** Events without a decision of the vote, on which the fallback action was taken. */
      undecided: count,
      precision: share,
      recall: share,
      f1: share,
      /** Share of the events that are alerts, fallbacks included. */
      alertRate: share,
      /** Share of the events without a decision. */
      undecidedRate: share,
      /** Reward per event of the team's decisions; the best checkpoint is the one where it was highest (nearest to the targets first, where there are multipliers). */
      rewardMean: z.number(),
      /** Share of the steps at which each specification holds, in the order of `stl`. */
      satisfied: z.array(share),
    })
    .nullable(),
})

/** One line of metrics.jsonl: what one training iteration did. */
export type IterationMetrics = Readonly<z.infer<typeof iterationMetricsSchema>>

/**
 * Appends one line to metrics.jsonl, creating the file when it is missing.
 *
 * @param metrics figures of one iteration; non-finite measurements become null
 * @throws {RunFileError} METRICS_INVALID when a field breaks the schema, {FileError} when the file cannot be written
 */
export async function appendMetrics(path: string, metrics: IterationMetrics): Promise<void> {
  // Written as it would be read: a line is the same bytes whether it was appended or kept by rewindMetrics.
  const line = JSON.stringify(
    parseLine(JSON.stringify(metrics), `${path}, iteration ${metrics.iteration} (not written)`),
  )
  await appendLine(path, line)
}

/**
 * Reads metrics.jsonl. A last line that a crash tore off (no newline, not a JSON value) is left out.
 *
 * @returns one entry per iteration, in increasing order; empty for an empty file
 * @throws {RunFileError} RUN_FILE_UNREADABLE, or METRICS_INVALID naming the line and the field
 */
export async function readMetrics(path: string): Promise<readonly IterationMetrics[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new RunFileError(
      'RUN_FILE_UNREADABLE',
      `${path} could not be read: ${(cause as Error).message}. It is written by training; give the folder of a run.`,
      { cause },
    )
  }
  const lines = text.split('\n')
  const unfinished = lines.pop() ?? ''
  // A prefix of an object never parses, so a last line that does is whole and only lacks its newline.
  if (unfinished !== '' && isJson(unfinished)) lines.push(unfinished)

  const metrics = lines.map((line, index) => parseLine(line, `${path}, line ${index + 1}`))
  for (let i = 1; i < metrics.length; i++) {
    if (metrics[i].iteration > metrics[i - 1].iteration) continue
    throw new RunFileError(
      'METRICS_INVALID',
      `${path}, line ${i + 1}: iteration must be above ${metrics[i - 1].iteration}, that of the line before; ` +
        `found ${metrics[i].iteration}. Two runs may have written to this folder; train into a new one.`,
    )
  }
  return metrics
}

/**
 * Goes back to a checkpoint: keeps the lines up to and including `lastIteration` and drops the later ones, which training
 * will write again, together with a torn line.
 *
 * @returns the lines kept, one for each iteration from 1 to `lastIteration`
 * @throws {RunFileError} METRICS_INVALID when one of them is missing; as readMetrics and writeFileAtomically
 */
export async function rewindMetrics(path: string, lastIteration: number): Promise<readonly IterationMetrics[]> {
  const kept = (await readMetrics(path)).filter((line) => line.iteration <= lastIteration)
  if (kept.length < lastIteration) {
    const gap = kept.findIndex((line, index) => line.iteration !== index + 1)
    throw new RunFileError(
      'METRICS_INVALID',
      `${path} must hold a line for each of the ${lastIteration} iterations of the checkpoint, but iteration ` +
        `${(gap === -1 ? kept.length : gap) + 1} is missing. Restore the file or train again.`,
    )
  }
  await writeFileAtomically(path, kept.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return kept
}

/** Fields that say how long something took: they differ from run to run. */
const TIMES: readonly string[] = ['stepsPerSecond', 'collectMs', 'updateMs']

/** Where two runs stopped being the same. */
export type MetricsDifference = {
  /** 1 for the first line. */
  readonly line: number
  /** The first field that differs; null = one of the runs has no such line. */
  readonly field: string | null
  /** The values as JSON. */
  readonly recorded: string
  readonly repeated: string
}

/**
 * Compares one line of two runs, times aside.
 *
 * @param recorded a line of metrics.jsonl, undefined = there is none
 * @param repeated the same iteration of another run, undefined = there is none
 * @param line     its number, for the answer
 * @returns null when they are the same
 */
export function differenceOf(
  recorded: IterationMetrics | undefined,
  repeated: IterationMetrics | undefined,
  line: number,
): MetricsDifference | null {
  if (recorded === undefined && repeated === undefined) return null
  if (recorded === undefined || repeated === undefined) {
    const presence = (metrics: IterationMetrics | undefined) => (metrics === undefined ? 'no such line' : 'a line')
    return { line, field: null, recorded: presence(recorded), repeated: presence(repeated) }
  }
  // As they are written: one order of the fields, null for what is not finite.
  const [before, now] = [recorded, repeated].map((metrics) => parseLine(JSON.stringify(metrics), `line ${line}`))
  for (const key of Object.keys(before) as (keyof IterationMetrics)[]) {
    const [a, b] = [JSON.stringify(before[key]), JSON.stringify(now[key])]
    if (a !== b && !TIMES.includes(key)) return { line, field: key, recorded: a, repeated: b }
  }
  return null
}

function parseLine(line: string, place: string): IterationMetrics {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch (cause) {
    throw invalid(place, `is not JSON (${(cause as Error).message})`)
  }
  const result = iterationMetricsSchema.safeParse(json)
  if (!result.success) throw invalid(place, `is not the metrics of an iteration (${firstIssue(result.error)})`)
  return result.data
}

function invalid(place: string, complaint: string): RunFileError {
  return new RunFileError(
    'METRICS_INVALID',
    `${place} ${complaint}. The file must hold one object per iteration as training writes it; restore it or train again.`,
  )
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
