export type { Dataset, Split } from './dataset.ts'
export { DataError, type DataErrorCode } from './errors.ts'
export { type DatasetRequest, type LoadedDataset, loadDataset } from './load-dataset.ts'
export { type FeaturePipeline, parsePipeline } from './pipeline/pipeline.ts'
