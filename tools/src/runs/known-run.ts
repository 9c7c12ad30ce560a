import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Config, parseSavedConfig } from '@vigil/config'
import { isErrorOf, VigilError } from '@vigil/errors'
import { type MeasuredRun, measuresOf, seedFolders } from '@vigil/experiments'
import {
  type IterationMetrics,
  openRunFolder,
  RUN_FILE_ERRORS,
  readEvaluation,
  readMetrics,
  readRunRecord,
  readTags,
  resultFiles,
} from '@vigil/runs'

/** A run folder as far as it can be read. */
export type KnownRun = {
  readonly path: string
  /** null where this version cannot read it. */
  readonly config: Config | null
  readonly metrics: readonly IterationMetrics[]
  readonly isTrained: boolean
  /** On the test split; null before an evaluation. */
  readonly measures: MeasuredRun | null
  readonly tags: readonly string[]
  /** What is wrong with it; null = nothing. */
  readonly problem: string | null
}

/** Deeper folders are not looked into. */
const DEPTH_MAX = 4

/**
 * Every run in a folder and the folders inside it, by path, ascending. Links are not followed. A folder inside that cannot be
 * listed stands for itself: knownRun tells what is wrong with it.
 */
export async function findRuns(within: string, depth = DEPTH_MAX): Promise<readonly string[]> {
  const entries = await readdir(within, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  if (folders.includes('checkpoints') && entries.some(({ name }) => name === 'config.json')) return [within]
  if (depth === 0) return []
  const found: string[] = []
  for (const name of folders.sort()) {
    const inner = join(within, name)
    found.push(...(await findRuns(inner, depth - 1).catch((cause: NodeJS.ErrnoException) => gone(cause, inner))))
  }
  return found
}

/** What was removed meanwhile is no folder any more. */
function gone({ code }: NodeJS.ErrnoException, folder: string): readonly string[] {
  return code === 'ENOENT' ? [] : [folder]
}

/** Names of runs, where that of an experiment stands for its seeds. */
export async function expanded(paths: readonly string[]): Promise<readonly string[]> {
  const lists: (readonly string[])[] = []
  for (const path of paths) {
    const seeds = await seedFolders(path)
    lists.push(seeds.length === 0 ? [path] : seeds)
  }
  return [...new Set(lists.flat())]
}

/** Reads a run; what cannot be read is told in `problem`. */
export async function knownRun(path: string): Promise<KnownRun> {
  const nothing = { path, config: null, metrics: [], isTrained: false, measures: null, tags: [] }
  try {
    const { folder, config: saved } = await openRunFolder(path)
    const config = parseSavedConfig(saved, folder.config)
    const metrics = await absentAs(readMetrics(folder.metrics), [])
    const isTrained = (await readRunRecord(folder.record)) !== null
    const evaluation = await absentAs(readEvaluation(resultFiles(folder, 'test').evaluation), null)
    const measures = evaluation && measuresOf(evaluation)
    return { path, config, metrics, isTrained, measures, tags: await readTags(folder), problem: null }
  } catch (error) {
    if (!(error instanceof VigilError)) throw error
    return { ...nothing, problem: error.message }
  }
}

/** How far a run has come, in words. */
export function stateOf({ config, metrics, isTrained, measures, problem }: KnownRun): string {
  if (config === null || problem !== null) return 'cannot be read'
  if (!isTrained) return `iteration ${metrics.length} of ${config.iterations}`
  return measures === null ? 'not evaluated' : 'finished'
}

async function absentAs<Value, Absent>(value: Promise<Value>, absent: Absent): Promise<Value | Absent> {
  return await value.catch((error: unknown) => {
    if (isErrorOf(RUN_FILE_ERRORS, error) && error.code === 'RUN_FILE_UNREADABLE') return absent
    throw error
  })
}
