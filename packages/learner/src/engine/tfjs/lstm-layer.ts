import { tf } from '@vigil/tfjs'
import type { GroupTrunk, LayerPass } from './layer-pass.ts'

/** What one step leaves for the way back; all [G, L, H]. */
type StepPass = {
  readonly i: tf.Tensor
  readonly f: tf.Tensor
  readonly g: tf.Tensor
  readonly o: tf.Tensor
  /** State before the step, zeroed where an episode begins. */
  readonly hBefore: tf.Tensor
  readonly cBefore: tf.Tensor
  readonly tanhC: tf.Tensor
  readonly c: tf.Tensor
  readonly h: tf.Tensor
}

/**
 * An LSTM layer over whole segments (Hochreiter and Schmidhuber 1997, with forget gates):
 *
 *   [i f g o] = x W_input + h W_recurrent + b,  c' = sigmoid(f) c + sigmoid(i) tanh(g),  h' = sigmoid(o) tanh(c')
 *
 * The products with the inputs and all gradients of weights take the rows of all steps at once; only h W_recurrent and
 * its way back go step by step.
 *
 * @param below [G, R, I] output of the layer below
 * @returns output [G, R, H], 0 in rows of padding
 */
export function lstmLayer(group: GroupTrunk, layer: number, below: tf.Tensor): LayerPass {
  const { arithmetic, weights, groupIndex } = group
  const { width, stateOffset } = group.trunk.lstm[layer]
  const recurrence = group.input.recurrence!
  const input = weights[`lstmInput.${layer}`]
  const recurrent = weights[`lstmRecurrent.${layer}`]
  const rowCount = below.shape[1]!

  const sums = arithmetic.splitSteps(arithmetic.dense(below, input, weights[`lstmBias.${layer}`], 'linear'), recurrence)
  const steps: StepPass[] = []
  let h = recurrence.state(groupIndex, stateOffset, width)
  let c = recurrence.state(groupIndex, stateOffset + width, width)
  for (const [step, own] of sums.entries()) {
    const pass = tf.tidy(() => {
      const before = { h: kept(h, recurrence.keep[step]), c: kept(c, recurrence.keep[step]) }
      return stepForward(tf.add(own, arithmetic.product(before.h, recurrent)), before)
    })
    steps.push(pass)
    h = pass.h
    c = pass.c
  }

  return {
    output: joinSteps(
      steps.map((step) => step.h),
      rowCount,
    ),
    backward: (dOutput) => {
      const dOutputs = arithmetic.splitSteps(dOutput, recurrence)
      const dBefore = arithmetic.inputGradient(recurrent)
      const dSums: tf.Tensor[] = []
      let dh: tf.Tensor | null = null
      let dc: tf.Tensor | null = null
      for (let step = steps.length - 1; step >= 0; step--) {
        const keep = recurrence.keep[step]
        const next: { dSum: tf.Tensor; dh: tf.Tensor; dc: tf.Tensor } = tf.tidy(() => {
          const own = stepBackward(steps[step], dh === null ? dOutputs[step] : tf.add(dOutputs[step], dh), dc)
          return { dSum: own.dSum, dh: kept(dBefore(own.dSum), keep), dc: kept(own.dcBefore, keep) }
        })
        dSums[step] = next.dSum
        dh = next.dh
        dc = next.dc
      }
      const dRows = joinSteps(dSums, rowCount)
      const hBefore = joinSteps(
        steps.map((step) => step.hBefore),
        rowCount,
      )
      return {
        gradients: {
          [`lstmInput.${layer}`]: arithmetic.weightGradient(below, dRows),
          [`lstmRecurrent.${layer}`]: arithmetic.weightGradient(hBefore, dRows),
          [`lstmBias.${layer}`]: arithmetic.biasGradient(dRows),
        },
        dInput: arithmetic.inputGradient(input)(dRows),
      }
    },
  }
}

/** @param sum [G, L, 4 H] what the gates' nonlinearities take */
function stepForward(sum: tf.Tensor, before: { readonly h: tf.Tensor; readonly c: tf.Tensor }): StepPass {
  const [zi, zf, zg, zo] = tf.split(sum, 4, 2)
  const [i, f, g, o] = [tf.sigmoid(zi), tf.sigmoid(zf), tf.tanh(zg), tf.sigmoid(zo)]
  const c = tf.add(tf.mul(f, before.c), tf.mul(i, g))
  const tanhC = tf.tanh(c)
  return { i, f, g, o, hBefore: before.h, cBefore: before.c, tanhC, c, h: tf.mul(o, tanhC) }
}

/**
 * The way back through one step.
 *
 * @param dh     gradient with respect to h', from the layer above and the next step
 * @param dcNext gradient with respect to c' from the next step, null after the last
 * @returns dSum [G, L, 4 H] with respect to the gates' sums, and the gradient with respect to c
 */
function stepBackward(
  pass: StepPass,
  dh: tf.Tensor,
  dcNext: tf.Tensor | null,
): { dSum: tf.Tensor; dcBefore: tf.Tensor } {
  const { i, f, g, o, cBefore, tanhC } = pass
  const dcOutput = tf.mul(tf.mul(dh, o), slopeOfTanh(tanhC))
  const dc = dcNext === null ? dcOutput : tf.add(dcOutput, dcNext)
  const dSums = [
    tf.mul(tf.mul(dc, g), slopeOfSigmoid(i)),
    tf.mul(tf.mul(dc, cBefore), slopeOfSigmoid(f)),
    tf.mul(tf.mul(dc, i), slopeOfTanh(g)),
    tf.mul(tf.mul(dh, tanhC), slopeOfSigmoid(o)),
  ]
  return { dSum: tf.concat(dSums, 2), dcBefore: tf.mul(dc, f) }
}

/** sigmoid'(z) from y = sigmoid(z) */
function slopeOfSigmoid(y: tf.Tensor): tf.Tensor {
  return tf.mul(y, tf.sub(1, y))
}

/** tanh'(z) from y = tanh(z) */
function slopeOfTanh(y: tf.Tensor): tf.Tensor {
  return tf.sub(1, tf.square(y))
}

/** Zeroes the lanes where an episode begins. */
function kept(values: tf.Tensor, keep: tf.Tensor | null): tf.Tensor {
  return keep === null ? values : tf.mul(values, keep)
}

/** T tensors [G, L, W] -> [G, R, W], zeros in rows of padding. */
function joinSteps(steps: readonly tf.Tensor[], rowCount: number): tf.Tensor {
  const [groupSize, laneCount, width] = steps[0].shape
  const paddingCount = rowCount - steps.length * laneCount!
  const padding = paddingCount === 0 ? [] : [tf.zeros([groupSize, paddingCount, width!])]
  return tf.concat([...steps, ...padding], 1)
}
