import type { BinnedInput } from './binned-inputs.ts'

/** What one input says about the label by itself. */
export type InputSignal = {
  readonly name: string
  readonly isConstant: boolean
  /** I(input; label) in bits, corrected for the number of bins, at least 0 */
  readonly bits: number
  /** Share of the label's entropy, 0 to 1; 1 = the label is a function of the input */
  readonly shareOfLabel: number
}

/**
 * Mutual information of an input, in bins, and the label, on the training rows, less its bias (K - 1) / (2 n ln 2) for K
 * occupied bins (Miller 1955), which an input that says nothing would show.
 *
 * @param labels [n] of the training rows
 */
export function inputSignal({ name, binCount, train }: BinnedInput, labels: Uint8Array): InputSignal {
  const counts = new Float64Array(2 * binCount)
  for (let i = 0; i < train.length; i++) counts[2 * train[i] + labels[i]]++
  const total = train.length
  let [benign, threats, occupied] = [0, 0, 0]
  for (let bin = 0; bin < binCount; bin++) {
    benign += counts[2 * bin]
    threats += counts[2 * bin + 1]
    if (counts[2 * bin] + counts[2 * bin + 1] > 0) occupied++
  }
  const labelEntropy = entropyOf(benign, threats)
  let remaining = 0
  for (let bin = 0; bin < binCount; bin++) {
    const inBin = counts[2 * bin] + counts[2 * bin + 1]
    remaining += (inBin / total) * entropyOf(counts[2 * bin], counts[2 * bin + 1])
  }
  const bias = (occupied - 1) / (2 * total * Math.LN2)
  const bits = Math.max(0, labelEntropy - remaining - bias)
  return { name, isConstant: occupied <= 1, bits, shareOfLabel: labelEntropy === 0 ? 0 : bits / labelEntropy }
}

/** Entropy in bits of a binary variable that was counted. */
function entropyOf(first: number, second: number): number {
  if (first === 0 || second === 0) return 0
  const p = first / (first + second)
  return -p * Math.log2(p) - (1 - p) * Math.log2(1 - p)
}
