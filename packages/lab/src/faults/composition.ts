import { createTeam, type Team } from '@vigil/actors'
import { type Config, LAB_KEYS, needsFaultyUpdate, resolveLabConfig } from '@vigil/config'
import { type Engine, minibatchOf } from '@vigil/engine'
import { createTfjsEngine } from '@vigil/engine/tfjs'
import { type Composition, PLAIN, teamSettingsOf } from '@vigil/learner'
import type { NetworkSpec } from '@vigil/policy-wasm'
import { DROPOUT_RATE, dropoutFactors } from './dropout.ts'
import { faultyExperienceOf } from './experience.ts'
import { faultyRule } from './faulty-rule.ts'
import { faultyMetricsOf } from './metrics.ts'

/** How a config of an experiment becomes a training: that of the product, with the faults that the config switches on. */
export const LAB: Composition = {
  commandOf: (config) => (isExperiment(config) ? 'lab:train' : 'learner:train'),
  assertTrains: () => undefined,

  async createTeam(config, dataset) {
    const settings = teamSettingsOf(config)
    const network = hasFixedTargets(config)
      ? { ...settings.network, constraintCount: config.specifications.length }
      : settings.network
    const team = await createTeam({ ...settings, network }, dataset)
    return config.defects.includes('replay-mismatch') ? dropping(team, config.seed) : team
  },

  async createEngine(config, network, inputMask) {
    const engine = needsFaultyUpdate(config.defects)
      ? await createFaultyEngine(config, network, inputMask)
      : await PLAIN.createEngine(config, network, inputMask)
    return hasFixedTargets(config) ? withFixedTargets(engine, network) : engine
  },

  experienceOf: (config) => (isExperiment(config) ? faultyExperienceOf(config) : PLAIN.experienceOf(config)),

  metricsOf(iteration, validation, played) {
    const metricsOf = isExperiment(played.config) ? faultyMetricsOf : PLAIN.metricsOf
    return metricsOf(iteration, validation, played)
  },
}

const SETTLED = resolveLabConfig({}, 'the defaults')

/** Whether a config has a setting of experiments that is not as the product has it. */
function isExperiment(config: Config): boolean {
  const differs = (key: string) => JSON.stringify(config[key as 'seed']) !== JSON.stringify(SETTLED[key as 'seed'])
  return LAB_KEYS.some(differs) || config.stlMode === 'penalty' || config.stlMode === 'fixed-target'
}

async function createFaultyEngine(config: Config, spec: NetworkSpec, inputMask: Uint8Array | null): Promise<Engine> {
  const { backend, engineThreads } = config
  return await createTfjsEngine({
    ...{ spec, backend, rule: faultyRule(config) },
    ...(engineThreads !== 'auto' && { threads: engineThreads }),
    ...(inputMask !== null && { inputMask }),
  })
}

/** A team that collects with hidden units dropped, by a mask for each policy; greedy actions are those of the whole network. */
function dropping(team: Team, seed: number): Team {
  let published: { readonly parameters: Float32Array; readonly policyVersion: number } | null = null
  return {
    ...team,
    publish(parameters, policyVersion) {
      published = { parameters, policyVersion }
      team.publish(parameters, policyVersion)
    },
    pool: {
      ...team.pool,
      async collect() {
        if (published !== null) {
          const { parameters, policyVersion } = published
          const draw = { rate: DROPOUT_RATE, seed, purpose: 'dropoutActing', counter: policyVersion } as const
          const factors = dropoutFactors(team.network, draw)
          team.publish(
            parameters.map((value, i) => value * factors[i]),
            policyVersion,
          )
        }
        return await team.pool.collect()
      },
    },
  }
}

/** Whether the critic's outputs for the specifications are regressed to a constant. */
function hasFixedTargets({ stlMode }: Config): boolean {
  return stlMode === 'fixed-target'
}

/**
 * The earlier system's constraint loss: whatever happened, the outputs for the specifications are fitted to a cost of nothing. It
 * is independent of state, action and outcome, and can teach nothing.
 */
function withFixedTargets(engine: Engine, network: NetworkSpec): Engine {
  return {
    ...engine,
    update(given, settings) {
      const minibatch = 'batch' in given ? minibatchOf(given) : given
      const costTargets = new Float32Array(network.constraintCount * network.agentCount * minibatch.size)
      return engine.update({ ...minibatch, constraints: { costTargets } }, settings)
    },
  }
}
