import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { harmlessJson, syncFolder, systemReason, writeFileAtomically } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { runFolderError } from './errors.ts'
import { readRunFile } from './read-run-file.ts'
import { assertWritable } from './writable.ts'

/** What a run folder is named by. */
type NamedRun = {
  /** null = the next free one */
  readonly out: string | null
  readonly dataset: string
  readonly features: string
  readonly seed: number
}

/** The files of a run. */
export type RunFolder = {
  readonly path: string
  readonly config: string
  readonly pipeline: string
  readonly metrics: string
  /** What a finished training came to. */
  readonly record: string
  /** How the last weights decide on the test split, of a run that was trained to be compared with others. */
  readonly lastWeights: string
  /** What training began with, where it began from another run's team. */
  readonly initial: string
  /** Where training stands; resume goes on from here. */
  readonly latest: string
  /** The best validation; evaluation uses this one. */
  readonly best: string
  /** The same network trained by cross-entropy, for comparison. */
  readonly crossEntropy: string
  /** Boosted trees on the same inputs, for comparison. */
  readonly boosting: string
}

/** Where the results of an evaluation lie: those of the test split have the plain names. */
export function resultFiles({ path }: Pick<RunFolder, 'path'>, split: 'test' | 'validation') {
  const suffix = split === 'test' ? '' : `-${split}`
  return {
    evaluation: join(path, `evaluation${suffix}.json`),
    report: join(path, `report${suffix}.html`),
    /** Written where asked for. */
    certificates: join(path, `certificates${suffix}.bin`),
    publicKeys: join(path, `public-keys${suffix}.json`),
  }
}

/** Where the bundle of a team lies: in the folder of its run, or of an evaluation's results. */
export function bundleFiles(folder: string) {
  const file = (name: string) => join(folder, 'bundle', name)
  return {
    /** The settings, and the hashes of the other files; written last, so a folder with it is whole. */
    settings: file('bundle.json'),
    pipeline: file('pipeline.json'),
    /** trees of the belief, or null */
    belief: file('belief.json'),
    /** what the inputs of the training rows were like, or null */
    reference: file('reference.json'),
    /** [A, P] little-endian f32 */
    weights: file('weights.bin'),
  }
}

/** Where the curves of a run lie that are written for TensorBoard: files of events. */
export function curvesFolder({ path }: Pick<RunFolder, 'path'>): string {
  return join(path, 'tensorboard')
}

/** Written before pipeline.json, with which a run has begun. */
const INITIAL = 'initial.checkpoint'

/** Where the files of a run lie. */
export function runFolderAt(path: string): RunFolder {
  const file = (...names: string[]) => join(path, ...names)
  return {
    path,
    config: file('config.json'),
    pipeline: file('pipeline.json'),
    metrics: file('metrics.jsonl'),
    record: file('run.json'),
    lastWeights: file('last-weights.json'),
    initial: file('checkpoints', INITIAL),
    latest: file('checkpoints', 'latest.checkpoint'),
    best: file('checkpoints', 'best.checkpoint'),
    crossEntropy: file('checkpoints', 'cross-entropy.checkpoint'),
    boosting: file('checkpoints', 'boosting.json'),
  }
}

/**
 * Makes sure, before any work, that training can go on in a folder: what it will write can be written.
 *
 * @throws {VigilError} RUN_FILE_UNWRITABLE
 */
export async function assertTrainable(folder: RunFolder): Promise<void> {
  const { path: _folder, pipeline: _kept, ...files } = folder
  const curves = { events: join(curvesFolder(folder), 'events') }
  const written = [files, resultFiles(folder, 'test'), bundleFiles(folder.path), curves].flatMap((some) =>
    Object.values(some),
  )
  await assertWritable(
    folder.path,
    written,
    'Training writes to its run folder: make that possible, or copy the folder.',
  )
}

/**
 * Refuses a folder that is asked for (`out`) and holds something, before any work is done. What a process left that was
 * ended before its run had begun is nothing.
 *
 * @throws {VigilError} RUN_FOLDER
 */
export async function assertRunFolderFree({ out }: Pick<NamedRun, 'out'>): Promise<void> {
  if (out === null) return
  if (!(await hasNoRun(runFolderAt(out)))) throw await taken(out)
}

/**
 * Makes the folder of a new run and writes what the run begins with: the one asked for, or else the next free
 * runs/<dataset>-<features>-seed<seed>. Of two runs that want the same folder at the same time, one gets it.
 *
 * @param writeInitial writes the checkpoint that training begins with, where that is not fresh
 * @throws {VigilError} RUN_FOLDER when it cannot be made or has been taken
 */
export async function createRunFolder(
  config: NamedRun,
  pipeline: unknown,
  writeInitial: (folder: RunFolder) => Promise<void> = async () => undefined,
): Promise<RunFolder> {
  const folder = runFolderAt(config.out === null ? await claimNextFree(config) : await claimWanted(config.out))
  await writeFileAtomically(folder.config, `${harmlessJson(config)}\n`)
  await writeInitial(folder)
  await writeFileAtomically(folder.pipeline, `${harmlessJson(pipeline, 0)}\n`)
  return folder
}

async function claimWanted(path: string): Promise<string> {
  const folder = runFolderAt(path)
  if (await hasNoRun(folder)) await clearRunFolder(folder)
  if (await claim(path)) return path
  throw await taken(path)
}

async function claimNextFree({ dataset, features, seed }: NamedRun): Promise<string> {
  const base = join('runs', `${dataset}-${features}-seed${seed}`)
  for (let number = 1; ; number++) {
    const path = number === 1 ? base : `${base}-${number}`
    if (await claim(path)) return path
  }
}

