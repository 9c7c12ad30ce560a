export {
  ACTING,
  LABEL_STATISTICS,
  POLICY_STATISTICS,
  PRODUCT,
  planBlock,
  STATISTICS_BYTES,
  UPDATE,
  type UpdateFields,
  VALUE_STATISTICS,
} from './blocks.ts'
export { POLICY_ERRORS } from './errors.ts'
export { growEmbeddings } from './grow-embeddings.ts'
export { initialiseParameters } from './initialisation.ts'
export { compilePolicy, instantiatePolicy, POLICY_STATIC_END, type PolicyExports } from './module.ts'
export {
  ACTION_COUNT,
  columnOffsets,
  LAYER_NORM_EPSILON,
  NETWORK_LIMITS,
  type NetworkSpec,
  type ParameterSlice,
  paddedWidth,
  parameterLayout,
  recurrentStateSize,
  valueOutputCount,
} from './network.ts'
export { networkPlanBytes, scratchBytes, writeNetworkPlan } from './plan.ts'
export { POLICY_FILE } from './policy-file.ts'
export { switchRevectoriserOn, vectorsInWords } from './revectoriser.ts'
