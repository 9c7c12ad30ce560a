import type { BestValidation, TrainingState } from '@vigil/ppo'

/** Where a run stands: the training, and the best validation so far (null before the first). */
export type RunState = TrainingState & { readonly best: BestValidation | null }
