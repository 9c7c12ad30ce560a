import { readdir, stat } from 'node:fs/promises'
import { systemReason } from '@vigil/command-line'
import { CONFIG_ERRORS, type Config, configError, configFingerprint, configKeys, parseSavedConfig } from '@vigil/config'
import { DATA_ERRORS, type Dataset } from '@vigil/data'
import { causesFirst, diagnoseData, diagnoseEvaluation, diagnoseMetrics, type Finding } from '@vigil/doctor'
import { isErrorOf, type VigilError } from '@vigil/errors'
import { FEATURE_ERRORS, parsePipeline } from '@vigil/features'
import { readCheckpoint } from '@vigil/ppo'
import {
  assertKnownLines,
  type IterationMetrics,
  type KnownLines,
  RUN_FILE_ERRORS,
  type RunFolder,
  type RunRecord,
  readEvaluation,
  readMetrics,
  readRunFile,
  readRunRecord,
  resultFiles,
  runFileError,
  runFolderAt,
} from '@vigil/runs'
import learnerPackage from '../../package.json' with { type: 'json' }
import { loadData } from './session.ts'

/** What a run's files say about its training. */
export type RunDiagnosis = {
  /** Iterations trained, and wanted. */
  readonly iterations: number
  readonly totalIterations: number
  /** Whether training has finished; else it is under way or was stopped. */
  readonly isFinished: boolean
  /** Problems, notes, and consequences; in each, causes before what follows from them. */
  readonly findings: readonly Finding[]
  /** What was looked at, in words. */
  readonly checked: readonly string[]
  /** What was not, and why. */
  readonly leftOut: readonly { readonly what: string; readonly reason: string }[]
}

/**
 * Diagnoses a run from its files, which may be those of a training that is under way or was stopped.
 *
 * @example
 * ```ts
 * const { findings } = await diagnoseRun('runs/NAME', undefined)
 * ```
 *
 * @param path the run folder
 * @param data where the data lie now, undefined = where config.json says
 * @param say  told of each stage of reading the data
 * @throws {VigilError} UNREADABLE, DAMAGED, FOREIGN for a checkpoint that is damaged or of another run
 * @throws {VigilError} METRICS_INVALID, EVALUATION_INVALID for such files, RUN_FOLDER_INVALID for a folder that holds no run, half a one, one of another version of Vigil, or
 *   nothing that could be looked at
 * @throws {VigilError} CONFLICT where `data` are given for events that were generated
 */
export async function diagnoseRun(
  path: string,
  data: string | undefined,
  say: (text: string) => void = () => undefined,
): Promise<RunDiagnosis> {
  const folder = runFolderAt(path)
  await assertRunFolder(folder)
  const saved = await readConfig(folder)
  const config = data === undefined ? saved : withData(saved, data)
  const record = (await isThere(folder.record))
    ? await ofThisVersion(folder, folder.record, () => readRunRecord(folder.record))
    : null
  // Before the metrics: a training that goes on writes a line first, and the checkpoint that knows it afterwards.
  const checkpoints = await readCheckpoints(folder, config)
  const metrics = (await isThere(folder.metrics))
    ? await ofThisVersion(folder, folder.metrics, () => readMetrics(folder.metrics))
    : []
  if (record !== null) assertOfRecord(folder, record, config)
  if (record !== null) assertComplete(folder, metrics, config)
  for (const known of checkpoints) assertKnownLines(folder.metrics, metrics, known)
  if (record !== null) {
    const { metricsSha256 } = record
    assertKnownLines(folder.metrics, metrics, { iteration: config.iterations, metricsSha256, source: folder.record })
  }
  const pipeline = parsePipelineOf(folder, await readJson(folder.pipeline, path), config)
  const parts = [
    await dataPart(config, { pipeline, record, say }),
    metricsPart(config, metrics),
    await evaluationPart(config, folder),
  ]
  const leftOut = parts.flatMap((part) => (part.leftOut === null ? [] : [part.leftOut]))
  if (leftOut.length === parts.length) throw nothingToLookAt(path, leftOut)
  return {
    iterations: metrics.at(-1)?.iteration ?? 0,
    totalIterations: config.iterations,
    isFinished: record !== null,
    findings: causesFirst(parts.flatMap((part) => part.findings)),
    checked: parts.flatMap(({ checked }) => (checked === null ? [] : [checked])),
    leftOut,
  }
}

