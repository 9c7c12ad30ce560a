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

/** Depth of a violation below which differences hardly count. */
const DEPTH_SCALE = 1e-3

/**
 * How bad a step is for a specification, 0 to 1:
 *
 *   0                                                          where robustness r >= 0
 *   (1 + min(1, ln(1 + |r| / scale) / ln(1 + 1 / scale))) / 2  where it is violated
 *
 * Differs from the indicator of arXiv:2007.03964's experiments by the depth: where all steps are violated, as they are when
 * training begins, an indicator is the same whatever is done, and its advantage is noise.
 */
function costOf(robustness: number): number {
  if (!isViolated(robustness)) return 0
  return (1 + Math.min(1, Math.log1p(-robustness / DEPTH_SCALE) / Math.log1p(1 / DEPTH_SCALE))) / 2
}

/**
 * The cost of one specification at every decision: every agent is charged for what the team did.
 *
 *   c_t = (1 - gamma) cost(robustness_t)
 *
 * By the factor the discounted sum is a weighted mean of the steps' costs: the cost critic's outputs lie in [0, 1]
 * whatever gamma is.
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
    costs.fill((1 - gamma) * costOf(robustness[event * S + specification]), event * A, (event + 1) * A)
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
