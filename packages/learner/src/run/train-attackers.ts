import type { Team } from '@vigil/actors'
import type { Config } from '@vigil/config'
import { familyOf } from '@vigil/engine'
import type { AttackerTraining } from '@vigil/evaluation'
import { initialiseMasked, initialState, inputMaskOf, type PpoSettings, train } from '@vigil/ppo'
import type { Trajectory } from '@vigil/proto'
import { ppoSettingsOf } from '../settings.ts'
import type { Composition } from './composition.ts'

/** Rollouts followed by updates: seconds, where a team's own training takes a minute. */
const ITERATIONS = 12

/** The team that is attacked, and how it came about: attackers have networks of its shape. */
type AttackedRun = {
  readonly config: Config
  readonly team: Pick<Team, 'dataset'>
  readonly composition: Composition
}

/**
 * An adversarially trained policy (Gleave et al. 2020, "Adversarial policies"): the faulty agents begin anew and learn by
 * PPO what costs the team most, on the training split, while the honest agents act by weights that stay as they are.
 * An attacker sees what the agent in its place sees, no votes and no labels; their reward is the team's with the other sign.
 *
 * @returns [A, P], those of the honest agents unchanged
 * @throws {VigilError} as createTeam, createEngine and train
 */
export async function trainAttackers(
  { config, team: { dataset }, composition }: AttackedRun,
  { honest, faulty, onIteration }: Parameters<AttackerTraining>[0],
): Promise<Float32Array> {
  // Attackers learn rightly, whatever the team did wrong. Every agent is paid for what the team does.
  const attack: Config = {
    ...config,
    ...{ attribution: 'consensus', teamBonus: 0, defects: [], sampling: 'natural' },
  }
  const team = paidForHarm(await composition.createTeam(attack, dataset))
  try {
    const settings = settingsOf(attack)
    const mask = inputMaskOf(team.network, settings)
    const engine = await composition.createEngine(attack, team.network, mask)
    team.pool.actBy(familyOf(engine))
    try {
      const state = initialState(settings, team, mask)
      const fresh = initialiseMasked(team.network, (config.seed + 1) >>> 0, mask)
      const parameters = withFresh({ team, honest, fresh, faulty })
      engine.loadParameters(parameters)
      onIteration(0, ITERATIONS)
      let trained: Float32Array = parameters
      const training = { team, engine, settings, learners: faulty }
      for await (const iteration of train(training, { ...state, parameters })) {
        trained = iteration.state.parameters
        if (iteration.state.iteration < ITERATIONS) onIteration(iteration.state.iteration, ITERATIONS)
      }
      return trained
    } finally {
      engine.dispose()
    }
  } finally {
    await team.pool.close()
  }
}

/** The team's own settings, for a short training that looks at no specification. */
function settingsOf(attack: Config): PpoSettings {
  const settings = ppoSettingsOf(attack)
  return {
    ...settings,
    // Gains of zero: the multipliers stay at zero, and the network keeps its heads.
    ...{ pid: { proportional: 0, integral: 0, derivative: 0 }, staleness: 0, anneal: true, targetKl: null },
    stlMode: settings.stlMode === 'off' ? 'off' : 'lagrangian',
    ...{ iterations: ITERATIONS, earlierLengths: [] },
  }
}

/** The honest weights [A, P], with fresh ones for the faulty agents. */
function withFresh({
  team,
  honest,
  fresh,
  faulty,
}: {
  readonly team: Team
  readonly honest: Float32Array
  readonly fresh: Float32Array
  readonly faulty: readonly number[]
}): Float32Array {
  const parametersPerAgent = team.parameterCount / team.network.agentCount
  const parameters = honest.slice()
  for (const agent of faulty) {
    const from = agent * parametersPerAgent
    parameters.set(fresh.subarray(from, from + parametersPerAgent), from)
  }
  return parameters
}

/** The same team with every reward's sign turned. */
function paidForHarm(team: Team): Team {
  const negated = (values: Float32Array) => values.map((value) => -value)
  const harmful = (trajectory: Trajectory): Trajectory => ({
    ...trajectory,
    rewards: negated(trajectory.rewards),
    expectedRewards: negated(trajectory.expectedRewards),
  })
  return { ...team, pool: { ...team.pool, collect: async () => (await team.pool.collect()).map(harmful) } }
}
