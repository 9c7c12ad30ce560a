import { observedRobustness } from '@vigil/env-wasm'
import type { Trajectory } from '@vigil/proto'
import { generalisedAdvantages } from '../gae.ts'
import { tdLambdaReturns } from '../td-lambda.ts'

/** What a rollout says about one specification, for the critic and the policy. */
export type CostEstimates = {
  /** [T, E, A] how much more cost than expected follows from what was done; cost units, not normalised */
  readonly advantages: Float32Array
  /** [T, E, A] what the specification's output is fitted to */
  readonly targets: Float32Array
}

/** How costs are estimated. */
export type CostSettings = {
  /** discount per step */
  readonly gamma: number
  /** of the advantages: low, so that the critic, which sees robustness change, says at once what an action has done */
  readonly lambda: number
  /** of the targets: high, so that what follows is learnt from what followed */
  readonly targetLambda: number
  /** whether the last S values of the context show robustness */
  readonly isObserved: boolean
  /** whether advantages count from the output of the value trunk; needed where robustness is not observed */
  readonly usesOutput: boolean
  /** whether windows go on where an episode ends, as they do where actions have consequences */
  readonly runsOn: boolean
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
 * How bad a step is for a specification: 0 where it holds, else from 1/2 to 1 with the depth of the violation, on the scale
 * of observedRobustness.
 *
 * Differs from the indicator of arXiv:2007.03964's experiments by the depth: where all steps are violated, as they are when
 * training begins, an indicator is the same whatever is done, and its advantage is noise.
 */
function costOf(robustness: number): number {
  return isViolated(robustness) ? 1 - observedRobustness(robustness) : 0
}

/**
 * The cost of one specification at every decision: every agent is charged for what the team did.
 *
 *   c_t = (1 - gamma) cost(robustness_t)
 *
 * By the factor the discounted sum is a weighted mean of the steps' costs: V_c lies in [0, 1] whatever gamma is. The value
 * trunk's output lies there too where robustness is not observed; where it is, it is V_c less 1 - observed robustness, in [-1, 1].
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
 * Generalised advantages of one specification's cost, and lambda-returns for its own output of the value trunk.
 *
 * Where robustness is observed, the critic is V_c(s) = (1 - observed robustness) + output: how near a violation is says most
 * of what is to come, and the output has to learn the rest only. What an action did to robustness is then in its
 * advantage from the first iteration on, before anything is learnt. It is where the critic begins, and would cancel as the
 * potentials of Ng, Harada and Russell (1999) do with lambda 1 or an exact critic alone: with lambda < 1 it biases, as every
 * critic that is not exact does. The output learns the rest; `usesOutput`
 * says whether the advantage counts from it too.
 *
 * @param specification its number, 0 to S - 1; its output of the value trunk is 1 + specification
 */
export function estimateCosts(trajectory: Trajectory, specification: number, settings: CostSettings): CostEstimates {
  const { gamma, lambda, targetLambda, isObserved, usesOutput, runsOn } = settings
  const { agentCount: A, contextSize: K, specificationCount: S, robustness, context } = trajectory
  const rewards = costsOf(trajectory, { specification, gamma })
  const at = { output: 1 + specification, outputCount: trajectory.valueOutputCount }
  // [T, E, A] what robustness says of the states before and after each step
  const each = (value: (event: number) => number) =>
    Float32Array.from(rewards, (_, i) => (isObserved ? value(Math.floor(i / A)) : 0))
  const potential = each((event) => 1 - context[event * K + K - S + specification])
  const nextPotential = each((event) => 1 - observedRobustness(robustness[event * S + specification]))
  const plus = (base: Float32Array, output: Float32Array) => base.map((value, i) => value + output[i])
  // What a window remembers is no less of a cost for the next stream.
  const terminated = runsOn ? new Uint8Array(trajectory.terminated.length) : trajectory.terminated
  const learnt = {
    ...trajectory,
    ...{ rewards, terminated },
    values: plus(potential, valueOutput(trajectory.values, at)),
    nextValues: plus(nextPotential, valueOutput(trajectory.nextValues, at)),
  }
  const targets = new Float32Array(rewards.length)
  tdLambdaReturns(learnt, { gamma, tdLambda: targetLambda }, targets)
  const advantages = new Float32Array(rewards.length)
  const critic = usesOutput ? learnt : { ...learnt, values: potential, nextValues: nextPotential }
  generalisedAdvantages(critic, { gamma, gaeLambda: lambda }, advantages)
  return { advantages, targets: targets.map((target, i) => target - potential[i]) }
}