/** Whoever makes the folder `checkpoints` has the run folder. */
async function claim(path: string): Promise<boolean> {
  try {
    await makeFolder(resolve(path))
    await mkdir(join(path, 'checkpoints'))
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && (await isFolder(path))) return false
    throw runFolderError(
      'RUN_FOLDER',
      `The run folder ${path} cannot be made: ${systemReason(cause)}. Give an --out that can be written to.`,
    )
  }
}

async function taken(path: string): Promise<VigilError> {
  const goOn = await openRunFolder(path).then(
    () => `, or go on with --resume=${path}`,
    () => '',
  )
  return runFolderError('RUN_FOLDER', `The run folder ${path} is not empty. Give another --out${goOn}.`)
}

/**
 * Like mkdir with `recursive`, which never returns where a file system hides a folder that it refuses (/proc). The name of the folder is on
 * the disk then, also where another process has made it.
 */
export async function makeFolder(path: string): Promise<void> {
  if (!(await isFolder(path))) {
    if (dirname(path) !== path) await makeFolder(dirname(path))
    await mkdir(path).catch(async (cause: unknown) => {
      if (!(await isFolder(path))) throw cause // another run may have made it meanwhile
    })
  }
  await syncFolder(dirname(path))
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  )
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  )
}

/**
 * Opens the folder of an earlier run.
 *
 * @returns its files, its config and its feature pipeline as JSON that nobody has checked yet
 * @throws {VigilError} RUN_FOLDER when it is not one, or when the run ended before its files were there
 */
export async function openRunFolder(path: string): Promise<{ folder: RunFolder; config: unknown; pipeline: unknown }> {
  const folder = runFolderAt(path)
  if (await wasOnlyClaimed(folder)) {
    throw runFolderError(
      'RUN_FOLDER',
      `${path} holds a run that was ended before it could begin: ${folder.pipeline} is missing. Remove the folder and train again.`,
    )
  }
  const config = await readJson(folder.config, path)
  return { folder, config, pipeline: await readJson(folder.pipeline, path) }
}

/**
 * Whether there is nothing of a run in a folder: it is missing or empty, or its process ended while the run's first files
 * were written.
 *
 * @throws {VigilError} RUN_FOLDER when it cannot be listed
 */
export async function hasNoRun({ path, latest }: RunFolder): Promise<boolean> {
  const entries = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return []
    throw runFolderError(
      'RUN_FOLDER',
      `The run folder ${path} cannot be used: ${systemReason(cause)}. Give another --out.`,
    )
  })
  const checkpoints = await readdir(dirname(latest)).catch(() => null)
  // Whoever claims a folder makes `checkpoints` first: a config.json without it is somebody else's.
  const begun = [...LOCK_FILES, ...(checkpoints === null ? [] : ['checkpoints', 'config.json'])]
  const isLeftOver = (name: string) => begun.includes(name) || UNFINISHED.test(name)
  return entries.every(isLeftOver) && (checkpoints ?? []).every(isOfNoRun)
}

/** What run-lock.ts keeps in a folder while somebody trains there, or leaves when he is killed. */
const LOCK_FILES = ['.lock', '.lock-holder']

/** Makes a folder without a run (hasNoRun) one that a run can be begun in. Lock it before. */
export async function clearRunFolder(folder: RunFolder): Promise<void> {
  await removeUnfinishedFiles(folder)
  await rm(folder.config, { force: true })
  await rm(dirname(folder.latest), { recursive: true, force: true })
}

/** Removes what a process that was killed left half-written beside its files. */
export async function removeUnfinishedFiles({ path, latest }: RunFolder): Promise<void> {
  for (const folder of [path, dirname(latest), dirname(bundleFiles(path).settings)]) {
    // A folder that cannot be listed is reported by those who read its files next.
    const names = await readdir(folder).catch(() => [])
    const unfinished = names.filter((name) => UNFINISHED.test(name))
    for (const name of unfinished) await rm(join(folder, name), { force: true })
  }
}

/** Files of a run as writeFileAtomically names them while it writes: with a number behind. */
const UNFINISHED =
  /^((config|pipeline|belief|reference|run|tags|last-weights|boosting|bundle|(evaluation|public-keys)(-\w+)?)\.json|metrics\.jsonl|certificates(-\w+)?\.bin|weights\.bin|report(-\w+)?\.html|(initial|latest|best|cross-entropy)\.checkpoint)\.\d+$/

/** Whether a file in `checkpoints` may be there before the run has begun. */
function isOfNoRun(name: string): boolean {
  return name === INITIAL || UNFINISHED.test(name)
}

/** Whether the process that made the folder ended before the files were there with which a run begins. */
async function wasOnlyClaimed({ latest, pipeline }: RunFolder): Promise<boolean> {
  const checkpoints = await readdir(dirname(latest)).catch(() => null)
  return (checkpoints ?? ['']).every(isOfNoRun) && !(await isFile(pipeline))
}

async function readJson(file: string, run: string): Promise<unknown> {
  const invalid = (reason: string) =>
    runFolderError('RUN_FOLDER', `${resolve(run)} is not the folder of a run: ${reason} Give one, as runs/NAME.`)
  const bytes = await readRunFile(file).catch((cause: Error) => {
    throw invalid(cause.message)
  })
  if (bytes === null) throw invalid((await isFolder(run)) ? `${file} is missing.` : 'there is no such folder.')
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw invalid(`${file} is not JSON (${(cause as Error).message}).`)
  }
}
