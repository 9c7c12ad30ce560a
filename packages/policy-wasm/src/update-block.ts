/** Fields of `Update` in the order of assembly/update.ts, where they are described. */
const ADDRESSES_AND_COUNTS = [
  'plan',
  'parameters',
  'firstMoment',
  'secondMoment',
  'viewMask',
  'gradients',
  'agentStride',
  'sliceCount',
  'stepCount',
  'laneCount',
  'sliceLanes',
  'rowCount',
  'trunkCount',
  'supervised',
  'dense',
  'categorical',
  'resets',
  'state',
  'labels',
  'actions',
  'oldLogProbs',
  'advantages',
  'valueTargets',
  'weights',
  'costTargets',
  'satisfied',
  'direct',
  'rowShares',
  'statistics',
  'gradientNorms',
  'gradientScales',
  'progress',
  'step',
  'ratioMatrix',
  'jointClip',
] as const
const NUMBERS = [
  'clipLow',
  'clipHigh',
  'clipEpsilon',
  'entropyCoef',
  'valueCoef',
  'constraintCoef',
  'maxNormPolicy',
  'maxNormValue',
  'beta1',
  'beta1Rest',
  'beta2',
  'beta2Rest',
  'stepSize',
  'epsilon',
] as const

/** One update as the WebAssembly module reads it: byte offsets and counts, then coefficients. */
export type UpdateFields = Readonly<Record<(typeof ADDRESSES_AND_COUNTS)[number] | (typeof NUMBERS)[number], number>>

/** Length of the block in bytes. */
export const UPDATE_BYTES = 4 * (ADDRESSES_AND_COUNTS.length + NUMBERS.length)

/** Sums per trunk and slice in the field `statistics` (assembly/update.ts). */
export const STATISTICS_PER_SLICE = 5

/**
 * Writes the block of one update.
 *
 * @param at byte offset, a multiple of 4
 */
export function writeUpdate(buffer: ArrayBufferLike, at: number, fields: UpdateFields): void {
  const counts = new Int32Array(buffer, at, ADDRESSES_AND_COUNTS.length)
  for (const [index, name] of ADDRESSES_AND_COUNTS.entries()) counts[index] = fields[name]
  const numbers = new Float32Array(buffer, at + counts.byteLength, NUMBERS.length)
  for (const [index, name] of NUMBERS.entries()) numbers[index] = fields[name]
}