/** What the checkpoints that are there know of the metrics. @throws {VigilError} UNREADABLE, DAMAGED, FOREIGN */
async function readCheckpoints({ latest, best }: RunFolder, config: Config): Promise<readonly KnownLines[]> {
  const fingerprintAt = (iteration: number) => configFingerprint(config, iteration)
  const known: KnownLines[] = []
  for (const source of [latest, best]) {
    if (!(await isThere(source))) continue
    const checkpoint = await readCheckpoint(source, { fingerprintAt, datasetFingerprint: null, sizes: null })
    known.push({ ...checkpoint, source })
  }
  return known
}

/** What one source says: findings with what was looked at, or why it was not. */
type Part = {
  readonly findings: readonly Finding[]
  readonly checked: string | null
  readonly leftOut: RunDiagnosis['leftOut'][number] | null
}

const DATA_CHECKS = 'data (inputs, labels, split, rewards, specifications)'

async function dataPart(
  config: Config,
  run: {
    readonly pipeline: ReturnType<typeof parsePipeline>
    readonly record: RunRecord | null
    readonly say: (text: string) => void
  },
): Promise<Part> {
  let dataset: Dataset
  try {
    dataset = (await loadData(config, run.pipeline, run.say)).dataset
  } catch (error) {
    if (!isErrorOf(DATA_ERRORS, error) && !isErrorOf(FEATURE_ERRORS, error)) throw error
    return { findings: [], checked: null, leftOut: { what: DATA_CHECKS, reason: error.message } }
  }
  const fingerprint = Buffer.from(dataset.fingerprint).toString('hex')
  if (run.record !== null && run.record.datasetFingerprint !== fingerprint) {
    const reason =
      'These data are not those that the run was trained on: their fingerprint differs from that in run.json.'
    return { findings: [], checked: null, leftOut: { what: DATA_CHECKS, reason } }
  }
  return { findings: diagnoseData(config, dataset), checked: DATA_CHECKS, leftOut: null }
}

function metricsPart(config: Config, metrics: readonly IterationMetrics[]): Part {
  const what = 'metrics (returns, values, gradients, actions, team)'
  if (metrics.length > 0) {
    const findings = diagnoseMetrics(config, metrics)
    return { findings, checked: `${what} of ${metrics.length} iterations`, leftOut: null }
  }
  return { findings: [], checked: null, leftOut: { what, reason: 'No iteration is complete yet.' } }
}

async function evaluationPart(config: Config, folder: RunFolder): Promise<Part> {
  const { evaluation: file } = resultFiles(folder, 'test')
  if (!(await isThere(file))) {
    const reason = 'There is no evaluation.json: it is written when a training ends, or by learner:evaluate.'
    return { findings: [], checked: null, leftOut: { what: 'evaluation', reason } }
  }
  const evaluation = await ofThisVersion(folder, file, () => readEvaluation(file))
  for (const field of ['dataset', 'rule', 'faults'] as const) {
    if (evaluation[field] === config[field]) continue
    throw invalid(
      `${folder.path} holds files of different runs: ${field} is "${config[field]}" in config.json and "${evaluation[field]}" in ${file}.`,
    )
  }
  const findings = diagnoseEvaluation(config, evaluation)
  return { findings, checked: `evaluation on the ${evaluation.split} split`, leftOut: null }
}

function withData(config: Config, data: string): Config {
  if (config.data !== null) return Object.freeze({ ...config, data })
  throw configError(
    'CONFLICT',
    `The run's events were generated (dataset "${config.dataset}"), so there are no data to read, but --data is "${data}". Leave --data out.`,
  )
}

function assertOfRecord(
  { path, config: file, record }: RunFolder,
  { configFingerprint: recorded }: RunRecord,
  config: Config,
): void {
  if (configFingerprint(config) === recorded) return
  throw invalid(`${path}: ${file} is not what the run was trained with, says ${record}. Put the file back.`)
}

/** A training writes run.json last, when the lines of all its iterations are there. */
function assertComplete(
  { path, metrics }: RunFolder,
  lines: readonly IterationMetrics[],
  { iterations }: Config,
): void {
  if (lines.length === iterations) return
  throw invalid(
    `${path} holds half a run: run.json says that training is finished, but ${metrics} has ${lines.length} of ${iterations} iterations. Put the file back, or train again.`,
  )
}

function nothingToLookAt(path: string, leftOut: RunDiagnosis['leftOut']): VigilError {
  const reasons = leftOut.map(({ what, reason }) => `${what}: ${reason}`).join(' ')
  return invalid(`${path} holds nothing that could be looked at. ${reasons}`)
}

/**
 * Whether a file of the run is there.
 *
 * @throws {VigilError} RUN_FOLDER_INVALID for a pipe, a folder and the like, which would not end or not be read
 */
