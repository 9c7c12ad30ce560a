import type { Team } from '@vigil/actors'
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import { INITIAL_MULTIPLIER } from './constraints/multipliers.ts'
import { hesitating } from './hesitating.ts'
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
  settings: Pick<PpoSettings, 'seed' | 'returnNormalisation' | 'stlMode' | 'specifications' | 'environment'>,
  team: Team,
  inputMask: Uint8Array | null,
): TrainingState {
  const parameters = initialiseMasked(team.network, settings.seed, inputMask)
  return {
    iteration: 0,
    envSteps: 0,
    passes: 0,
    normaliser: createReturnNormaliser(settings.returnNormalisation),
    multipliers: usesMultipliers(settings) ? settings.specifications.map(() => INITIAL_MULTIPLIER) : [],
    history: new Uint8Array(0),
    parameters:
      settings.environment.response === null ? parameters : hesitating(parameters, team.network, streamLength(team)),
    acting: null,
    lanes: team.pool.saveShards(),
  }
}

/** Mean number of events of a stream that is learnt from. */
function streamLength({ dataset: { splits } }: Team): number {
  return splits.train.rows.length / (splits.train.streamStarts.length - 1)
}
