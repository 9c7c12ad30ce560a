import type { Minibatch } from '@vigil/engine'
import {
  clipByAgentNorm,
  clippedSurrogate,
  type GradientRule,
  namedTerms,
  ppoGradients,
  type Surrogate,
  splitTeam,
} from '@vigil/engine/tfjs'
import { recurrentStateSize } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import { DROPOUT_RATE, dropoutFactors } from './dropout.ts'

/** What the rule adds to the figures of an update. */
export type FaultyStats = {
  /** share of the policies' gradients that clipping took on account of the critics' */
  readonly starvedByCritic: number
  /** probability ratios that the loss formed per decision */
  readonly ratiosPerDecision: number
}

/**
 * Clipped PPO with the faults of the update: `ratio-matrix`, `joint-clip`, and `replay-mismatch`, which replays every event
 * alone and drops hidden units. Without any it is the rule of the TF.js engine.
 *
 * @param options.seed keys the masks of dropout
 */
export function faultyRule({
  defects,
  seed,
}: {
  readonly defects: readonly string[]
  readonly seed: number
}): GradientRule {
  const isMatrix = defects.includes('ratio-matrix')
  const isMismatched = defects.includes('replay-mismatch')
  const clip = defects.includes('joint-clip') ? clipJointly : clipApart
  return (input) => {
    const { spec, trunks, parameters, mask, settings, step } = input
    const draw = { rate: DROPOUT_RATE, seed, purpose: 'dropoutLearning', counter: step } as const
    // The chain rule: what scales the weights scales their gradients.
    const factors = isMismatched ? splitTeam(dropoutFactors(spec, draw), trunks) : null
    const scaled = (tensors: readonly tf.Tensor2D[], by: readonly tf.Tensor2D[] | null) =>
      by === null ? tensors : tensors.map((tensor, i) => tf.mul<tf.Tensor2D>(tensor, by[i]))
    const { terms, gradients } = ppoGradients({
      ...{ spec, trunks, settings },
      parameters: scaled(parameters, factors),
      minibatch: isMismatched ? eventsAlone(input.minibatch, recurrentStateSize(spec)) : input.minibatch,
      surrogate: isMatrix ? surrogateOfAllPairs : clippedSurrogate,
    })
    const own = clip(scaled(scaled(gradients, factors), mask), [settings.maxGradNormPolicy, settings.maxGradNormValue])
    const [policy, critic] = own.map(({ norms }) => norms)
    const alone = tf.div(settings.maxGradNormPolicy, tf.maximum(policy, settings.maxGradNormPolicy))
    const weights = tf.tensor2d(input.minibatch.weights, [spec.agentCount, input.minibatch.size])
    return {
      gradients: own.map(({ gradient }) => gradient),
      figures: {
        ...namedTerms(terms),
        gradNormPolicy: policy,
        gradNormValue: critic ?? tf.zerosLike(policy),
        clipScalePolicy: own[0].scales,
        starvedByCritic: tf.sub(1, tf.div(own[0].scales, alone)),
        ratiosPerDecision: isMatrix ? tf.sum(weights, 1) : tf.max(weights, 1),
      },
    }
  }
}

/**
 * The fault `ratio-matrix`: the new log-probabilities, [B], minus the old ones, [B, 1], are a matrix [B, B]. Each decision's
 * terms are means over the old log-probabilities of all events that the agent learns from.
 */
const surrogateOfAllPairs: Surrogate = ({ logProbs, oldLogProbs, advantages, rowShares }, clipEpsilon) => {
  const [agents, rows] = logProbs.shape
  // [A, B] -> [A, B * B]: the pair of decisions i and j stands at i B + j.
  const pairs = (values: tf.Tensor) => tf.reshape(values, [agents, rows * rows]) as tf.Tensor2D
  const ofNew = (values: tf.Tensor) => pairs(tf.mul(tf.expandDims(values, 2), tf.ones([1, 1, rows])))
  const ofOld = (values: tf.Tensor) => pairs(tf.mul(tf.expandDims(values, 1), tf.ones([1, rows, 1])))
  return clippedSurrogate(
    {
      logProbs: ofNew(logProbs),
      oldLogProbs: ofOld(oldLogProbs),
      advantages: ofNew(advantages),
      rowShares: tf.mul(ofNew(rowShares), ofOld(rowShares)),
    },
    clipEpsilon,
  )
}

/** Each event as a lane of one step, which begins in a recurrent state of zero. */
function eventsAlone(minibatch: Minibatch, stateSize: number): Minibatch {
  if (minibatch.recurrence === null) return minibatch
  const { size, actions } = minibatch
  const resets = new Uint8Array(size).fill(1)
  const recurrentState = new Float32Array(actions.length * stateSize)
  return { ...minibatch, recurrence: { stepCount: 1, laneCount: size, resets, recurrentState } }
}

type Clip = (gradients: readonly tf.Tensor2D[], maxNorms: readonly number[]) => ReturnType<typeof clipByAgentNorm>[]

const clipApart: Clip = (gradients, maxNorms) => gradients.map((gradient, i) => clipByAgentNorm(gradient, maxNorms[i]))

/** The fault `joint-clip`: one norm over both trunks, so that the larger gradient takes what the smaller one may have. */
const clipJointly: Clip = (gradients, [maxNorm]) => {
  const norms = gradients.map((gradient) => tf.norm(gradient, 'euclidean', 1) as tf.Tensor1D)
  const { scales } = clipByAgentNorm(tf.concat([...gradients], 1), maxNorm)
  return gradients.map((gradient, i) => ({
    gradient: tf.mul(gradient, tf.expandDims(scales, 1)),
    norms: norms[i],
    scales,
  }))
}
