import { setImmediate as nextTurn } from 'node:timers/promises'
import { meanReward } from '@vigil/env-wasm'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { type Config, lengthAt } from '../config/config.ts'
import { PARTIAL_METRICS_EVENTS } from '../config/defects.ts'
import { environmentOf } from '../config/environment.ts'
import { usesMultipliers } from '../config/specifications.ts'
import { type Engine, isTooFar, type UpdateStats } from '../engine/engine.ts'
import { decisionRobustness, satisfiedRateOf } from '../evaluation/specification-scores.ts'
import { decideSplit } from '../evaluation/team-decisions.ts'
import { createReturnNormaliser } from '../return-normaliser.ts'
import type { Team } from '../run/team.ts'
import { countActions, countConfusion, deriveRates } from '../run-files/classification.ts'
import type { IterationMetrics } from '../run-files/metrics.ts'
import { attributionOf } from './attribution.ts'
import { assembleBatch, type Batch } from './batch.ts'
import { isBetter, rankedBy } from './best-validation.ts'
import { createCollection, policyOf } from './collection.ts'
import { extendHistory } from './constraints/decision-history.ts'
import { directOf, historyLength } from './constraints/direct.ts'
import { type ConstraintMeasure, measureConstraints } from './constraints/measure.ts'
import { controlMultiplier, INITIAL_MULTIPLIER, type Multiplier } from './constraints/multipliers.ts'
import { critiqueOf } from './critique.ts'
import { bagWeights, initialiseMasked } from './diversity.ts'
import { minibatchesOf } from './minibatches.ts'

/** Where training stands between two iterations: all that changes. */
export type TrainingState = Pick<
  Checkpoint,
  | 'iteration'
  | 'envSteps'
  | 'passes'
  | 'normaliser'
  | 'multipliers'
  | 'history'
  | 'best'
  | 'parameters'
  | 'acting'
  | 'lanes'
>

/** What training tells the outside, in this order in each iteration. */
export type TrainingListener = {
  /** An iteration is complete. */
  iteration(metrics: IterationMetrics): Promise<void>
  /** A good moment for a checkpoint; `isBest` = this validation is the best so far. */
  checkpoint(state: TrainingState, isBest: boolean): Promise<void>
  /** Asked after each iteration: shall training stop here? */
  shouldStop(): boolean
}

/** Fresh training: nothing learnt, nothing seen. Hidden inputs of a view begin, and stay, at weight zero. */
export function initialState(config: Config, team: Team, viewMask: Uint8Array | null): TrainingState {
  const parameters = initialiseMasked(team.network, config.seed, viewMask)
  const normaliser = createReturnNormaliser(config.returnNormalisation)
  const lanes = team.pool.saveShards()
  const multipliers = usesMultipliers(config) ? config.specifications.map(() => INITIAL_MULTIPLIER) : []
  return {
    iteration: 0,
    envSteps: 0,
    passes: 0,
    normaliser,
    multipliers,
    history: new Uint8Array(0),
    best: null,
    parameters,
    acting: null,
    lanes,
  }
}

/**
 * Proximal policy optimisation (arXiv:1707.06347, algorithm 1) for a team of independent learners.
 *
 * Under staleness 1 the policy that acted is one update older than the one that learns. The ratios are still those of
 * eq. 7, pi / pi_old with pi_old the policy that acted, whose log-probabilities the trajectories carry: they begin near 1
 * instead of at 1, and the clip is the off-policy correction.
 *
 * @param from where to begin; the engine already holds its parameters and optimiser state, the actors its lanes
 * @returns the state after the last iteration, or after the one in which `shouldStop` became true
 * @throws {ActorError} when a shard keeps failing or the policy diverges, {EngineError} NOT_FINITE
 */
