import type { Dataset, FeaturePipeline } from '@vigil/data'
import type { Config } from '../config/config.ts'
import { createEngine } from '../engine/create-engine.ts'
import type { Engine } from '../engine/engine.ts'
import { viewMaskOf } from '../training/diversity.ts'
import { initialState, type TrainingState } from '../training/train.ts'
import { identityOf, loadData, type RunIdentity } from './session.ts'
import { createTeam, type Team } from './team.ts'

/** Everything that a training needs: the data, the team that acts on them, the engine that learns. */
export type Learner = {
  readonly config: Config
  readonly pipeline: FeaturePipeline
  readonly team: Team
  readonly engine: Engine
  readonly identity: RunIdentity
  /** Brings a fresh training about: initial weights in the engine, nothing learnt. */
  begin(): TrainingState
}

/**
 * Reads the data and starts team and engine, telling of each. Close the team's pool and dispose of the engine when done.
 *
 * @param pipeline the fitted features of an earlier run; undefined = fit them
 * @throws {DataError} {ActorError} {EngineError}
 */
export async function startLearner(
  config: Config,
  pipeline: FeaturePipeline | undefined,
  say: (text: string) => void,
): Promise<Learner> {
  const data = await loadData(config, pipeline, say)
  say(describe(data.dataset, config))
  const team = await createTeam(config, data.dataset)
  try {
    const mask = viewMaskOf(team.network, config)
    const engine = await createEngine(config, team.network, mask)
    say(
      `${config.agents} agents, ${team.parameterCount} weights, ${team.pool.actors} actors, engine ${engine.name} (${engine.device})`,
    )
    return {
      config,
      pipeline: data.pipeline,
      team,
      engine,
      identity: identityOf(config, team),
      begin() {
        const state = initialState(config, team, mask)
        engine.loadParameters(state.parameters)
        return state
      },
    }
  } catch (error) {
    await team.pool.close()
    throw error
  }
}

function describe(dataset: Dataset, config: Config): string {
  const { train, validation, test } = dataset.splits
  const threats = dataset.labels.reduce((sum, label) => sum + label, 0)
  const share = ((100 * threats) / dataset.rowCount).toFixed(2)
  const inputs = `${dataset.denseNames.length} numbers and ${dataset.categoricalColumns.length} categories`
  return (
    `${config.dataset}: ${dataset.rowCount} events, ${share} % threats, inputs "${config.features}" (${inputs}), ` +
    `${config.split} split ${train.rows.length} / ${validation.rows.length} / ${test.rows.length}`
  )
}
