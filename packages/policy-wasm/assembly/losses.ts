/**
 * The losses of a tile of events and their gradients with respect to a trunk's outputs, row by row. Mathematics and
 * notation are those of the TF.js engine (packages/engine/src/tfjs/ppo-loss.ts), derived by hand:
 *
 *   d log pi(a) / d z_j = [a = j] - pi_j,   d entropy / d z_j = -pi_j (log pi_j + entropy)
 */
import { exp4 } from './exp'
import { flush1, flush4, LEAST_SLOPE } from './flush'
import { floats, outputCount, Plan, VALUE_TRUNK } from './plan'
import { exp1, largest4, sum4 } from './softmax'
import { LabelStatistics, PolicyStatistics, Update, ValueStatistics } from './update'

/** Number of a row that the agent learns nothing from: its outputs have no loss and no gradient. */
export const NO_EVENT: i32 = -1

/**
 * Clipped PPO (arXiv:1707.06347, eq. 7, negated) with entropy bonus, and where `direct` d is given, minus the mean of
 * P = sum_a d_a pi_a:
 *
 *   d P / d z_j = pi_j (d_j - P)
 *
 * @param events  [rows] i32, rows of the tile's events in the update's arrays, or NO_EVENT
 * @param logits  [rows, 4]
 * @param dLogits [rows, 4], overwritten: gradient of the agent's mean loss
 */
export function ppoGradient(
  update: Update,
  agent: i32,
  events: usize,
  rows: i32,
  logits: usize,
  dLogits: usize,
  statistics: usize,
): void {
  const share = load<f32>(update.rowShares + ((<usize>agent) << 2))
  let policyLoss: f64 = 0
  let entropySum: f64 = 0
  let divergence: f64 = 0
  let clippedCount: f64 = 0
  for (let row = 0; row < rows; row++) {
    const event = load<i32>(events + ((<usize>row) << 2))
    if (event == NO_EVENT) {
      v128.store(dLogits + ((<usize>row) << 4), f32x4.splat(0))
      continue
    }
    const at = <usize>agent * update.storedCount + event
    const z = v128.load(logits + ((<usize>row) << 4))
    const dZ = dLogits + ((<usize>row) << 4)
    const shifted = f32x4.sub(z, f32x4.splat(largest4(z)))
    const e = exp4(shifted)
    const sum = sum4(e)
    const pi = f32x4.div(e, f32x4.splat(sum))
    const logPi = f32x4.sub(shifted, f32x4.splat(Mathf.log(sum)))

    const action = (<usize>load<u8>(update.actions + at)) << 2
    v128.store(dZ, logPi)
    const logProb = load<f32>(dZ + action)
    const advantage = load<f32>(update.advantages + (at << 2))
    const entropy = -sum4(f32x4.mul(pi, logPi))
    surrogateOf(update, logProb - load<f32>(update.oldLogProbs + (at << 2)), advantage)
    const dLogProb = -share * surrogateSlope
    const dEntropy = f32x4.mul(pi, f32x4.add(logPi, f32x4.splat(entropy)))
    v128.store(
      dZ,
      f32x4.sub(f32x4.mul(dEntropy, f32x4.splat(share * update.entropyCoef)), f32x4.mul(pi, f32x4.splat(dLogProb))),
    )
    store<f32>(dZ + action, load<f32>(dZ + action) + dLogProb)

    if (update.direct) {
      const direct = v128.load(update.direct + (at << 4))
      const gained = sum4(f32x4.mul(pi, direct))
      const slope = f32x4.mul(pi, f32x4.sub(direct, f32x4.splat(gained)))
      v128.store(dZ, f32x4.sub(v128.load(dZ), f32x4.mul(slope, f32x4.splat(share))))
      policyLoss -= gained
    }
    v128.store(dZ, flush4(v128.load(dZ), f32x4.splat(LEAST_SLOPE)))
    policyLoss -= surrogate
    entropySum += entropy
    divergence += klTerm
    clippedCount += isClipped
  }
  const sum = changetype<PolicyStatistics>(statistics)
  sum.policyLoss += policyLoss
  sum.entropy += entropySum
  sum.approxKl += divergence
  sum.clipped += clippedCount
}

/** What `surrogateOf` found: AssemblyScript returns one value only. */
let surrogate: f32 = 0
let surrogateSlope: f32 = 0
let klTerm: f32 = 0
let isClipped: f32 = 0

/** min(ratio A, clip(ratio) A), its derivative by the log-probability, ratio - 1 - log ratio, and whether it is clipped. */
@inline
function surrogateOf(update: Update, logRatio: f32, advantage: f32): void {
  const ratio = exp1(logRatio)
  const plain = ratio * advantage
  const clipped = min(max(ratio, update.clipLow), update.clipHigh) * advantage
  surrogate = min(plain, clipped)
  // d min(ratio A, clip(ratio) A) / d ratio is A where the first is the smaller or both are equal, else 0.
  surrogateSlope = plain <= clipped ? plain : 0
  klTerm = ratio - 1 - logRatio
  isClipped = abs(ratio - 1) > update.clipEpsilon ? 1 : 0
}

