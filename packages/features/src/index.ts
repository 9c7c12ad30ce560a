export { FEATURE_ERRORS, featureError } from './errors.ts'
export { encodeCategorical, encodeDense } from './pipeline/encode.ts'
export { fitColumn } from './pipeline/fit.ts'
export {
  type ColumnPlan,
  type FeaturePipeline,
  type FittedColumn,
  inputsOf,
  isDense,
  parsePipeline,
} from './pipeline/pipeline.ts'
export type { RawColumn } from './raw-column.ts'
