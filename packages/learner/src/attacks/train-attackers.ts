import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Trajectory } from '@vigil/proto'
import type { Config } from '../config/config.ts'
import { createEngine } from '../engine/create-engine.ts'
import { createReturnNormaliser } from '../return-normaliser.ts'
import { createTeam, type Team } from '../run/team.ts'
import { assembleBatch } from '../training/batch.ts'
import { initialiseMasked, viewMaskOf } from '../training/diversity.ts'
import { minibatchesOf } from '../training/minibatches.ts'

/** Rollouts followed by updates: seconds, where a team's own training takes a minute. */
const ITERATIONS = 12

/**
 * An adversarially trained policy (Gleave et al. 2020, "Adversarial policies"): the faulty agents begin anew and learn by
 * PPO what costs the team most, on the training split, while the honest agents act by weights that stay as they are.
 * An attacker sees what the agent in its place sees, no votes and no labels; their reward is the team's with the other sign.
 *
 * @param honest [A, P] of the team
 * @param faulty agents that attack
 * @returns [A, P], those of the honest agents unchanged
 * @throws {ActorError} {EngineError}
 */
export async function trainAttackers(
  { dataset, network }: Pick<Team, 'dataset' | 'network'>,
  config: Config,
  {
    honest,
    faulty,
    onIteration = () => undefined,
  }: {
    readonly honest: Float32Array
    readonly faulty: readonly number[]
    readonly onIteration?: (done: number, total: number) => void
  },
): Promise<Float32Array> {
  const { agents: A, seed } = config
  const parametersPerAgent = honest.length / A
  let parameters: Float32Array = honest.slice()
  const mask = viewMaskOf(network, config)
  const fresh = initialiseMasked(network, (seed + 1) >>> 0, mask)
  for (const agent of faulty) {
    const from = agent * parametersPerAgent
    parameters.set(fresh.subarray(from, from + parametersPerAgent), from)
  }
  // Every agent is paid for what the team does; only the attackers learn from it.
  const learns = Uint8Array.from({ length: A }, (_, agent) => (faulty.includes(agent) ? 1 : 0))
  const weightsOf = (rows: Uint32Array) => Float32Array.from({ length: rows.length * A }, (_, i) => learns[i % A])
  // Attackers learn rightly, whatever the team did wrong.
  const attack: Config = {
    ...config,
    ...{ attribution: 'consensus', teamBonus: 0, defects: [], sampling: 'natural', bootstrap: true },
  }
  const team = await createTeam(attack, dataset)
  try {
    const engine = await createEngine(config, team.network, mask)
    try {
      engine.loadParameters(parameters)
      let normaliser = createReturnNormaliser(config.returnNormalisation)
      for (let iteration = 0; iteration < ITERATIONS; iteration++) {
        onIteration(iteration, ITERATIONS)
        team.publish(parameters, iteration)
        const trajectories = (await team.pool.collect()).map(paidForHarm)
        const memory = { acting: normaliser, latest: normaliser, multipliers: config.specifications.map(() => 0) }
        const assembled = assembleBatch(trajectories, attack, memory, weightsOf)
        const remaining = 1 - iteration / ITERATIONS
        const settings = {
          learningRate: config.learningRate * remaining,
          entropyCoef: config.entropyCoef * remaining,
          clipEpsilon: config.clipEpsilon,
          valueCoef: config.valueCoef,
          constraintCoef: config.constraintCoef,
          maxGradNormPolicy: config.maxGradNormPolicy,
          maxGradNormValue: config.maxGradNormValue,
          targetKl: null,
          defects: attack.defects,
        }
        const { batch } = assembled
        const weights = weightsOf(batch.rows)
        for (let epoch = 0; epoch < config.epochs; epoch++) {
          const pass = iteration * config.epochs + epoch
          const order = { size: config.minibatchSize, agentCount: A, seed, pass, weights, alone: false, direct: null }
          for (const minibatch of minibatchesOf(batch, team.inputs, order)) {
            await engine.update(minibatch, settings)
            await nextTurn()
          }
        }
        normaliser = assembled.normaliser
        parameters = await engine.storeParameters()
      }
      return parameters
    } finally {
      engine.dispose()
    }
  } finally {
    await team.pool.close()
  }
}

function paidForHarm(trajectory: Trajectory): Trajectory {
  const negated = (values: Float32Array) => values.map((value) => -value)
  return {
    ...trajectory,
    rewards: negated(trajectory.rewards),
    expectedRewards: negated(trajectory.expectedRewards),
  }
}