async function isThere(file: string): Promise<boolean> {
  const entry = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw invalid(`${file} cannot be read: ${systemReason(cause)}.`)
  })
  if (entry === null) return false
  if (entry.isFile()) return true
  throw invalid(`${file} is not a file. Give the folder of a run, as training left it.`)
}

async function assertRunFolder({ path, config }: RunFolder): Promise<void> {
  const entries = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    const words = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read as a folder: ${systemReason(cause)}`
    throw invalid(`${path} ${words}. Give the folder of a run: --run=runs/NAME.`)
  })
  if (entries.length === 0) throw invalid(`${path} is empty: no run was begun in it. Give the folder of a run.`)
  if (await isThere(config)) return
  throw invalid(
    entries.every((name) => name === 'checkpoints' || name.startsWith('config.json.'))
      ? `${path} holds half a run: it was ended before ${config} was written. Remove the folder and train again.`
      : `${path} is not the folder of a run: ${config} is missing. Give the folder of a run: --run=runs/NAME.`,
  )
}

async function readConfig({ path, config, pipeline }: RunFolder): Promise<Config> {
  const json = await readJson(config, path)
  // Of its keys a config of another version shares nearly all, a foreign file hardly any.
  const outer = new Set(configKeys().map((key) => key.split('.')[0]))
  const given = typeof json === 'object' && json !== null ? Object.keys(json) : []
  if (given.filter((key) => outer.has(key)).length < outer.size / 2) {
    throw invalid(`${path} is not the folder of a run: ${config} is not the config of one. Give --run=runs/NAME.`)
  }
  if (!(await isThere(pipeline))) {
    throw invalid(`${path} holds half a run: ${pipeline} is missing, which is written when a run begins. Train again.`)
  }
  try {
    return parseSavedConfig(json, config)
  } catch (error) {
    if (!isErrorOf(CONFIG_ERRORS, error)) throw error
    throw invalid(`${path} holds a config that this Vigil does not accept: ${error.message}`)
  }
}

/** Reads a file of the run; one with other fields than ours says which version wrote it. */
async function ofThisVersion<Content>(folder: RunFolder, file: string, read: () => Promise<Content>): Promise<Content> {
  try {
    const content = await read()
    if (file === folder.record) assertVersion(folder, content as RunRecord | null)
    return content
  } catch (error) {
    if (!isErrorOf(RUN_FILE_ERRORS, error) || error.code === 'RUN_FOLDER_INVALID') throw error
    if (/Unrecognized key/.test(error.message)) {
      throw invalid(`${folder.path} was written by another version of Vigil, or changed by hand: ${error.message}`)
    }
    if (/received undefined/.test(error.message)) {
      throw invalid(`${folder.path} was written by an older Vigil, or by hand: ${error.message}`)
    }
    throw error
  }
}

function assertVersion({ path }: RunFolder, record: RunRecord | null): void {
  const ours = learnerPackage.version
  const theirs = record?.versions.vigil ?? ours
  const [a, b] = [theirs, ours].map((version) => version.split('.').map(Number))
  const place = a.findIndex((part, i) => part !== b[i])
  if (place === -1 || !(a[place] > (b[place] ?? 0))) return
  throw invalid(
    `${path} was written by a newer Vigil: run.json says version ${theirs}, this is ${ours}. Diagnose it with the version that trained it.`,
  )
}

function parsePipelineOf(
  { path, pipeline }: RunFolder,
  json: unknown,
  config: Config,
): ReturnType<typeof parsePipeline> {
  try {
    const parsed = parsePipeline(json)
    for (const field of ['dataset', 'features'] as const) {
      if (parsed[field] === config[field]) continue
      throw invalid(
        `${path} holds files of different runs: ${field} is "${config[field]}" in config.json and "${parsed[field]}" in ${pipeline}.`,
      )
    }
    return parsed
  } catch (error) {
    if (!isErrorOf(FEATURE_ERRORS, error)) throw error
    throw invalid(`${path}: ${pipeline} is damaged or of another version. ${error.message}`)
  }
}

async function readJson(file: string, path: string): Promise<unknown> {
  const bytes = await readRunFile(file)
  if (bytes === null) throw invalid(`${path} holds half a run: ${file} is missing. Train again.`)
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw invalid(`${path} holds half a run: ${file} is not whole JSON (${(cause as Error).message}). Train again.`)
  }
}

function invalid(message: string): VigilError {
  return runFileError('RUN_FOLDER_INVALID', message)
}
