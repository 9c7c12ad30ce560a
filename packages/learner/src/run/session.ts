/** What every command around a run begins with: where it speaks, the data, and which files belong together. */

import type { Team } from '@vigil/actors'
import type { StopRequest } from '@vigil/command-line'
import { type Config, configError, configFingerprint } from '@vigil/config'
import { type DatasetRequest, fingerprintOf, type LoadedDataset, loadDataset } from '@vigil/data'
import { siteOrderOf } from '@vigil/env-wasm'
import { learntBelief, streamModelBelief } from '@vigil/evaluation'
import { type FeaturePipeline, knownDataset } from '@vigil/features'
import { type CheckpointSizes, type ExpectedCheckpoint, historyLength, usesMultipliers } from '@vigil/ppo'
import type { IterationMetrics, StreamBelief } from '@vigil/runs'
import { dataSettingsOf, ppoSettingsOf } from '../settings.ts'
import type { Notes } from '../terminal/notes.ts'
import type { OutputStream } from '../terminal/terminal.ts'

/** Where a command speaks, and who may stop it. */
export type Session = {
  readonly stream: OutputStream
  readonly isTTY: boolean
  readonly stop: StopRequest
  /** How many lines of progress a training prints in a pipe. Default 20. */
  readonly plainLines?: number
  /** Whether a training tells of the problems that show in it. Default true. */
  readonly warns?: boolean
  /** Ends the training after this iteration, as a stop would; null = at its end. Default null. */
  readonly pauseAfter?: number | null
  /** Whether curves are written for TensorBoard; a run that has some goes on with them. Default false. */
  readonly tensorboard?: boolean
  /** Called after each iteration, when its metrics are in the run folder; the next one waits for it. Default: nobody. */
  readonly onIteration?: (metrics: IterationMetrics) => void | Promise<void>
  /** What other hosts do, told beside the progress. Default: nothing. */
  readonly notes?: Notes
}

type Say = (text: string) => void

/** Data as a run sees them. */
export type RunData = LoadedDataset & {
  /** What to believe of a stream; null where nothing is learnt of that. */
  readonly belief: StreamBelief | null
}

/** Reads the data that a config names; `pipeline` are the fitted features of an earlier run, undefined = fit them. */
export type DataLoader = (config: Config, pipeline: FeaturePipeline | undefined, say: Say) => Promise<RunData>

/** More would drown what comes after them. */
const NOTES_SHOWN = 20

/** @see DataLoader @throws {VigilError} as loadDataset */
export const loadData: DataLoader = async (config, pipeline, say) =>
  await load(config, { ...dataSettingsOf(config), ...(pipeline !== undefined && { pipeline }) }, say)

/** As loadData, but the vocabularies of the features take in what is new. @throws {VigilError} as loadDataset */
export async function loadGrowing(config: Config, pipeline: FeaturePipeline, say: Say): Promise<RunData> {
  return await load(config, { ...dataSettingsOf(config), pipeline, growsVocabularies: true }, say)
}

async function load(
  { belief, environment, split, response, seed }: Config,
  request: DatasetRequest,
  say: Say,
): Promise<RunData> {
  const isSite = environment === 'respond' && response.layout === 'site'
  const read = await loadDataset(request, say)
  if (environment === 'respond') assertPlayable(read, split)
  const loaded = isSite ? onSites(read) : read
  for (const note of loaded.notes.slice(0, NOTES_SHOWN)) say(note)
  const more = loaded.notes.length - NOTES_SHOWN
  if (more > 0) say(`and ${more} more notes on the data`)
  if (belief === 'learnt' || belief === 'filtered' || belief === 'event') {
    say('learning what to believe of a stream, by trees of other streams')
    return believing(loaded, await learntBelief(loaded.dataset, belief))
  }
  if (belief !== 'hidden-markov') return { ...loaded, belief: null }
  say('learning what to believe of a stream, by hidden Markov models of other streams')
  return believing(loaded, await streamModelBelief(loaded.dataset, { present: presentOf(loaded), seed }))
}

/** @throws {VigilError} CONFLICT for data of which nobody knows which inputs are of the past, or whose inputs are others */
function presentOf({ present, dataset }: LoadedDataset): NonNullable<LoadedDataset['present']> {
  if (present === null) {
    throw configError(
      'CONFLICT',
      'belief "hidden-markov" reads what events themselves show, but these data do not say which inputs do. Give --belief=learnt or filtered.',
    )
  }
  const found = [...dataset.denseNames, ...dataset.categoricalColumns.map(({ name }) => name)]
  const missing = [...present.inputs, ...(present.kind === null ? [] : [present.kind])].find(
    (name) => !found.includes(name),
  )
  if (missing === undefined) return present
  throw configError(
    'CONFLICT',
    `belief "hidden-markov" reads the input ${missing}, but with these features there is none. Give --features=history, or another belief.`,
  )
}