export async function train(
  config: Config,
  team: Team,
  engine: Engine,
  from: TrainingState,
  listener: TrainingListener,
): Promise<TrainingState> {
  const { agents: agentCount, seed } = config
  const weightsOf = bagWeights({ seed, fraction: config.bagFraction, agentCount, rowCount: team.dataset.rowCount })
  // However training ends, it leaves no actor at work.
  await using collection = createCollection(config, team)
  let state = from
  while (state.iteration < config.iterations) {
    const startMs = performance.now()
    const iteration = state.iteration + 1

    // Collect: every shard acts with the newest policy, or is already done with the one before (staleness 1).
    const { trajectories, policy, lanes } = await collection.next(state)
    const collectMs = performance.now() - startMs

    // Learn: returns, advantages, then some epochs of clipped policy gradient over shuffled minibatches.
    const measures = measureConstraints(trajectories)
    const multipliers = controlMultipliers(config, state.multipliers, measures)
    const memory = {
      acting: policy.normaliser,
      latest: state.normaliser,
      multipliers: multipliers.map(({ value }) => value),
    }
    const { batch, outcomes, normaliser } = assembleBatch(trajectories, config, memory, weightsOf)
    const { labels } = team.dataset
    const payment = { environment: environmentOf(config), labels }
    const attributions = trajectories.map((trajectory) => attributionOf(trajectory, payment))
    const judged = outcomes.map((outcome, shard) => ({
      ...outcome,
      tableRewards: trajectories[shard].rewards,
      samplingVariance: attributions[shard].samplingVariance,
    }))
    const critique = critiqueOf(judged, config)
    const decided = { trajectories, labels }
    const isDirect = config.stlMode === 'lagrangian+direct'
    const direct = isDirect
      ? directOf(config, { ...decided, history: state.history, multipliers: memory.multipliers })
      : null
    const history = isDirect ? extendHistory(state.history, decided, historyLength(config)) : state.history
    const length = lengthAt(config, iteration)
    const remaining = config.anneal ? 1 - state.iteration / length : 1
    const { stats, passes } = await learn(config, team, engine, {
      batch,
      direct,
      weightsOf,
      remaining,
      passes: state.passes,
    })
    const parameters = await engine.storeParameters()
    const updateMs = performance.now() - startMs - collectMs

    const envSteps = state.envSteps + batch.eventCount
    const acting = config.staleness === 1 ? policyOf(state) : null
    state = {
      iteration,
      envSteps,
      passes,
      normaliser,
      multipliers,
      history,
      best: state.best,
      parameters,
      acting,
      lanes,
    }
    const isValidated = iteration % config.validateEvery === 0 || iteration === length
    const validation = isValidated ? await validate(config, team, state) : null
    const candidate = validation && { iteration, ...rankedBy(config, validation) }
    const isBest = candidate !== null && isBetter(candidate, state.best)
    if (isBest) state = { ...state, best: candidate }

    await listener.iteration({
      iteration,
      policyVersion: policy.policyVersion,
      staleness: state.iteration - 1 - policy.policyVersion,
      envSteps,
      agentSteps: envSteps * agentCount,
      stepsPerSecond: (1000 * batch.eventCount) / (collectMs + updateMs),
      collectMs,
      updateMs,
      rewardMean: mean(reported(config, batch, batch.rewards)),
      ...critique,
      ...stats,
      learningRate: config.learningRate * remaining,
      actions: countActions(reported(config, batch, batch.actions)),
      paidForOthers: attributions.reduce((sum, own) => sum + own.paidForOthers, 0) / batch.actions.length,
      threatRate: mean(batch.rows.map((row) => labels[row])),
      stl: config.specifications.map(({ name }, s) => ({
        name,
        ...measures[s],
        lambda: multipliers.length === 0 ? null : multipliers[s].value,
      })),
      validation,
    })
    const isStopped = listener.shouldStop()
    if (isValidated || isStopped) await listener.checkpoint(state, isBest)
    if (isStopped) break
  }
  return state
}

/** The decisions [N, A] that mean reward and action counts cover: all, but for the fault `partial-metrics`. */
function reported<Values extends Float32Array | Uint8Array>(config: Config, { eventCount }: Batch, values: Values) {
  const first = config.defects.includes('partial-metrics') ? Math.max(0, eventCount - PARTIAL_METRICS_EVENTS) : 0
  return values.subarray(first * config.agents) as Values
}

