import { createTeam } from '@vigil/actors'
import { teamSettingsOf } from '@vigil/learner'
import { initialiseParameters } from '@vigil/policy-wasm'
import { forwardOperations } from './operations.ts'
import { measureRounds, type Rates, timed } from './rounds.ts'
import { configOf, datasetOf, type Workload } from './workload.ts'

/**
 * Rollouts: observe, forward pass, sampling, environment and the trajectory's way to the learner, on some actors. Units
 * are environment steps.
 */
export async function measureRollout(
  workload: Workload,
  options: { readonly rounds: number; readonly actors: number },
): Promise<Rates & { readonly operations: number }> {
  const config = configOf(workload, { actors: options.actors })
  const team = await createTeam(teamSettingsOf(config), datasetOf(workload))
  team.publish(initialiseParameters(team.network, 1), 0)
  const rates = await measureRounds({ rounds: options.rounds, threads: options.actors }, () =>
    timed(config.rowsPerIteration, () => team.pool.collect()),
  )
  await team.pool.close()
  return { ...rates, operations: forwardOperations(team.network) }
}
