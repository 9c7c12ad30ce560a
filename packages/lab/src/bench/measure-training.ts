import { availableParallelism } from 'node:os'
import { createTeam } from '@vigil/actors'
import type { LabConfigInput } from '@vigil/config'
import { createEngine, type Engine, familyOf } from '@vigil/engine'
import { engineSettingsOf, ppoSettingsOf, teamSettingsOf, validatedTraining } from '@vigil/learner'
import { initialState } from '@vigil/ppo'
import { forwardOperations, updateOperations } from './operations.ts'
import { startRoofline } from './roofline.ts'
import { median, type Rates, summarise, WARM_UP_ROUNDS } from './rounds.ts'
import { configOf, datasetOf, type Workload } from './workload.ts'

/** What one training run showed. */
export type TrainingRates = {
  /** What computed the updates. */
  readonly device: string
  /** Threads that the updates, and that whole iterations, could use. */
  readonly threads: { readonly update: number; readonly all: number }
  /** Environment steps of whole iterations, round by round. */
  readonly perSecond: readonly number[]
  /** Whole iterations; units are environment steps. */
  readonly training: Rates & { readonly operations: number }
  /** The engine's updates alone; units are rows of minibatches. */
  readonly update: Rates & { readonly operations: number }
  /** Middle of the iterations' shares of time in neither collection nor the engine's updates; null where they overlap. */
  readonly outside: number | null
  /** Mean reward per decision of the first and of the last iteration. */
  readonly rewardMean: { readonly first: number; readonly last: number }
}

/** How long to train, and on what. */
type TrainingRounds = {
  readonly rounds: number
  /** Settings beside the workload's: actors, engine, backend, threads. */
  readonly change: LabConfigInput
  /** Done after every iteration that counts, while nothing is under way where staleness is 0. */
  readonly betweenRounds?: (stepsPerSecond: number) => Promise<void>
}

/**
 * Trains for some iterations, as `learner:train` does, without files: each iteration is one round. The roofline is
 * measured between the iterations, when every thread is at rest; with staleness 1, when none ever is, before them.
 */
export async function measureTraining(
  workload: Workload,
  { rounds, change, betweenRounds = async () => undefined }: TrainingRounds,
): Promise<TrainingRates> {
  const config = configOf(workload, change)
  const team = await createTeam(teamSettingsOf(config), datasetOf(workload))
  const inner = await createEngine(engineSettingsOf(config), team.network, null)
  team.pool.actBy(familyOf(inner))
  let updateMs = 0
  const engine: Engine = {
    ...inner,
    async update(minibatch, settings) {
      const startMs = performance.now()
      const stats = await inner.update(minibatch, settings)
      updateMs += performance.now() - startMs
      return stats
    },
  }
  // The library of TensorFlow takes every core, whatever it is told here.
  const ofUpdate = config.backend === 'tensorflow' ? availableParallelism() : Number(config.engineThreads)
  const threads = { update: ofUpdate, all: Math.max(team.pool.actors, ofUpdate) }
  const rooflines = { update: await startRoofline(threads.update), all: await startRoofline(threads.all) }
  const rates = {
    training: [] as number[],
    update: [] as number[],
    limits: [] as number[],
    updateLimits: [] as number[],
    outside: [] as number[],
    rewards: [] as number[],
  }
  const measureRooflines = async () => {
    rates.limits.push(await rooflines.all.measure())
    rates.updateLimits.push(await rooflines.update.measure())
  }
  const overlaps = config.staleness > 0
  if (overlaps) for (let round = 0; round < rounds; round++) await measureRooflines()
  const state = initialState(ppoSettingsOf(config), team, null)
  engine.loadParameters(state.parameters)
  let startMs = performance.now()
  for await (const { metrics } of validatedTraining({ config, team, engine }, { ...state, best: null })) {
    const ms = performance.now() - startMs
    if (metrics.iteration > WARM_UP_ROUNDS) {
      rates.training.push((1000 * config.rowsPerIteration) / ms)
      rates.update.push((1000 * config.epochs * config.rowsPerIteration) / updateMs)
      rates.outside.push(1 - (metrics.collectMs + updateMs) / ms)
      if (!overlaps) await measureRooflines()
      await betweenRounds(rates.training[rates.training.length - 1])
    }
    rates.rewards.push(metrics.rewardMean)
    if (rates.training.length === rounds) break
    updateMs = 0
    startMs = performance.now()
  }
  await Promise.all([rooflines.all.close(), rooflines.update.close()])
  inner.dispose()
  await team.pool.close()
  const update = updateOperations(team.network)
  return {
    device: `${inner.name}, ${inner.device}`,
    threads,
    perSecond: rates.training,
    training: {
      ...summarise(rates.training, rates.limits),
      operations: forwardOperations(team.network) + config.epochs * update,
    },
    update: { ...summarise(rates.update, rates.updateLimits), operations: update },
    outside: overlaps ? null : median(rates.outside),
    rewardMean: { first: rates.rewards[0], last: rates.rewards[rates.rewards.length - 1] },
  }
}
