import type { Team } from '@vigil/actors'
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import { INITIAL_MULTIPLIER } from './constraints/multipliers.ts'
import { initialiseMasked } from './input-mask.ts'
import { createReturnNormaliser } from './return-normaliser.ts'
import type { PpoSettings } from './settings.ts'
import { usesMultipliers } from './stl-mode.ts'

/** Where training stands between two iterations: all that changes. */
export type TrainingState = Pick<
  Checkpoint,
  'iteration' | 'envSteps' | 'passes' | 'normaliser' | 'multipliers' | 'history' | 'parameters' | 'acting' | 'lanes'
>

/** Fresh training: nothing learnt, nothing seen. Inputs that the policies may not see begin, and stay, at weight zero. */
export function initialState(
  settings: Pick<PpoSettings, 'seed' | 'returnNormalisation' | 'stlMode' | 'specifications'>,
  team: Team,
  inputMask: Uint8Array | null,
): TrainingState {
  return {
    iteration: 0,
    envSteps: 0,
    passes: 0,
    normaliser: createReturnNormaliser(settings.returnNormalisation),
    multipliers: usesMultipliers(settings) ? settings.specifications.map(() => INITIAL_MULTIPLIER) : [],
    history: new Uint8Array(0),
    parameters: initialiseMasked(team.network, settings.seed, inputMask),
    acting: null,
    lanes: team.pool.saveShards(),
  }
}
