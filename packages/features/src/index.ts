export {
  DATASET_NAMES,
  type DatasetName,
  datasetConflict,
  FEATURE_PROFILES,
  type FeatureProfile,
  knownDataset,
} from './datasets.ts'
export { FEATURE_ERRORS, featureError } from './errors.ts'
export type { Fold, HistoryKey } from './history/fold.ts'
export { createHistory, type KeptHistory, type LiveEvent, type LiveHistory } from './history/live-history.ts'
export { type HistoryPlan, parseHistoryPlan, STATE_BYTES_MAX, stateBytes } from './history/plan.ts'
export {
  type Judgements,
  type RecordedEvents,
  type ReplayOrder,
  replayHistory,
  replayJudgements,
} from './history/replay-history.ts'
export {
  createEventReader,
  type EventReader,
  keyParts,
  type RawEvent,
  type ReadEvent,
  rawColumns,
  textCollector,
} from './live/event-reader.ts'
export {
  categoricalEncoder,
  denseEncoder,
  denseValue,
  numberIndex,
  type RowsEncoder,
  tokenIndex,
} from './pipeline/encode.ts'
export { fitColumn } from './pipeline/fit.ts'
export { allCategoriesBefore, growColumn } from './pipeline/grow.ts'
export {
  type ColumnPlan,
  type FeaturePipeline,
  type FittedColumn,
  inputsOf,
  isDense,
  parsePipeline,
} from './pipeline/pipeline.ts'
export type { RawColumn } from './raw-column.ts'
export type { EventReading } from './reading/event-reading.ts'
export { parseJson } from './reading/parse-json.ts'
export { parseNumber, parseText } from './reading/parse-number.ts'
export {
  guessUnit,
  inMilliseconds,
  inNanoseconds,
  isoMilliseconds,
  TIME_UNITS,
  type TimeUnit,
} from './reading/parse-time.ts'