/** @throws {VigilError} CONFLICT for data on which actions cannot have consequences */
function assertPlayable({ dataset, streams, capturedUnder }: LoadedDataset, split: Config['split']): void {
  const { rows, streamStarts } = dataset.splits.train
  if (streamStarts.length - 1 === rows.length) {
    throw configError(
      'CONFLICT',
      'environment "respond" decides what follows in a stream, but every stream of these data is a single event. Name the columns that tell an entity ("stream" of the description), or leave --environment out.',
    )
  }
  // Time cuts streams where it will, which is what whoever asks for it wants to see.
  if (split !== 'temporal' && hasTornStreams(dataset, streams)) {
    throw configError(
      'CONFLICT',
      `environment "respond" plays whole streams, but some streams of these data are in more than one part (split "${split}"). Give --split=by-stream, or divide the files by streams.`,
    )
  }
  if (capturedUnder === 'ips') {
    throw configError(
      'CONFLICT',
      'environment "respond" replays what happened while nobody acted, but these events were captured behind a device that blocked (capturedUnder: ips): what is missing looks benign. Use a passive recording, or leave --environment out.',
    )
  }
}

/** The same data with their order in time. @throws {VigilError} CONFLICT where they have none, or no two streams overlap */
function onSites(loaded: LoadedDataset): LoadedDataset {
  const { dataset, timeline } = loaded
  if (timeline === null) {
    throw configError(
      'CONFLICT',
      'response.layout "site" plays events in the order of time, but nobody knows that of these data. Name the column of the time ("time" of the description), or leave --response.layout out.',
    )
  }
  const { slotCount } = siteOrderOf(dataset.splits.train, timeline, dataset.labels)
  if (slotCount < 2) {
    throw configError(
      'CONFLICT',
      'response.layout "site" is about streams that share analysts, but in these data no two streams overlap in time. Leave --response.layout out.',
    )
  }
  const ordered = { ...dataset, timeline }
  return { ...loaded, dataset: { ...ordered, fingerprint: fingerprintOf(ordered) } }
}

/** Whether some stream is in more than one part. @param streams [N] */
function hasTornStreams({ splits }: LoadedDataset['dataset'], streams: Uint32Array): boolean {
  const partOf = new Map<number, string>()
  for (const [part, { rows, streamStarts }] of Object.entries(splits)) {
    for (const start of streamStarts.subarray(0, -1)) {
      const stream = streams[rows[start]]
      if ((partOf.get(stream) ?? part) !== part) return true
      partOf.set(stream, part)
    }
  }
  return false
}

/** The same data with what was learnt of their training streams, which the fingerprint then covers. */
function believing(
  loaded: LoadedDataset,
  { ratios, belief }: { readonly ratios: Float32Array; readonly belief: StreamBelief },
): RunData {
  const { dataset } = loaded
  const consequences = { damage: null, ...dataset.consequences, hazard: belief.hazard, ratios }
  const shown = { ...dataset, consequences }
  return { ...loaded, dataset: { ...shown, fingerprint: fingerprintOf(shown) }, belief }
}

/** As loadData, but what was fitted last is kept: a training after another on the same data need not read them again. */
export function rememberingLoader(): DataLoader {
  let last: { readonly request: string; readonly data: RunData } | null = null
  return async (config, pipeline, say) => {
    if (pipeline !== undefined) return await loadData(config, pipeline, say)
    const { seed, rows, ...request } = dataSettingsOf(config)
    const generated = knownDataset(request.dataset).generated === null ? {} : { seed, rows }
    const { environment, belief, response } = config
    const layout = environment === 'respond' ? response.layout : null
    const fit = belief === 'hidden-markov' ? { seed } : {}
    const key = JSON.stringify({ ...request, ...generated, ...fit, belief, layout })
    if (last?.request === key) return last.data
    last = null // two datasets at a time would be one too many
    const data = await loadData(config, undefined, say)
    last = { request: key, data }
    return data
  }
}

/** What every checkpoint of a run must agree with, and the fingerprint of all its settings. */
export type RunIdentity = ExpectedCheckpoint & {
  readonly sizes: CheckpointSizes
  readonly fingerprintAt: (iteration: number) => string
  readonly datasetFingerprint: string
  readonly configFingerprint: string
}

/** @see RunIdentity */
export function identityOf(config: Config, team: Team): RunIdentity {
  return {
    configFingerprint: configFingerprint(config),
    fingerprintAt: (iteration) => configFingerprint(config, iteration),
    datasetFingerprint: Buffer.from(team.dataset.fingerprint).toString('hex'),
    sizes: {
      parameterCount: team.parameterCount,
      multiplierCount: usesMultipliers(config) ? config.specifications.length : 0,
      laneCount: config.rowsPerIteration / config.rolloutSteps,
      historyLength: historyLength(ppoSettingsOf(config)),
    },
  }
}
