import { isDeepStrictEqual } from 'node:util'
import {
  DATASET_NAMES,
  type DatasetName,
  FEATURE_PROFILES,
  type FeaturePipeline,
  type FeatureProfile,
  featureError,
  knownDataset,
  parsePipeline,
  type RawColumn,
} from '@vigil/features'
import type { Adapter, RawEvents } from './adapters/adapter.ts'
import { campaign } from './adapters/campaign.ts'
import { darpaTc } from './adapters/darpa-tc.ts'
import { quickest } from './adapters/quickest.ts'
import { synthetic } from './adapters/synthetic.ts'
import type { Dataset, Division, PresentNames, SiteTimeline, SplitKind } from './dataset.ts'
import { describedEvents } from './description/described-events.ts'
import { encodeColumns } from './encoding/encode-columns.ts'
import { dataError } from './errors.ts'
import { eventsPerDayOf } from './events-per-day.ts'
import { fingerprintOf } from './fingerprint.ts'
import { splitRows } from './splits.ts'

/** Which data, seen how, divided how. */
export type DatasetRequest = {
  readonly dataset: DatasetName
  /** File or folder of the data, or the description of events; null for a generator. */
  readonly path: string | null
  readonly features: FeatureProfile
  /** described = as the data themselves say. */
  readonly split: SplitKind | 'described'
  /** Seed of the division, u32. */
  readonly splitSeed: number
  /** Seed of the generator, u32; not used for files. */
  readonly seed: number
  /** Events to generate, null = the generator's default; not used for files. */
  readonly rows: number | null
  /** At evaluation and resume: the saved pipeline, applied unchanged. Without it one is fitted on the training rows. */
  readonly pipeline?: FeaturePipeline
  /** Whether the vocabularies of that pipeline take in what the training rows hold besides; all else stays as fitted. */
  readonly growsVocabularies?: boolean
}

export type LoadedDataset = {
  readonly dataset: Dataset
  readonly pipeline: FeaturePipeline
  /** [N] stream of each row, numbered from 0. */
  readonly streams: Uint32Array
  /** The order of the events of all streams; null where nobody knows it. */
  readonly timeline: SiteTimeline | null
  /** What a person should know of how the data were read: one sentence each. */
  readonly notes: readonly string[]
  /** Which inputs tell of the event alone; null where the data do not say so. */
  readonly present: PresentNames | null
  /** Whether something acted on the events while they were recorded. */
  readonly capturedUnder: NonNullable<RawEvents['capturedUnder']>
}

/** What loadRaw gives. */
export type RawDataset = Pick<RawEvents, 'labels' | 'classes' | 'classNames' | 'streams'> & {
  /** Those of the inputs, by name, in the order in which they are encoded. */
  readonly columns: ReadonlyMap<string, RawColumn>
  readonly splits: Dataset['splits']
}

const ADAPTERS: Record<DatasetName, Adapter> = {
  synthetic,
  quickest,
  campaign,
  events: describedEvents,
  'darpa-tc': darpaTc,
}

/**
 * Reads or generates events, divides them, fits the feature pipeline on the training rows (or takes the given one) and
 * encodes every row. The same request over the same data gives the same bytes.
 *
 * @example
 * ```ts
 * const { dataset, pipeline } = await loadDataset({
 *   dataset: 'synthetic', path: null, features: 'behaviour', split: 'stratified', splitSeed: 42, seed: 1, rows: 5000,
 * })
 * dataset.dense // Float32Array [5000, D]
 * ```
 *
 * @param progress called with a few words at each stage
 * @throws {VigilError} for bad data, a bad path or a pipeline that does not belong to them
 */
export async function loadDataset(
  request: DatasetRequest,
  progress: (message: string) => void = () => undefined,
): Promise<LoadedDataset> {
  return await loadEvents(adapterOf(request), request, progress)
}

/** @throws {VigilError} REQUEST_INVALID where there is no such dataset, or no such inputs of it */
export function adapterOf(request: DatasetRequest): Adapter {
  requireProfile(request)
  return ADAPTERS[request.dataset]
}

/**
 * The same for data of your own, which an adapter reads (examples/own-adapter.ts is one).
 *
 * @throws {VigilError} for bad data, a bad path or a pipeline that does not belong to them
 */
export async function loadEvents(
  adapter: Adapter,
  request: Omit<DatasetRequest, 'dataset'>,
  progress: (message: string) => void = () => undefined,
): Promise<LoadedDataset> {
  return await withEvents(adapter, request, progress, async (events, splits, pipeline) => {
    progress(`encoding ${events.rowCount} events`)
    const notes = [...events.notes]
    const { rows } = splits.train
    const note = pipeline === null ? (text: string) => notes.push(text) : undefined
    const isFitted = pipeline === null || request.growsVocabularies === true
    const plans = isFitted ? events.plan(request.features, rows, note) : []
    const encoded = await encodeColumns(events, { plans, rows, fitted: pipeline?.columns ?? null })
    const unsigned = {
      name: adapter.name,
      rowCount: events.rowCount,
      ...encoded.matrices,
      labels: events.labels,
      classes: events.classes,
      classNames: events.classNames,
      splits,
      posterior: events.posterior,
      consequences: events.consequences?.(request.features) ?? null,
      timeline: null,
      eventsPerDay: eventsPerDayOf(events.times, splits),
    }
    const dataset: Dataset = { ...unsigned, fingerprint: fingerprintOf(unsigned) }
    return {
      dataset,
      streams: events.streams,
      timeline: events.timeline?.(splits) ?? timelineOf(events),
      notes,
      present: events.present ?? null,
      capturedUnder: events.capturedUnder ?? 'unknown',
      // As strictly as when it will be read again: better refused now than after the training.
      pipeline: parsePipeline({
        version: 1,
        dataset: adapter.name,
        features: request.features,
        history: pipeline === null ? events.history(encoded.columns.map(({ source }) => source)) : pipeline.history,
        reading: events.reading ?? null,
        columns: encoded.columns,
      }),
    }
  })
}

