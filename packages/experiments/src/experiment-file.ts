import { readFile } from 'node:fs/promises'
import { systemReason, writeJsonFile } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { count, firstIssue, label, sha256 } from '@vigil/runs'
import { z } from 'zod'
import { experimentError } from './errors.ts'
import { type Summary, summaryOf } from './experiment.ts'
import { MEASURE_NAMES } from './measures.ts'

/** Seeds of an experiment. */
export const SEEDS_MAX = 1000

/** Policies that a run is compared with. */
const RIVALS_MAX = 100

const rivalShape = { name: label, learns: z.boolean() }
const interval = { low: z.number(), high: z.number() }

const runSchema = z.strictObject({
  seed: count,
  folder: label,
  weightsSha256: sha256,
  learningSeconds: z.number().nonnegative(),
  measures: z.record(z.enum(MEASURE_NAMES), z.number().nullable()),
  rivals: z
    .array(z.strictObject({ ...rivalShape, rewardMean: z.number() }))
    .max(RIVALS_MAX)
    .readonly(),
})

const experimentSchema = z
  .strictObject({
    dataset: label,
    features: label,
    /** How the data are divided. */
    split: label,
    environment: z.enum(['triage', 'respond']),
    /** Of the settings that affect results, with the first of the seeds. */
    configFingerprint: sha256,
    /** That were asked for; more than `runs` where some are not finished. */
    seeds: z.array(count).min(1).max(SEEDS_MAX).readonly(),
    runs: z.array(runSchema).max(SEEDS_MAX).readonly(),
    /** Seeds without a result, and why. */
    unfinished: z
      .array(z.strictObject({ seed: count, reason: label }))
      .max(SEEDS_MAX)
      .readonly(),
    /** Over the runs (./experiment.ts): what follows from them. */
    measures: z
      .array(
        z.strictObject({
          measure: z.enum(MEASURE_NAMES),
          ...{ mean: z.number(), interquartileMean: z.number(), ...interval },
          ...{ least: z.number(), greatest: z.number() },
        }),
      )
      .readonly(),
    rivals: z
      .array(
        z.strictObject({
          ...{ ...rivalShape, mean: z.number(), interquartileMean: z.number() },
          ...{ difference: z.number(), ...interval, better: count },
        }),
      )
      .readonly(),
  })
  .superRefine(({ seeds, runs, unfinished }, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
    const told = [...runs, ...unfinished].map(({ seed }) => seed)
    const order = (seed: number) => seeds.indexOf(seed)
    if (told.length !== seeds.length || new Set([...told, ...seeds]).size !== seeds.length) {
      complain(['seeds'], 'must be those of runs and unfinished')
    }
    if (runs.some(({ seed }, i) => i > 0 && order(runs[i - 1].seed) >= order(seed))) {
      complain(['runs'], 'must be in the order of the seeds')
    }
  })

/** experiment.json: one configuration over several seeds. */
export type Experiment = Readonly<z.infer<typeof experimentSchema>>

/**
 * Checks and writes experiment.json, whole or not at all.
 *
 * @param found without what follows from the runs
 * @returns with it
 * @throws {VigilError} EXPERIMENT_INVALID, {VigilError} OUTPUT_FILE
 */
export async function writeExperiment(path: string, found: Omit<Experiment, keyof Summary>): Promise<Experiment> {
  const experiment = parse({ ...found, ...summaryOf(found.runs) }, path)
  await writeJsonFile(path, experiment)
  return experiment
}

/**
 * Reads experiment.json; what follows from its runs must follow.
 *
 * @example
 * ```ts
 * const { measures, rivals } = await readExperiment('runs/NAME/experiment.json')
 * ```
 *
 * @throws {VigilError} EXPERIMENT_INVALID naming the first field that is wrong
 */
export async function readExperiment(path: string): Promise<Experiment> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw invalid(path, `cannot be read: ${systemReason(cause)}`)
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw invalid(path, `is not JSON (${(cause as Error).message})`)
  }
  const experiment = parse(json, path)
  const derived = summaryOf(experiment.runs)
  const wrong = (['measures', 'rivals'] as const).find(
    (name) => JSON.stringify(experiment[name]) !== JSON.stringify(derived[name]),
  )
  if (wrong === undefined) return experiment
  throw invalid(path, `contradicts itself (${wrong}: must follow from the runs)`)
}

function parse(json: unknown, path: string): Experiment {
  const result = experimentSchema.safeParse(json)
  if (result.success) return result.data
  throw invalid(path, `does not hold an experiment (${firstIssue(result.error)})`)
}

function invalid(path: string, complaint: string): VigilError {
  return experimentError(
    'EXPERIMENT_INVALID',
    `${path} ${complaint}. The command that trained it writes it anew: finished runs are kept.`,
  )
}
