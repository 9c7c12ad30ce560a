import { fillGaussian, randomStream } from '@vigil/random'
import {
  ACTION_COUNT,
  type NetworkSpec,
  paddedWidth,
  parameterLayout,
  totalVocabulary,
  valueOutputCount,
} from './network.ts'

/**
 * Orthogonal initialisation (arXiv:1312.6120) with the gains usual for PPO (arXiv:2005.12729): sqrt(2) for hidden
 * layers, 0.01 for the policy head, 1 for the value head and the matrices of an LSTM. The value of a network with specifications begins as that of the same without them. Biases are 0, but 1
 * for the forget gate (Jozefowicz et al. 2015); layer normalisation begins with gain 1 and shift 0. Embedding and dense rows
 * of a first layer are drawn as one matrix, as they would be for one-hot inputs.
 *
 * @param seed u32; the stream `initialisation`
 * @returns [A, P], owned by the caller
 */
export function initialiseParameters(spec: NetworkSpec, seed: number): Float32Array {
  const { slices, parametersPerAgent } = parameterLayout(spec)
  const parameters = new Float32Array(spec.agentCount * parametersPerAgent)
  const slice = new Map(slices.map((entry) => [entry.name, entry]))
  let matrixIndex = 0
  for (let agent = 0; agent < spec.agentCount; agent++) {
    const block = parameters.subarray(agent * parametersPerAgent, (agent + 1) * parametersPerAgent)
    const tensor = (name: string) => {
      const { offset, length } = slice.get(name)!
      return block.subarray(offset, offset + length)
    }
    /** Draws a matrix [rows, gates * width] into a tensor whose gates have padded widths. */
    const draw = (names: readonly string[], size: { rows: number[]; width: number; gates?: number; gain: number }) => {
      const { width, gates = 1, gain } = size
      const rows = size.rows.reduce((sum, count) => sum + count, 0)
      const matrix = orthogonalMatrix({ rows, columns: gates * width, gain, seed, index: matrixIndex++ })
      let from = 0
      for (const [part, name] of names.entries()) {
        const stride = slice.get(name)!.shape[1]
        for (let row = 0; row < size.rows[part]; row++) {
          for (let gate = 0; gate < gates; gate++, from += width) {
            tensor(name).set(matrix.subarray(from, from + width), row * stride + (gate * stride) / gates)
          }
        }
      }
    }
    const fillTrunk = (trunk: string, hidden: readonly number[], head: { width: number; gain: number }) => {
      const [first] = hidden
      draw([`${trunk}.embedding`, `${trunk}.dense.0`], {
        rows: [totalVocabulary(spec), spec.denseSize],
        width: first,
        gain: Math.SQRT2,
      })
      for (const [layer, width] of hidden.entries()) {
        if (layer > 0) draw([`${trunk}.dense.${layer}`], { rows: [hidden[layer - 1]], width, gain: Math.SQRT2 })
        if (spec.layerNorm) tensor(`${trunk}.gain.${layer}`).fill(1, 0, width)
      }
      let inputs = hidden[hidden.length - 1]
      for (const [layer, width] of spec.lstmHidden.entries()) {
        draw([`${trunk}.lstmInput.${layer}`], { rows: [inputs], width, gates: 4, gain: 1 })
        draw([`${trunk}.lstmRecurrent.${layer}`], { rows: [width], width, gates: 4, gain: 1 })
        const padded = paddedWidth(width)
        tensor(`${trunk}.lstmBias.${layer}`).fill(1, padded, padded + width)
        inputs = width
      }
      draw([`${trunk}.head`], { rows: [inputs], ...head })
    }
    fillTrunk('policy', spec.policyHidden, { width: ACTION_COUNT, gain: 0.01 })
    if (spec.valueHidden !== null) {
      fillTrunk('value', spec.valueHidden, { width: valueOutputCount(spec), gain: 1 })
    }
  }
  return parameters
}

/** [rows, columns] with orthonormal rows or columns, whichever are fewer, times `gain`; modified Gram-Schmidt. */
function orthogonalMatrix(options: {
  rows: number
  columns: number
  gain: number
  seed: number
  index: number
}): Float32Array {
  const { rows, columns, gain } = options
  const count = Math.min(rows, columns)
  const length = Math.max(rows, columns)
  const basis = new Float64Array(count * length)
  const stream = randomStream(options.seed, 'initialisation')
  fillGaussian({ seed: stream.seed, stream: stream.stream + (options.index << 8) }, basis)
  for (let i = 0; i < count; i++) {
    const row = basis.subarray(i * length, (i + 1) * length)
    for (let j = 0; j < i; j++) {
      const other = basis.subarray(j * length, (j + 1) * length)
      let dot = 0
      for (let k = 0; k < length; k++) dot += row[k] * other[k]
      for (let k = 0; k < length; k++) row[k] -= dot * other[k]
    }
    let norm = 0
    for (let k = 0; k < length; k++) norm += row[k] * row[k]
    const scale = 1 / Math.sqrt(norm)
    for (let k = 0; k < length; k++) row[k] *= scale
  }
  const matrix = new Float32Array(rows * columns)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      matrix[r * columns + c] = gain * (rows < columns ? basis[r * length + c] : basis[c * length + r])
    }
  }
  return matrix
}
