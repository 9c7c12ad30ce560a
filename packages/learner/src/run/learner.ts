import type { Team } from '@vigil/actors'
import { formatCounted } from '@vigil/command-line'
import type { Config } from '@vigil/config'
import type { Dataset } from '@vigil/data'
import { type Engine, familyOf, whyNoNativeEngine } from '@vigil/engine'
import { rareLabelNotes, warmStart } from '@vigil/evaluation'
import type { FeaturePipeline } from '@vigil/features'
import { initialState, inputMaskOf } from '@vigil/ppo'
import type { StreamBelief } from '@vigil/runs'
import { ppoSettingsOf } from '../settings.ts'
import { createSteps } from '../terminal/steps.ts'
import { type Composition, PLAIN } from './composition.ts'
import { assertNothingHiddenIsRead, hiddenInputs } from './hidden-inputs.ts'
import { type Origin, stateFrom } from './origin.ts'
import type { RunState } from './run-state.ts'
import { identityOf, type RunData, type RunIdentity, type Session } from './session.ts'

/** Everything that a training needs: the data, the team that acts on them, the engine that learns. */
export type Learner = {
  readonly config: Config
  readonly composition: Composition
  readonly pipeline: FeaturePipeline
  readonly belief: StreamBelief | null
  readonly team: Team
  readonly engine: Engine
  readonly identity: RunIdentity
  /** [A, P] 0 = the weight of an input that is hidden, which is zero; null = agents read all inputs */
  readonly mask: Uint8Array | null
  /**
   * Brings a training about: initial weights in the engine, random, of a rule, or of another run's team, and nothing else learnt.
   *
   * @throws {VigilError} CONFLICT, OUTDATED for a team that is not one of this training
   */
  begin(session?: Pick<Session, 'stream' | 'isTTY'>, origin?: Origin): Promise<RunState>
  /** As `begin`, with random weights. */
  fresh(): RunState
}

/**
 * Starts team and engine on these data, telling of each. Close the team's pool and dispose of the engine when done.
 *
 * @throws {VigilError} CONFLICT for a config that the composition does not put into effect; as createTeam and createEngine
 */
export async function startLearner(
  config: Config,
  data: RunData,
  say: (text: string) => void,
  composition: Composition = PLAIN,
  computing: Config = config,
): Promise<Learner> {
  composition.assertTrains(config)
  say(describe(data.dataset, config))
  for (const note of rareLabelNotes(data.dataset)) say(`warning ${note}`)
  const team = await composition.createTeam(config, data.dataset)
  try {
    const settings = ppoSettingsOf(config)
    const mask = inputMaskOf(team.network, settings, hiddenInputs(config, data))
    const engine = await composition.createEngine(computing, team.network, mask)
    team.pool.actBy(familyOf(engine))
    say(
      `${formatCounted(config.agents, 'agent')}, ${team.parameterCount} weights, ${formatCounted(team.pool.actors, 'actor')}, engine ${engine.name} (${engine.device})`,
    )
    const missing = config.engine === 'auto' && engine.name === 'portable' ? whyNoNativeEngine() : null
    if (missing !== null) say(missing)
    const { pipeline, belief } = data
    const fresh = () => {
      const state = { ...initialState(settings, team, mask), best: null }
      engine.loadParameters(state.parameters)
      return state
    }
    return {
      ...{ config, composition, pipeline, belief, team, engine, identity: identityOf(config, team), mask },
      fresh,
      async begin(session, origin) {
        if (origin !== undefined) {
          const state = stateFrom(origin, { pipeline, network: team.network }, fresh())
          assertNothingHiddenIsRead(state.parameters, mask, origin.run)
          engine.loadParameters(state.parameters)
          return state
        }
        if (config.warmStart === 'none') return fresh()
        const steps = session && createSteps(session)
        try {
          const rolloutSteps = config.rolloutSteps
          return { ...fresh(), ...(await warmStart({ ...settings, rolloutSteps }, team, engine, steps?.step)) }
        } finally {
          steps?.finish()
        }
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
  const numbers = formatCounted(dataset.denseNames.length, 'number')
  const inputs = `${numbers} and ${formatCounted(dataset.categoricalColumns.length, 'category', 'categories')}`
  return (
    `${config.dataset}: ${dataset.rowCount} events, ${share} % threats, inputs "${config.features}" (${inputs}), ` +
    `${config.split} split ${train.rows.length} / ${validation.rows.length} / ${test.rows.length}`
  )
}
