export { PolicyError, type PolicyErrorCode } from './errors.ts'
export { initialiseParameters } from './initialisation.ts'
export { compilePolicy, instantiatePolicy, POLICY_STATIC_END, type PolicyExports } from './module.ts'
export {
  ACTION_COUNT,
  columnOffsets,
  LAYER_NORM_EPSILON,
  NETWORK_LIMITS,
  type NetworkSpec,
  type ParameterLayout,
  type ParameterSlice,
  paddedWidth,
  parameterLayout,
  recurrentStateSize,
  totalVocabulary,
  valueOutputCount,
} from './network.ts'
export { planWords, scratchBytes, writePlan } from './plan.ts'
export { STATISTICS_PER_SLICE, UPDATE_BYTES, type UpdateFields, writeUpdate } from './update-block.ts'
