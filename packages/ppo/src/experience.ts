import type { Trajectory } from '@vigil/proto'
import { counterfactualAdvantages } from './advantages.ts'
import { valueOutput } from './constraints/costs.ts'
import { generalisedAdvantages } from './gae.ts'
import { denormalise, type ReturnNormaliser } from './return-normaliser.ts'
import { monteCarloReturns, type ValuedSegment } from './returns.ts'
import type { PpoSettings } from './settings.ts'
import { tdLambdaReturns } from './td-lambda.ts'

/** One trajectory as it is learnt from, [T, N] in reward units. */
export type Experience = ValuedSegment & {
  /** What the policy expected of its reward before it acted. */
  readonly expectedRewards: Float32Array
}

/**
 * A trajectory with its values in reward units.
 *
 * @param normaliser the units in which the critic spoke: the returns' statistics after its last update
 */
export function experienceOf(trajectory: Trajectory, normaliser: ReturnNormaliser): Experience {
  const { stepCount, laneCount, agentCount, rewards, terminated, truncated, expectedRewards } = trajectory
  const inRewardUnits = (values: Float32Array) => {
    if (values.length === 0) return values
    const own = valueOutput(values, { output: 0, outputCount: trajectory.valueOutputCount })
    denormalise(normaliser, own, own)
    return own
  }
  return {
    ...{ stepCount, laneCount, agentCount, rewards, terminated, truncated, expectedRewards },
    values: inRewardUnits(trajectory.values),
    nextValues: inRewardUnits(trajectory.nextValues),
  }
}

/** A_t, [T, N] in reward units, not normalised. */
export function advantagesOf(
  experience: Experience,
  settings: Pick<PpoSettings, 'gamma' | 'gaeLambda' | 'baseline'>,
): Float32Array {
  const out = new Float32Array(experience.rewards.length)
  if (settings.baseline === 'critic') generalisedAdvantages(experience, settings, out)
  else counterfactualAdvantages({ ...experience, out })
  return out
}

/** What the critic is fitted to, [T, N] in reward units. */
export function returnsOf(
  experience: Experience,
  { gamma, gaeLambda, returns }: Pick<PpoSettings, 'gamma' | 'gaeLambda' | 'returns'>,
): Float32Array {
  const { values, nextValues } = experience
  const out = new Float32Array(experience.rewards.length)
  const hasCritic = values.length > 0
  if (returns === 'monte-carlo' || !hasCritic) {
    monteCarloReturns(experience, { gamma, bootstrap: hasCritic ? nextValues : null }, out)
  } else if (returns === 'td-lambda') {
    tdLambdaReturns(experience, { gamma, tdLambda: gaeLambda }, out)
  } else {
    // GAE's own target, A + V, whatever baseline the policy learns from.
    generalisedAdvantages(experience, { gamma, gaeLambda }, out)
    for (let i = 0; i < out.length; i++) out[i] += values[i]
  }
  return out
}
