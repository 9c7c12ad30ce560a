import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Team } from '@vigil/actors'
import { type Engine, isTooFar, type UpdateStats } from '@vigil/engine'
import type { Trajectory } from '@vigil/proto'
import { creditOrder } from './along-streams.ts'
import { type Batch, batchOf, join, rowsOf } from './batch.ts'
import { createCollection, policyOf } from './collection.ts'
import { constraintTargets } from './constraints/constrain.ts'
import { extendHistory } from './constraints/decision-history.ts'
import { directOf, historyLength, restrictiveActions } from './constraints/direct.ts'
import { type ConstraintMeasure, measureConstraints } from './constraints/measure.ts'
import { controlMultipliers } from './constraints/multipliers.ts'
import { advantagesOf, type Experience, experienceOf, returnsOf } from './experience.ts'
import { hindsightOf } from './hindsight.ts'
import { learningBatches } from './learning-batch.ts'
import { minibatchesOf } from './minibatches.ts'
import { pilotRatios } from './pilots.ts'
import { createRecordedCollection } from './recorded.ts'
import { absorb } from './return-normaliser.ts'
import { remainingAt } from './schedule.ts'
import type { PpoSettings } from './settings.ts'
import type { TrainingState } from './training-state.ts'

/** Who learns what. */
export type Training = {
  readonly team: Team
  /** Holds the parameters and the optimiser state to begin from. */
  readonly engine: Engine
  readonly settings: PpoSettings
  /** Agents that learn; the others act by weights that stay as they are. Default: all. */
  readonly learners?: readonly number[]
  /** What is learnt from a trajectory. Default: the trajectory, with its values in reward units. */
  readonly experienceOf?: typeof experienceOf
}

/** One iteration, done. Lists have one entry for each shard. */
export type Iteration = {
  /** After the update. */
  readonly state: TrainingState
  /** Updates that made the policy that acted. */
  readonly policyVersion: number
  readonly trajectories: readonly Trajectory[]
  readonly experiences: readonly Experience[]
  /** [T, N] in reward units */
  readonly returns: readonly Float32Array[]
  /** What the trajectories say about each specification. */
  readonly measures: readonly ConstraintMeasure[]
  readonly batch: Batch
  /** Of each minibatch, in their order. */
  readonly updates: readonly UpdateStats[]
  /** Learning rate of this iteration. */
  readonly learningRate: number
  /** How long the learner waited for the trajectories, and how long it learnt from them. */
  readonly collectMs: number
  readonly updateMs: number
}

/**
 * Proximal policy optimisation (arXiv:1707.06347, algorithm 1) for a team of independent learners. Whoever consumes the
 * iterations validates, writes, reports, and stops by asking for no more.
 *
 * Under staleness 1 the policy that acted is one update older than the one that learns. The ratios are still those of
 * eq. 7, pi / pi_old with pi_old the policy that acted, whose log-probabilities the trajectories carry: they begin near 1
 * instead of at 1, and the clip is the off-policy correction.
 *
 * @param from where to begin; the engine already holds its parameters and optimiser state, the actors its lanes
 * @throws {VigilError} SHARD_FAILED, NON_FINITE_POLICY when a shard keeps failing or the policy diverges, NOT_FINITE
 * @example
 * for await (const { state, updates } of train({ team, engine, settings }, initialState(settings, team, null))) {
 *   console.log(state.iteration, updates.at(-1)?.approxKl)
 * }
 */
