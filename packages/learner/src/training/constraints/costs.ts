import type { Trajectory } from '@vigil/proto'
import { generalisedAdvantages } from '../../gae.ts'
import { tdLambdaReturns } from '../../td-lambda.ts'

/** What a rollout says about one specification, for the critic and the policy. */
export type CostEstimates = {
  /** [T, E, A] how much more cost than expected follows from what was done; cost units, not normalised */
  readonly advantages: Float32Array
  /** [T, E, A] what the cost critic is fitted to */
  readonly targets: Float32Array
}

/** How far costs count. */
export type CostDiscounting = {
  /** per step */
  readonly gamma: number
  /** of the advantages: low, so that the critic, which sees robustness change, says at once what an action has done */
  readonly lambda: number
  /** of the targets: high, so that what follows is learnt from what followed */
  readonly targetLambda: number
}

/**
 * One output of the value trunk, of all that a trajectory has side by side.
 *
 * @param values [T, E, A, O], `values` or `nextValues` of a trajectory with a critic
 * @param place  `output` 0 to O - 1 of `outputCount` O
 * @returns [T, E, A]
 */
export function valueOutput(
  values: Float32Array,
  { output, outputCount }: { readonly output: number; readonly outputCount: number },
): Float32Array {
  return Float32Array.from({ length: values.length / outputCount }, (_, i) => values[i * outputCount + output])
}

/** A specification is violated at a step where its robustness is below 0: at 0 it holds. */
export function isViolated(robustness: number): boolean {
  return robustness < 0
}

/**
 * The cost of one specification at every decision: every agent is charged for what the team did.
 *
 *   c_t = (1 - gamma) [robustness_t < 0]
 *
 * Differs from a plain indicator by the factor, which makes the discounted sum a weighted share of violated steps: the
 * cost critic's outputs then lie in [0, 1] whatever gamma is.
 *
 * @returns [T, E, A]
 */
export function costsOf(
  { robustness, specificationCount: S, agentCount: A }: Robust,
  { specification, gamma }: { readonly specification: number; readonly gamma: number },
): Float32Array {
  const events = robustness.length / S
  const costs = new Float32Array(events * A)
  for (let event = 0; event < events; event++) {
    if (isViolated(robustness[event * S + specification])) costs.fill(1 - gamma, event * A, (event + 1) * A)
  }
  return costs
}

/** The part of a trajectory that costs come from. */
export type Robust = Pick<Trajectory, 'robustness' | 'specificationCount' | 'agentCount'>

/**
 * Generalised advantages of one specification's cost, against its own output of the value trunk, and lambda-returns for that
 * output.
 *
 * @param specification its number, 0 to S - 1; its cost value is output 1 + specification of the value trunk
 */
export function estimateCosts(
  trajectory: Trajectory,
  specification: number,
  { gamma, lambda, targetLambda }: CostDiscounting,
): CostEstimates {
  const rewards = costsOf(trajectory, { specification, gamma })
  const at = { output: 1 + specification, outputCount: trajectory.valueOutputCount }
  const values = valueOutput(trajectory.values, at)
  const nextValues = valueOutput(trajectory.nextValues, at)
  const segment = { ...trajectory, rewards, values, nextValues }
  const advantages = new Float32Array(rewards.length)
  generalisedAdvantages(segment, { gamma, gaeLambda: lambda }, advantages)
  const targets = new Float32Array(rewards.length)
  tdLambdaReturns(segment, { gamma, tdLambda: targetLambda }, targets)
  return { advantages, targets }
}
