import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { systemReason } from '@vigil/command-line'
import { experimentError } from './errors.ts'

/** Files in the folder of an experiment, those half-written and locks included. */
const FILE = /^(seed-\d+\.log|experiment\.(json|md|html)(\.\d+)?|\.lock(-holder)?)$/

/** Its run folders. */
const SEED = /^seed-(\d+)$/

/**
 * Makes sure that a folder is free for an experiment, or holds one.
 *
 * @throws {VigilError} EXPERIMENT_FOLDER where it holds something else
 */
export async function assertExperimentFolder(out: string): Promise<void> {
  const entries = await readdir(out, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw experimentError('EXPERIMENT_FOLDER', `${out} cannot be used: ${systemReason(cause)}. Give another --out.`)
  })
  const foreign = entries.find((entry) =>
    entry.isDirectory() ? !SEED.test(entry.name) : !(entry.isFile() && FILE.test(entry.name)),
  )
  if (foreign === undefined) return
  throw experimentError(
    'EXPERIMENT_FOLDER',
    `${out} must be empty or hold an experiment, but has ${JSON.stringify(foreign.name)}. Give another --out.`,
  )
}

/** The run folders of an experiment, in the order of the seeds; empty where the folder holds none. */
export async function seedFolders(out: string): Promise<readonly string[]> {
  const names = await readdir(out).catch((): string[] => [])
  if (!names.includes('experiment.json')) return []
  const seeds = names.flatMap((name) => SEED.exec(name)?.[1] ?? [])
  return seeds.sort((a, b) => Number(a) - Number(b)).map((seed) => join(out, `seed-${seed}`))
}
