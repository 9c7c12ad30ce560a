import { readCheckpoint } from '@vigil/ppo'
import type { RunFolder } from '@vigil/runs'
import { assertNothingHiddenIsRead } from './hidden-inputs.ts'
import type { Learner } from './learner.ts'
import type { RunState } from './run-state.ts'
import type { Session } from './session.ts'

/**
 * The state that a run began with: fresh, of a rule, or that of the team that it began from, which its folder keeps.
 *
 * @throws {VigilError} OUTDATED, as readCheckpoint
 */
export async function firstState(
  folder: RunFolder,
  learner: Learner,
  session: Pick<Session, 'stream' | 'isTTY'>,
): Promise<RunState> {
  if (learner.config.from === null) return await learner.begin(session)
  const expected = { ...learner.identity, fingerprintAt: null }
  const { parameters, normaliser } = await readCheckpoint(folder.initial, expected)
  assertNothingHiddenIsRead(parameters, learner.mask, folder.initial)
  const state = { ...learner.fresh(), parameters, normaliser }
  learner.engine.loadParameters(parameters)
  return state
}
