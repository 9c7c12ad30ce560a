import { createHash } from 'node:crypto'
import { appendLine, writeFileAtomically } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { z } from 'zod'
import { runFileError } from './errors.ts'
import { readRunFile } from './read-run-file.ts'
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
  /** Of experiments: scale of the values that advantages and targets were made with, in reward units; 1 but for a mistake of units. */
  valueScale: measured.optional(),
  /** Share of the returns' variance that follows from how many steps are left until they are cut. */
  timeToGoShare: measured,
  /** Mean entropy of the policies, in nats; ln 4 = 1.386 when all actions are equally likely. */
  entropy: measured,
  approxKl: measured,
  clipFraction: share.nullable(),
  /** Both of the first minibatch alone, before any step: 0, up to rounding, where the update repeats what acted. */
  firstApproxKl: measured,
  firstClipFraction: share.nullable(),
  /** Of experiments: probability ratios that the loss forms per decision; 1 in PPO. */
  ratiosPerDecision: measured.optional(),
  gradNormPolicy: measured,
  /** Mean factor that clipping put on the policies' gradients; 1 = none. */
  clipScalePolicy: share.nullable(),
  /** Of experiments: mean share of the policies' gradients that clipping took on account of the critics'; 0 where they are clipped apart. */
  starvedByCritic: measured.optional(),
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
      /**
       * Of an alert budget: reward that the multiplier charges for an alert beside what the environment does; null where none was
       * sampled. Absent of other specifications and where the mode has no multiplier.
       */
      alertPrice: z.number().nullable().optional(),
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
      /** Where streams are stopped: the best of a few stop levels, at which all of this was measured. */
      stopFactor: z.number().positive().optional(),
    })
    .nullable(),
})

/** One line of metrics.jsonl: what one training iteration did. */
export type IterationMetrics = Readonly<z.infer<typeof iterationMetricsSchema>>

/**
 * Appends one line to metrics.jsonl, creating the file when it is missing.
 *
 * @param metrics figures of one iteration; non-finite measurements become null
 * @returns the line as it was written, and as it will be read
 * @throws {VigilError} METRICS_INVALID when a field breaks the schema, {VigilError} when the file cannot be written
 */
export async function appendMetrics(path: string, metrics: IterationMetrics): Promise<IterationMetrics> {
  // Written as it would be read: a line is the same bytes whether it was appended or kept by rewindMetrics.
  const written = asWritten(metrics, `${path}, iteration ${metrics.iteration} (not written)`)
  await appendLine(path, JSON.stringify(written))
  return written
}

/**
 * Reads metrics.jsonl. A last line that a crash tore off (no newline, not a JSON value) is left out.
 *
 * @returns one entry per iteration, in increasing order; empty for an empty file
 * @throws {VigilError} RUN_FILE_UNREADABLE, or METRICS_INVALID naming the line and the field
 */
export async function readMetrics(path: string): Promise<readonly IterationMetrics[]> {
  const bytes = await readRunFile(path, BYTES_MAX)
  if (bytes === null) {
    throw runFileError(
      'RUN_FILE_UNREADABLE',
      `${path} is not there. It is written by training; put it back, or give the folder of a run.`,
    )
  }
  const lines = bytes.toString('utf8').split('\n')
  const unfinished = lines.pop() ?? ''
  // A prefix of an object never parses, so a last line that does is whole and only lacks its newline.
  if (unfinished !== '' && isJson(unfinished)) lines.push(unfinished)

  const metrics = lines.map((line, index) => parseLine(line, `${path}, line ${index + 1}`))
  for (let i = 1; i < metrics.length; i++) {
    if (metrics[i].iteration > metrics[i - 1].iteration) continue
    throw runFileError(
      'METRICS_INVALID',
      `${path}, line ${i + 1}: iteration must be above ${metrics[i - 1].iteration}, that of the line before; ` +
        `found ${metrics[i].iteration}. Two runs may have written to this folder; train into a new one.`,
    )
  }
  return metrics
}

/**
 * A line as it is written, and read again: one order of the fields, null for what is not finite.
 *
 * @throws {VigilError} METRICS_INVALID, naming `place`
 */
export function asWritten(metrics: IterationMetrics, place = `iteration ${metrics.iteration}`): IterationMetrics {
  return parseLine(JSON.stringify(metrics), place)
}

/** The most characters that a text has in V8. */
const BYTES_MAX = 2 ** 29 - 24

/** What a checkpoint and run.json remember of the lines written before them: `linesSha256` of none. */
export const NO_LINES = '0'.repeat(64)

/**
 * SHA-256 (hex) over the lines of metrics.jsonl, times aside, which differ where nothing else does: each line is hashed
 * with the hash of those before it.
 *
 * @param before of the lines before these
 */
export function linesSha256(lines: readonly IterationMetrics[], before: string = NO_LINES): string {
  return lines.reduce((hash, line) => {
    const kept = Object.entries(line).filter(([name]) => !TIMES.includes(name))
    return createHash('sha256').update(hash).update(JSON.stringify(kept)).digest('hex')
  }, before)
}

/** The first lines of metrics.jsonl, as something that was written after them remembers them. */
export type KnownLines = {
  /** How many. */
  readonly iteration: number
  /** linesSha256 of them. */
  readonly metricsSha256: string
  /** The file that says so. */
  readonly source: string
}

/**
 * Holds lines against what was written after them.
 *
 * @param path  of metrics.jsonl, for the message
 * @param lines all that are there
 * @throws {VigilError} METRICS_INVALID when some are missing or are not those that training wrote
 */
export function assertKnownLines(path: string, lines: readonly IterationMetrics[], known: KnownLines): void {
  const kept = lines.slice(0, known.iteration)
  const gap = Array.from({ length: known.iteration }, (_, index) => index + 1).find(
    (iteration) => kept[iteration - 1]?.iteration !== iteration,
  )
  const remedy = 'Restore the file, or train again.'
  if (gap !== undefined) {
    throw runFileError(
      'METRICS_INVALID',
      `${path} must hold a line for each of the ${known.iteration} iterations that ${known.source} knows of, but iteration ${gap} is missing. ${remedy}`,
    )
  }
  if (linesSha256(kept) === known.metricsSha256) return
  throw runFileError(
    'METRICS_INVALID',
    `${path} is not as training left it: ${known.source} remembers other figures for the first ${known.iteration} iterations. ${remedy}`,
  )
}

/**
 * Goes back to a checkpoint: keeps the lines that it knows and drops the later ones, which training will write again,
 * together with a torn line.
 *
 * @returns the lines kept
 * @throws {VigilError} as assertKnownLines, readMetrics and writeFileAtomically
 */
export async function rewindMetrics(path: string, known: KnownLines): Promise<readonly IterationMetrics[]> {
  const lines = await readMetrics(path)
  assertKnownLines(path, lines, known)
  const kept = lines.slice(0, known.iteration)
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
  const [before, now] = [recorded, repeated].map((metrics) => asWritten(metrics, `line ${line}`))
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

function invalid(place: string, complaint: string): VigilError {
  return runFileError(
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
