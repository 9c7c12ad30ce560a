import { readCheckpoint } from '@vigil/ppo'
import type { RunFolder } from '@vigil/runs'
import type { Learner } from './learner.ts'
import type { RunState } from './run-state.ts'

/**
 * The state that a run began with: fresh, or that of the team that it began from, which its folder keeps.
 *
 * @throws {VigilError} as readCheckpoint
 */
export async function firstState(folder: RunFolder, learner: Learner): Promise<RunState> {
  if (learner.config.from === null) return learner.begin()
  const expected = { ...learner.identity, fingerprintAt: null }
  const { parameters, normaliser } = await readCheckpoint(folder.initial, expected)
  const state = { ...learner.begin(), parameters, normaliser }
  learner.engine.loadParameters(parameters)
  return state
}
