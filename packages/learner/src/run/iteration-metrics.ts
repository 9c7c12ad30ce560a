import type { Team } from '@vigil/actors'
import type { Config } from '@vigil/config'
import { compileConstraints, readsAlerts } from '@vigil/env-wasm'
import { attributionOf, critiqueOf, type Iteration } from '@vigil/ppo'
import { countActions, type IterationMetrics } from '@vigil/runs'
import { ppoSettingsOf } from '../settings.ts'

/** Whose iteration it is. */
type Played = {
  readonly config: Config
  readonly team: Pick<Team, 'dataset' | 'environment' | 'network'>
  /** Whether the critic may know more of what is to come than the present row tells. By default where the team is recurrent. */
  readonly remembers?: boolean
}

/** The line of metrics.jsonl for one iteration. @param validation null where none was due */
export function metricsOf(
  iteration: Iteration,
  validation: IterationMetrics['validation'],
  { config, team, remembers = config.policy === 'lstm' }: Played,
): IterationMetrics {
  const { state, batch, trajectories, experiences, returns, updates, collectMs, updateMs } = iteration
  const { labels } = team.dataset
  const settings = ppoSettingsOf(config)
  const payment = { environment: team.environment, labels }
  const attributions = trajectories.map((trajectory) => attributionOf(trajectory, payment))
  const judged = experiences.map((experience, shard) => ({
    ...experience,
    returns: returns[shard],
    tableRewards: trajectories[shard].rewards,
    samplingVariance: attributions[shard].samplingVariance,
  }))
  return {
    iteration: state.iteration,
    policyVersion: iteration.policyVersion,
    staleness: state.iteration - 1 - iteration.policyVersion,
    envSteps: state.envSteps,
    agentSteps: state.envSteps * config.agents,
    stepsPerSecond: (1000 * batch.eventCount) / (collectMs + updateMs),
    collectMs,
    updateMs,
    rewardMean: mean(batch.rewards),
    ...critiqueOf(judged, { ...settings, remembers }),
    ...updateFigures(updates, {
      hasCritic: team.network.valueHidden !== null,
      hasCosts: team.network.constraintCount > 0,
    }),
    learningRate: iteration.learningRate,
    actions: countActions(batch.actions),
    paidForOthers: attributions.reduce((sum, own) => sum + own.paidForOthers, 0) / batch.actions.length,
    threatRate: mean(batch.rows.map((row) => labels[row])),
    stl: specificationFigures(iteration, { config, team }),
    validation,
  }
}

/** Satisfaction, multiplier and price of each specification in force. */
function specificationFigures(
  { state: { multipliers }, measures, batch }: Iteration,
  { config, team }: Pick<Played, 'config' | 'team'>,
): IterationMetrics['stl'] {
  if (config.specifications.length === 0) return []
  const { programs } = compileConstraints(team.environment)
  return config.specifications.map(({ name }, s) => {
    const figures = { name, ...measures[s], lambda: multipliers.length === 0 ? null : multipliers[s].value }
    const isPriced = multipliers.length > 0 && readsAlerts(programs[s].signals)
    return isPriced ? { ...figures, alertPrice: batch.alertPrices[s] } : figures
  })
}

/** Means over the minibatches. Without a critic its figures are null. */
function updateFigures(
  updates: Iteration['updates'],
  { hasCritic, hasCosts }: { readonly hasCritic: boolean; readonly hasCosts: boolean },
) {
  const average = (figure: (stats: (typeof updates)[number]) => number) => mean(updates.map(figure))
  const [first] = updates
  return {
    policyLoss: average((s) => s.policyLoss),
    entropy: average((s) => s.entropy),
    approxKl: average((s) => s.approxKl),
    clipFraction: average((s) => s.clipFraction),
    firstApproxKl: first.approxKl,
    firstClipFraction: first.clipFraction,
    gradNormPolicy: average((s) => s.gradNormPolicy),
    clipScalePolicy: average((s) => s.clipScalePolicy),
    gradNormValue: hasCritic ? average((s) => s.gradNormValue) : null,
    criticLoss: hasCritic ? average((s) => s.valueLoss) : null,
    costValueLoss: hasCosts ? average((s) => s.costValueLoss) : null,
  }
}

function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]
  return values.length === 0 ? 0 : sum / values.length
}
