import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { experimentError } from './errors.ts'

/** What may lie in the folder of an experiment, files half-written and locks included. */
const OWN = /^(seed-\d+(\.log)?|experiment\.(json|md|html)(\.\d+)?|\.lock(-holder)?)$/

/**
 * Makes sure that a folder is free for an experiment, or holds one.
 *
 * @throws {VigilError} EXPERIMENT_FOLDER where it holds something else
 */
export async function assertExperimentFolder(out: string): Promise<void> {
  const names = await readdir(out).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw experimentError('EXPERIMENT_FOLDER', `${out} cannot be used: ${cause.message}. Give another --out.`)
  })
  const foreign = names.find((name) => !OWN.test(name))
  if (foreign === undefined) return
  throw experimentError(
    'EXPERIMENT_FOLDER',
    `${out} must be empty or hold an experiment, but has ${JSON.stringify(foreign)}. Give another --out.`,
  )
}

/** The run folders of an experiment, in the order of the seeds; empty where the folder holds none. */
export async function seedFolders(out: string): Promise<readonly string[]> {
  const names = await readdir(out).catch((): string[] => [])
  if (!names.includes('experiment.json')) return []
  const seeds = names.flatMap((name) => /^seed-(\d+)$/.exec(name)?.[1] ?? [])
  return seeds.sort((a, b) => Number(a) - Number(b)).map((seed) => join(out, `seed-${seed}`))
}