/** The multipliers after this iteration's steps were seen; none where no mode uses them. */
function controlMultipliers(
  { specifications, pid }: Config,
  before: readonly Multiplier[],
  measures: readonly ConstraintMeasure[],
): readonly Multiplier[] {
  return before.map((multiplier, s) => {
    const seen = { violatedRate: 1 - measures[s].satisfiedRate, target: specifications[s].target }
    return controlMultiplier(multiplier, seen, pid)
  })
}

/** The epochs over one batch. Without a critic its figures are null. */
async function learn(
  config: Config,
  team: Team,
  engine: Engine,
  work: {
    readonly batch: Batch
    /** [N] or null */
    readonly direct: Float32Array | null
    readonly weightsOf: (rows: Uint32Array) => Float32Array | null
    /** Share of the annealed schedule that is left, 1 to 0. */
    readonly remaining: number
    readonly passes: number
  },
) {
  const settings = {
    learningRate: config.learningRate * work.remaining,
    entropyCoef: config.entropyCoef * work.remaining,
    clipEpsilon: config.clipEpsilon,
    valueCoef: config.valueCoef,
    constraintCoef: config.constraintCoef,
    maxGradNormPolicy: config.maxGradNormPolicy,
    maxGradNormValue: config.maxGradNormValue,
    targetKl: config.targetKl,
    defects: config.defects,
  }
  const { batch, direct } = work
  const weights = work.weightsOf(batch.rows)
  const all: UpdateStats[] = []
  let passes = work.passes
  epochs: for (let epoch = 0; epoch < config.epochs; epoch++) {
    const order = {
      size: config.minibatchSize,
      agentCount: config.agents,
      seed: config.seed,
      pass: passes++,
      weights,
      alone: config.defects.includes('replay-mismatch'),
      direct,
    }
    for (const minibatch of minibatchesOf(batch, team.inputs, order)) {
      const stats = await engine.update(minibatch, settings)
      all.push(stats)
      // An engine may work without ever waiting: actors that are done with a shard get the next one here, and signals
      // are heard.
      await nextTurn()
      if (isTooFar(stats, settings)) break epochs
    }
  }
  const average = (figure: (stats: UpdateStats) => number) => mean(all.map(figure))
  const [first] = all
  const stats = {
    policyLoss: average((s) => s.policyLoss),
    entropy: average((s) => s.entropy),
    approxKl: average((s) => s.approxKl),
    clipFraction: average((s) => s.clipFraction),
    firstApproxKl: first.approxKl,
    firstClipFraction: first.clipFraction,
    ratiosPerDecision: average((s) => s.ratiosPerDecision),
    gradNormPolicy: average((s) => s.gradNormPolicy),
    clipScalePolicy: average((s) => s.clipScalePolicy),
    starvedByCritic: average((s) => s.starvedByCritic),
    gradNormValue: config.valueHidden === null ? null : average((s) => s.gradNormValue),
    criticLoss: config.valueHidden === null ? null : average((s) => s.valueLoss),
    costValueLoss: batch.constraints === null ? null : average((s) => s.costValueLoss),
  }
  return { stats, passes }
}

/** The greedy team on the validation split. */
async function validate(config: Config, team: Team, { parameters, iteration }: TrainingState) {
  team.publish(parameters, iteration)
  const decisions = await decideSplit(team, config, 'validation')
  const counts = countConfusion(decisions.actions, decisions.labels, decisions.decided)
  const { precision, recall, f1, alertRate, undecidedRate } = deriveRates(counts)
  const satisfied = decisionRobustness(config, decisions).map(satisfiedRateOf)
  const rewardMean = meanReward(counts, config.rewards)
  return { ...counts, precision, recall, f1, alertRate, undecidedRate, rewardMean, satisfied }
}

function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return values.length === 0 ? 0 : sum / values.length
}