/**
 * Squared error of the critic: gradient of valueCoef mean (V - target)^2.
 *
 * @param values  [rows], the first output of the head in each row
 * @param dValues [rows], overwritten
 * @param stride  bytes between the rows of both
 */
export function valueGradient(
  update: Update,
  agent: i32,
  events: usize,
  rows: i32,
  values: usize,
  dValues: usize,
  stride: usize,
  statistics: usize,
): void {
  const scale = <f32>2 * update.valueCoef * load<f32>(update.rowShares + ((<usize>agent) << 2))
  let valueLoss: f64 = 0
  for (let row = 0; row < rows; row++) {
    const event = load<i32>(events + ((<usize>row) << 2))
    if (event == NO_EVENT) {
      store<f32>(dValues + <usize>row * stride, 0)
      continue
    }
    const at = <usize>agent * update.storedCount + event
    const error = load<f32>(values + <usize>row * stride) - load<f32>(update.valueTargets + (at << 2))
    store<f32>(dValues + <usize>row * stride, flush1(scale * error, LEAST_SLOPE))
    valueLoss += error * error
  }
  changetype<ValueStatistics>(statistics).valueLoss += valueLoss
}

/**
 * Squared errors of the cost values of the specifications s: gradient of constraintCoef mean sum_s (costValue_s - costTarget_s)^2.
 *
 * @param outputs  [rows, outputs of the head]: value, cost values, padding
 * @param dOutputs [rows, outputs of the head], overwritten; 0 for the value and in the padding
 */
export function constraintGradient(
  update: Update,
  plan: Plan,
  agent: i32,
  events: usize,
  rows: i32,
  outputs: usize,
  dOutputs: usize,
  statistics: usize,
): void {
  const stride = floats(outputCount(plan, VALUE_TRUNK))
  const share = update.constraintCoef * load<f32>(update.rowShares + ((<usize>agent) << 2))
  let costValueLoss: f64 = 0
  memory.fill(dOutputs, 0, <usize>rows * stride)
  for (let row = 0; row < rows; row++) {
    const event = load<i32>(events + ((<usize>row) << 2))
    if (event == NO_EVENT) continue
    let from = outputs + <usize>row * stride + 4
    let to = dOutputs + <usize>row * stride + 4
    for (let s = 0; s < plan.constraintCount; s++, from += 4, to += 4) {
      const at = (<usize>s * plan.agentCount + agent) * update.storedCount + event
      const error = load<f32>(from) - load<f32>(update.costTargets + (at << 2))
      store<f32>(to, flush1(<f32>2 * share * error, LEAST_SLOPE))
      costValueLoss += error * error
    }
  }
  changetype<ValueStatistics>(statistics).costValueLoss += costValueLoss
}

/**
 * Cross-entropy of the actions that are right, the group of each event.
 *
 *   -log P(group) = log sum_j e^{z_j} - log sum_{j in group} e^{z_j},  d / d z_j = pi_j - [j in group] pi_j / P(group)
 *
 * Arguments as of `ppoGradient`.
 */
export function crossEntropyGradient(
  update: Update,
  agent: i32,
  events: usize,
  rows: i32,
  logits: usize,
  dLogits: usize,
  statistics: usize,
): void {
  const share = load<f32>(update.rowShares + ((<usize>agent) << 2))
  let loss: f64 = 0
  for (let row = 0; row < rows; row++) {
    const event = load<i32>(events + ((<usize>row) << 2))
    if (event == NO_EVENT) {
      v128.store(dLogits + ((<usize>row) << 4), f32x4.splat(0))
      continue
    }
    const z = v128.load(logits + ((<usize>row) << 4))
    const dZ = dLogits + ((<usize>row) << 4)
    const largest = largest4(z)
    const e = exp4(f32x4.sub(z, f32x4.splat(largest)))
    const sum = sum4(e)
    const bits = v128.and(i32x4.splat(<i32>load<u8>(update.accepted + event)), i32x4(1, 2, 4, 8))
    const isIn = i32x4.ne(bits, i32x4.splat(0))
    // The softmax inside the group from its own largest logit: exact also where all of it is improbable.
    const largestIn = largest4(v128.bitselect(z, f32x4.splat(-f32.MAX_VALUE), isIn))
    const eIn = v128.and(exp4(f32x4.sub(z, f32x4.splat(largestIn))), isIn)
    const sumIn = sum4(eIn)
    const slope = f32x4.sub(f32x4.div(e, f32x4.splat(sum)), f32x4.div(eIn, f32x4.splat(sumIn)))
    v128.store(dZ, flush4(f32x4.mul(slope, f32x4.splat(share)), f32x4.splat(LEAST_SLOPE)))
    loss += largest + Mathf.log(sum) - largestIn - Mathf.log(sumIn)
  }
  changetype<LabelStatistics>(statistics).crossEntropy += loss
}