/**
 * The raw columns of a request's inputs, before they are encoded, and how the rows are divided.
 *
 * @throws {VigilError} as loadDataset
 */
export async function loadRaw(
  request: DatasetRequest,
  progress: (message: string) => void = () => undefined,
): Promise<RawDataset> {
  return await withEvents(adapterOf(request), request, progress, async (events, splits) => {
    const columns = new Map<string, RawColumn>()
    for (const { source } of events.plan(request.features, splits.train.rows)) {
      if (!columns.has(source)) columns.set(source, await events.column(source))
    }
    const { labels, classes, classNames, streams } = events
    return { columns, labels, classes, classNames, streams, splits }
  })
}

/** Opens events, checks and divides them, and closes them when they have been used. */
export async function withEvents<T>(
  adapter: Adapter,
  request: Omit<DatasetRequest, 'dataset'>,
  progress: (message: string) => void,
  use: (events: RawEvents, splits: Dataset['splits'], pipeline: FeaturePipeline | null) => Promise<T>,
): Promise<T> {
  requireRequest(request)
  const pipeline = request.pipeline === undefined ? null : parsePipeline(request.pipeline)
  if (pipeline !== null) requireSameKind(pipeline, { dataset: adapter.name, features: request.features })
  const events = await adapter.open(request, progress)
  try {
    if (pipeline !== null) requireSameHistory(pipeline, events)
    requireBothLabels(events)
    return await use(events, splitRows(events, divisionOf(events, request)), pipeline)
  } finally {
    events.close()
  }
}

function timelineOf({ rowCount, timeRank, isUnordered, sites, phases }: RawEvents): SiteTimeline | null {
  if (isUnordered === true) return null
  return { ranks: timeRank, sites: sites ?? new Uint32Array(rowCount), phases: phases ?? null }
}

function divisionOf(events: RawEvents, { split, splitSeed }: Pick<DatasetRequest, 'split' | 'splitSeed'>): Division {
  if (split !== 'described') return { kind: split, seed: splitSeed }
  if (events.division !== null) return events.division
  throw dataError(
    'REQUEST_INVALID',
    'split: these data do not say how they are divided. Choose stratified, temporal or by-stream.',
  )
}

/** Values that a caller may pass through unchecked from a command line. */
const CHOICES = {
  dataset: DATASET_NAMES,
  features: FEATURE_PROFILES,
  split: ['stratified', 'temporal', 'by-stream', 'described'],
} as const

function requireChoice(field: keyof typeof CHOICES, value: string): void {
  const allowed: readonly string[] = CHOICES[field]
  if (allowed.includes(value)) return
  throw dataError(
    'REQUEST_INVALID',
    `${field}: needs one of ${allowed.join(', ')}, received ${JSON.stringify(value)}. Choose one of them.`,
  )
}

/** That there is such a dataset, and that it has such inputs. */
function requireProfile({ dataset, features }: DatasetRequest): void {
  requireChoice('dataset', dataset)
  requireChoice('features', features)
  const { profiles } = knownDataset(dataset)
  if (profiles.includes(features)) return
  throw dataError(
    'REQUEST_INVALID',
    `features: dataset ${dataset} has ${profiles.join(', ')}, received ${features}. Choose ${profiles[0]}.`,
  )
}

function requireRequest(request: Omit<DatasetRequest, 'dataset'>): void {
  requireChoice('features', request.features)
  requireChoice('split', request.split)
  for (const field of ['splitSeed', 'seed'] as const) {
    if (Number.isInteger(request[field]) && request[field] >= 0 && request[field] < 2 ** 32) continue
    throw dataError(
      'REQUEST_INVALID',
      `${field}: needs an integer from 0 to 4294967295, received ${request[field]}. Choose e.g. 42.`,
    )
  }
}

function requireSameKind(pipeline: FeaturePipeline, request: Pick<FeaturePipeline, 'dataset' | 'features'>): void {
  for (const field of ['dataset', 'features'] as const) {
    if (pipeline[field] === request[field]) continue
    throw featureError(
      'PIPELINE_MISMATCH',
      `Feature pipeline, ${field}: needs '${request[field]}' as requested, received '${pipeline[field]}'. Use the pipeline that was saved with the run.`,
    )
  }
}

/** A pipeline from before plans were saved has none; its columns are told by their names. */
function requireSameHistory({ history, columns }: FeaturePipeline, events: RawEvents): void {
  const own = events.history(columns.map(({ source }) => source))
  if (history === null || isDeepStrictEqual(history, own)) return
  throw featureError(
    'PIPELINE_MISMATCH',
    `Feature pipeline, history: needs the plan of these events, received another one. Use the events, or their description, and the Vigil that the run was trained with.`,
  )
}

function requireBothLabels(events: RawEvents): void {
  let threats = 0
  for (const label of events.labels) threats += label
  if (threats > 0 && threats < events.rowCount) return
  const found = threats === 0 ? 'benign rows only' : 'threats only'
  throw dataError(
    'CLASSES_INVALID',
    `Data labels: need both benign rows and threats, received ${found} (${events.rowCount} rows). There is nothing to learn; give data with both.`,
  )
}
