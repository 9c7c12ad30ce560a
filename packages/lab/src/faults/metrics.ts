import type { UpdateStats } from '@vigil/engine'
import { type Composition, metricsOf } from '@vigil/learner'
import { momentsOf, varianceOf } from '@vigil/ppo'
import { countActions } from '@vigil/runs'
import type { FaultyExperience } from './experience.ts'
import type { FaultyStats } from './faulty-rule.ts'

/** Events that `partial-metrics` leaves: the earlier system's last 48 of 2,048 steps, those since an episode had begun. */
const PARTIAL_METRICS_EVENTS = 48

/** The line of metrics.jsonl for one iteration of an experiment, with the figures in which its faults show. */
export const faultyMetricsOf: Composition['metricsOf'] = (iteration, validation, { config, team }) => {
  const experiences = iteration.experiences as readonly FaultyExperience[]
  const { defects, policy, stlMode, observeConstraints, agents } = config
  const remembers = policy === 'lstm' && !defects.includes('replay-mismatch')
  // A critic that sees robustness foresees penalties.
  const foresees = stlMode === 'penalty' && observeConstraints !== 'none'
  const truth = { ...iteration, experiences: experiences.map((own) => ({ ...own, values: own.judged })) }
  const metrics = metricsOf(truth, validation, { config, team, remembers: remembers || foresees })
  const { rewards, actions } = iteration.batch
  const first = defects.includes('partial-metrics') ? Math.max(0, rewards.length / agents - PARTIAL_METRICS_EVENTS) : 0
  return {
    ...metrics,
    rewardMean: mean(rewards.subarray(first * agents)),
    actions: countActions(actions.subarray(first * agents)),
    valueScale: valueScaleOf(experiences),
    ...figuresOf(iteration.updates),
  }
}

/** Deviation of the values as advantages and targets took them over that of the values; null where these do not vary. */
function valueScaleOf(experiences: readonly FaultyExperience[]): number | null {
  const deviation = (values: (own: FaultyExperience) => Float32Array) =>
    Math.sqrt(varianceOf(momentsOf(Float32Array.from(experiences.flatMap((own) => [...values(own)])), null)))
  const own = deviation(({ judged }) => judged)
  return own === 0 ? null : deviation(({ values }) => values) / own
}

/** Means over the minibatches; nothing where the engine is one without faults. */
function figuresOf(updates: readonly (UpdateStats & Partial<FaultyStats>)[]) {
  if (updates.some(({ ratiosPerDecision }) => ratiosPerDecision === undefined)) return {}
  const average = (name: keyof FaultyStats) => mean(Float64Array.from(updates, ({ [name]: value }) => value!))
  return { ratiosPerDecision: average('ratiosPerDecision'), starvedByCritic: average('starvedByCritic') }
}

function mean(values: Float32Array | Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
