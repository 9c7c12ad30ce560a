export { attributionOf } from './attribution.ts'
export {
  type BestValidation,
  type Checkpoint,
  type CheckpointSizes,
  decodeCheckpoint,
  type ExpectedCheckpoint,
  encodeCheckpoint,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint/checkpoint.ts'
export { CHECKPOINT_ERRORS, checkpointError } from './checkpoint/errors.ts'
export { isViolated } from './constraints/costs.ts'
export { historyLength } from './constraints/direct.ts'
export { critiqueOf } from './critique.ts'
export { PPO_ERRORS } from './errors.ts'
export { type Experience, experienceOf } from './experience.ts'
export { type InputPlaces, initialiseMasked, inputMaskOf } from './input-mask.ts'
export { gatherInputs } from './inputs.ts'
export { absorb, createReturnNormaliser, momentsOf, normalise, varianceOf } from './return-normaliser.ts'
export { type EarlierLength, lengthAt } from './schedule.ts'
export type { PpoSettings } from './settings.ts'
export { type StlMode, usesMultipliers } from './stl-mode.ts'
export { type Iteration, train } from './train.ts'
export { initialState, type TrainingState } from './training-state.ts'
