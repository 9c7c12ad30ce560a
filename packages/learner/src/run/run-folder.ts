import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Config, parseSavedConfig } from '../config/config.ts'
import { ConfigError } from '../config/errors.ts'
import { writeFileAtomically } from '../run-files/atomic-write.ts'

/** The files of a run. */
export type RunFolder = {
  readonly path: string
  readonly config: string
  readonly pipeline: string
  readonly metrics: string
  readonly evaluation: string
  readonly report: string
  /** Where training stands; resume goes on from here. */
  readonly latest: string
  /** The best validation; evaluation uses this one. */
  readonly best: string
  /** The same network trained by cross-entropy, for comparison. */
  readonly crossEntropy: string
}

/** Where the files of a run lie. */
export function runFolderAt(path: string): RunFolder {
  const file = (...names: string[]) => join(path, ...names)
  return {
    path,
    config: file('config.json'),
    pipeline: file('pipeline.json'),
    metrics: file('metrics.jsonl'),
    evaluation: file('evaluation.json'),
    report: file('report.html'),
    latest: file('checkpoints', 'latest.checkpoint'),
    best: file('checkpoints', 'best.checkpoint'),
    crossEntropy: file('checkpoints', 'cross-entropy.checkpoint'),
  }
}

/**
 * Chooses the folder of a new run, before anything is written: the one asked for, which must be new or empty, or else
 * the next free runs/<dataset>-<features>-seed<seed>.
 *
 * @throws {ConfigError} RUN_FOLDER
 */
export async function chooseRunFolder(config: Config): Promise<RunFolder> {
  if (config.out !== null) {
    const entries = await readdir(config.out).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return []
      throw new ConfigError('RUN_FOLDER', `The run folder ${config.out} cannot be used: ${cause.message}.`)
    })
    if (entries.length === 0) return runFolderAt(config.out)
    throw new ConfigError(
      'RUN_FOLDER',
      `The run folder ${config.out} is not empty. Give another --out, or go on with --resume=${config.out}.`,
    )
  }
  const base = join('runs', `${config.dataset}-${config.features}-seed${config.seed}`)
  for (let number = 1; ; number++) {
    const path = number === 1 ? base : `${base}-${number}`
    if (
      await stat(path).then(
        () => false,
        () => true,
      )
    )
      return runFolderAt(path)
  }
}

/** Makes the folder and writes what the run begins with. */
export async function createRunFolder(folder: RunFolder, config: Config, pipeline: unknown): Promise<void> {
  await mkdir(join(folder.path, 'checkpoints'), { recursive: true })
  await writeFileAtomically(folder.config, `${JSON.stringify(config, null, 2)}\n`)
  await writeFileAtomically(folder.pipeline, `${JSON.stringify(pipeline)}\n`)
}

/**
 * Opens the folder of an earlier run.
 *
 * @returns its files, its config and its feature pipeline as JSON (packages/data checks it)
 * @throws {ConfigError} RUN_FOLDER when it is not one
 */
export async function openRunFolder(path: string): Promise<{ folder: RunFolder; config: Config; pipeline: unknown }> {
  const folder = runFolderAt(path)
  const config = parseSavedConfig(await readJson(folder.config, path), folder.config)
  return { folder, config, pipeline: await readJson(folder.pipeline, path) }
}

async function readJson(file: string, run: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new ConfigError(
      'RUN_FOLDER',
      `${resolve(run)} is not the folder of a run: ${file} ${cause instanceof SyntaxError ? 'is not JSON' : 'cannot be read'} (${(cause as Error).message}).`,
    )
  }
}
