export type { Adapter, RawEvents } from './adapters/adapter.ts'
export type { Dataset, Split } from './dataset.ts'
export { DATA_ERRORS, dataError } from './errors.ts'
export { type DatasetRequest, type LoadedDataset, loadDataset, loadEvents } from './load-dataset.ts'
