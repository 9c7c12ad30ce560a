import { meanReward } from '@vigil/env-wasm'
import {
  decideSplit,
  decisionRobustness,
  isBetter,
  meanReturn,
  playStopLevels,
  rankedBy,
  satisfiedRateOf,
} from '@vigil/evaluation'
import { lengthAt, type TrainingState, train } from '@vigil/ppo'
import { countConfusion, deriveRates, type IterationMetrics } from '@vigil/runs'
import { evaluationSettingsOf, ppoSettingsOf } from '../settings.ts'
import { PLAIN } from './composition.ts'
import type { Learner } from './learner.ts'
import type { RunState } from './run-state.ts'

/** One iteration of a run. */
export type RunIteration = {
  readonly state: RunState
  readonly metrics: IterationMetrics
  /** Whether a checkpoint is due. */
  readonly isValidated: boolean
  /** Whether this validation is the best so far. */
  readonly isBest: boolean
}

/**
 * The training of a run: proximal policy optimisation with a validation every so many iterations.
 *
 * @throws as train
 */
export async function* validatedTraining(
  learner: Pick<Learner, 'config' | 'team' | 'engine'> & Partial<Pick<Learner, 'composition'>>,
  from: RunState,
): AsyncGenerator<RunIteration, void, void> {
  const { config, team, engine, composition = PLAIN } = learner
  const training = { team, engine, settings: ppoSettingsOf(config), experienceOf: composition.experienceOf(config) }
  let { best } = from
  for await (const iteration of train(training, from)) {
    const { state } = iteration
    const isValidated =
      state.iteration % config.validateEvery === 0 || state.iteration === lengthAt(config, state.iteration)
    const validation = isValidated ? await validate(learner, state) : null
    const candidate = validation && { iteration: state.iteration, ...rankedBy(config, validation) }
    const isBest = candidate !== null && isBetter(candidate, best)
    if (isBest) best = candidate
    const metrics = composition.metricsOf(iteration, validation, learner)
    yield { state: { ...state, best }, metrics, isValidated, isBest }
  }
}

/** The greedy team on the validation split; where it stops streams, at the best of a few stop levels, as an evaluation will choose its own. */
async function validate(
  { config, team }: Pick<Learner, 'config' | 'team'>,
  { parameters, iteration }: TrainingState,
): Promise<NonNullable<IterationMetrics['validation']>> {
  const settings = evaluationSettingsOf(config)
  team.publish(parameters, iteration)
  if (config.environment === 'respond') {
    const ranked = { ...settings, stlMode: config.stlMode }
    const { level, played, satisfied } = await playStopLevels(team, ranked, { isRough: true })
    const { events } = played
    const counts = countConfusion(events.actions, events.labels, events.decided)
    const { precision, recall, f1, alertRate, undecidedRate } = deriveRates(counts)
    const rates = { precision, recall, f1, alertRate, undecidedRate }
    return { ...counts, ...rates, rewardMean: meanReturn(played), satisfied, stopFactor: level.stopFactor }
  }
  const decisions = await decideSplit(team, settings, 'validation')
  const counts = countConfusion(decisions.actions, decisions.labels, decisions.decided)
  const { precision, recall, f1, alertRate, undecidedRate } = deriveRates(counts)
  const satisfied = decisionRobustness(settings, decisions).map(satisfiedRateOf)
  const rewardMean = meanReward(counts, config.rewards)
  return { ...counts, precision, recall, f1, alertRate, undecidedRate, rewardMean, satisfied }
}
