import { readFile } from 'node:fs/promises'
import { systemReason, writeJsonFile } from '@vigil/command-line'
import { firstIssue } from '@vigil/runs'
import { z } from 'zod'
import { labError } from '../errors.ts'
import { LOSS_ITERATIONS } from './figures.ts'

const measured = z.number().nullable()
const share = z.number().min(0).max(1)
const amount = z.number().nonnegative()
const label = z.string().min(1)

const figures = {
  losses: z
    .array(z.strictObject({ iteration: z.literal(LOSS_ITERATIONS), criticLoss: measured, valueLoss: measured }))
    .length(LOSS_ITERATIONS.length)
    .readonly(),
  explainedVariance: measured,
  explainableVarianceCeiling: measured,
  timeToGoShare: measured,
  rewardMean: measured,
  entropy: measured,
  restrictiveShare: share.nullable(),
  ...{ tp: amount.nullable(), fp: amount.nullable(), tn: amount.nullable(), fn: amount.nullable() },
  ...{ f1: share.nullable(), accuracy: share.nullable() },
  ...{ alertRate: share.nullable(), undecidedRate: share.nullable() },
  learningSeconds: amount,
}

const ablationSchema = z
  .strictObject({
    /** What `--quick` made smaller, in words; null without it. */
    quick: z.string().nullable(),
    /** Settings that the command line gave all presets. */
    overrides: z.record(z.string(), z.unknown()),
    /** Trainings that were asked for; more than `runs` where some were not finished. */
    planned: z.int().positive(),
    runs: z.array(
      z.strictObject({
        name: label,
        preset: label,
        seed: z.int().nonnegative(),
        /** Run folder, inside the folder of this file. */
        folder: label,
        /** That were completed. */
        iterations: z.int().nonnegative(),
        /** Why it came to no end, as weights that stopped being finite; null = it did. */
        failure: label.nullable(),
        ...figures,
      }),
    ),
    /** Over the seeds, one entry for each name, in the order of the runs. */
    means: z.array(z.strictObject({ name: label, preset: label, seeds: z.int().positive(), ...figures })),
  })
  .superRefine(({ runs, means }, context) => {
    const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
    for (const [index, { tp, fp, tn, fn, f1, failure }] of runs.entries()) {
      if (failure !== null) continue
      if (tp === null || fp === null || tn === null || fn === null || f1 === null) {
        complain(['runs', index, 'failure'], 'must say why there are no counts')
        continue
      }
      const derived = tp === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn)
      if (Math.abs(f1 - derived) > 1e-6) complain(['runs', index, 'f1'], `must follow from the counts (${derived})`)
      if (tp + fp + tn + fn === 0) complain(['runs', index, 'tp'], 'counts must not all be 0')
    }
    for (const [index, { name, seeds }] of means.entries()) {
      const count = runs.filter((run) => run.name === name).length
      if (count !== seeds) complain(['means', index, 'seeds'], `must be ${count}, the runs called "${name}"`)
    }
  })

/** ablation.json: what came of every training. */
export type Ablation = Readonly<z.infer<typeof ablationSchema>>

/** Checks and writes ablation.json, whole or not at all. @throws {VigilError} OUTPUT_FILE, ABLATION_FILE */
export async function writeAblation(path: string, ablation: Ablation): Promise<void> {
  await writeJsonFile(path, parse(ablation, path))
}

/** Reads ablation.json. @throws {VigilError} ABLATION_FILE naming the first field that is wrong */
export async function readAblation(path: string): Promise<Ablation> {
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw labError('ABLATION_FILE', `${path} cannot be read: ${systemReason(cause)}.`)
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw labError('ABLATION_FILE', `${path} is not JSON (${(cause as Error).message}). ${REMEDY}`)
  }
  return parse(json, path)
}

const REMEDY = 'Run the ablation again to replace it: finished trainings are kept.'

function parse(json: unknown, path: string): Ablation {
  const result = ablationSchema.safeParse(json)
  if (result.success) return result.data
  throw labError('ABLATION_FILE', `${path} does not hold an ablation (${firstIssue(result.error)}). ${REMEDY}`)
}
