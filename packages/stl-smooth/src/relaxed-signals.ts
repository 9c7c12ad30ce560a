/**
 * The signals of a team's decisions, where the decision is a probability: p_t that it is restrictive takes the place of 0 or 1.
 * At p = 0 and p = 1 these are the environment's signals. Between they are their expectations, since each is linear in p: the
 * labels alone decide by what a rate is divided.
 */
import { tf } from '@vigil/tfjs'
import { type StepSignal, windowedSignal } from './decision-signals.ts'
import { slidingSum } from './sliding.ts'

/** Tensors [T, E]. */
type Decisions = {
  /** p, 0 to 1 */
  readonly restrictive: tf.Tensor2D
  /** label, 0 or 1 */
  readonly threat: tf.Tensor2D
}

const not = (x: tf.Tensor2D): tf.Tensor2D => tf.sub(1, x)

const AT_ONE_STEP: Readonly<Record<StepSignal, (decisions: Decisions) => tf.Tensor2D>> = {
  threat: ({ threat }) => tf.clone(threat),
  action: ({ restrictive }) => tf.clone(restrictive),
  prediction: ({ restrictive }) => tf.clone(restrictive),
  true_positive: ({ restrictive, threat }) => tf.mul(restrictive, threat),
  false_positive: ({ restrictive, threat }) => tf.mul(restrictive, not(threat)),
  true_negative: ({ restrictive, threat }) => tf.mul(not(restrictive), not(threat)),
  false_negative: ({ restrictive, threat }) => tf.mul(not(restrictive), threat),
}

/**
 * A signal for which isRelaxed (decision-signals.ts) holds, [T, E]:
 *
 *   fp_rate[w]         false positives / benign events among the last w steps, 0 where there is no benign one
 *   detection_rate[w]  true positives / threats among the last w steps, 1 where there is none
 */
export function relaxedSignal(name: string, decisions: Decisions): tf.Tensor2D {
  const windowed = windowedSignal(name)
  if (windowed === null) return AT_ONE_STEP[name as StepSignal](decisions)
  const { rate: kind, width } = windowed
  const { threat } = decisions
  const isDetection = kind === 'detection_rate'
  const counted = AT_ONE_STEP[isDetection ? 'true_positive' : 'false_positive'](decisions)
  const events = slidingSum(isDetection ? threat : not(threat), width)
  const rate: tf.Tensor2D = tf.div(slidingSum(counted, width), tf.maximum(events, 1))
  return isDetection ? tf.add(rate, tf.cast(tf.equal(events, 0), 'float32')) : rate
}