export async function* train(
  { team, engine, settings, learners, experienceOf: experience = experienceOf }: Training,
  from: TrainingState,
): AsyncGenerator<Iteration, void, void> {
  const { labels } = team.dataset
  const { minibatchSize: size, seed } = settings
  const credited = creditOrder(settings.environment, team.dataset.splits.train)
  const hindsight = hindsightOf(settings, team)
  const weightsOf = learningWeights(team.network.agentCount, learners)
  const lessonsOf = learningBatches(team.inputs)
  // However training ends, it leaves no actor at work.
  await using collection =
    settings.credit === 'exact' ? createRecordedCollection(settings, team) : createCollection(settings, team)
  for (let state = from; state.iteration < settings.iterations; ) {
    const begunMs = performance.now()
    const { trajectories: collected, policy, lanes, credits } = await collection.next(state) // pi_old acts for T steps in every lane
    const orders = collected.map(credited) // what follows an event is what follows in its stream
    const trajectories = orders.map(({ trajectory }) => trajectory)
    const collectedMs = performance.now()

    const experiences = trajectories.map((trajectory) => experience(trajectory, policy.normaliser))
    const returns = experiences.map((experience) => returnsOf(experience, settings)) // G_t
    // Credits stand in the place of A_t.
    const advantages = experiences.map((experience) =>
      credits === null ? advantagesOf(experience, settings) : new Float32Array(experience.rewards.length),
    )
    for (const [i, own] of advantages.entries()) hindsight?.takeOff(trajectories[i], own)
    const normaliser = absorb(state.normaliser, join(Float32Array, returns))
    const measures = measureConstraints(trajectories)
    const controllers = controlMultipliers(state.multipliers, measures, settings)
    const multipliers = controllers.map(({ value }) => value) // lambda_s
    const weights = weightsOf(rowsOf(trajectories))
    const hasCritic = team.network.valueHidden !== null
    const hasPilots = settings.environment.response !== null && credits === null
    const ratios = hasPilots ? pilotRatios(trajectories) : null
    const constraints = collected.map((own, i) => constraintTargets(own, settings, orders[i].order))
    const estimates = { returns, advantages, normaliser, multipliers, weights, ratios, hasCritic, constraints }
    const batch = batchOf(trajectories, estimates) // (A_r - sum lambda_s A_s) / (1 + sum lambda_s)

    const isDirect = settings.stlMode === 'lagrangian+direct'
    const runsOn = settings.environment.response !== null
    const decided = { trajectories, labels, runsOn, history: state.history, multipliers }
    const restrictive = isDirect ? directOf(settings, decided) : null
    const ofActions = restrictive && restrictiveActions(restrictive, team.network.agentCount)
    const direct = credits ?? hindsight?.directOf(batch, multipliers) ?? ofActions

    const remaining = remainingAt(settings, state.iteration + 1)
    const updateSettings = {
      ...settings,
      learningRate: settings.learningRate * remaining,
      entropyCoef: settings.entropyCoef * remaining,
    }
    const lessons = lessonsOf(batch, { weights, direct })
    const updates: UpdateStats[] = []
    let { passes } = state
    epochs: for (let epoch = 0; epoch < settings.epochs; epoch++) {
      for (const minibatch of minibatchesOf(lessons, { size, seed, pass: passes++ })) {
        const stats = await engine.update(minibatch, updateSettings) // L^CLIP - c1 L^VF + c2 S, eq. 9
        updates.push(stats)
        // An engine may work without ever waiting: actors that are done with a shard get the next one here, and signals
        // are heard.
        await nextTurn()
        if (isTooFar(stats, settings)) break epochs
      }
    }

    state = {
      iteration: state.iteration + 1,
      envSteps: state.envSteps + batch.eventCount,
      passes,
      normaliser,
      multipliers: controllers,
      history: isDirect ? extendHistory(state.history, decided, historyLength(settings)) : state.history,
      parameters: await engine.storeParameters(),
      acting: settings.staleness === 1 ? policyOf(state) : null,
      lanes,
    }
    const { policyVersion } = policy
    const durations = { collectMs: collectedMs - begunMs, updateMs: performance.now() - collectedMs }
    const { learningRate } = updateSettings
    yield {
      ...{ state, policyVersion, trajectories, experiences, returns, measures, batch, updates, learningRate },
      ...durations,
    }
  }
}

/** Which agents learn, as a function from the rows of a batch [N] to [N, A] of 0 and 1; null = all from all. */
function learningWeights(
  agentCount: number,
  learners: readonly number[] | undefined,
): (rows: Uint32Array) => Float32Array | null {
  if (learners === undefined) return () => null
  const learns = Uint8Array.from({ length: agentCount }, (_, agent) => (learners.includes(agent) ? 1 : 0))
  return (rows) => Float32Array.from({ length: rows.length * agentCount }, (_, i) => learns[i % agentCount])
}
