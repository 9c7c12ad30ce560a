/** The policies of a team as nodes, all agents in one: packages/policy-wasm/src/network.ts has the formulas. */
import { columnOffsets, LAYER_NORM_EPSILON, type NetworkSpec } from '@vigil/policy-wasm'
import type { TeamTensor } from '../team-tensors.ts'
import type { Graph, Value } from './graph.ts'

/** What the network reads of N events. */
type NetworkInputs = {
  /** f32 [N, D + K]; null without */
  readonly dense: Value | null
  /** int64 [N, C]; null without */
  readonly categorical: Value | null
  /** f32 [N, A, H]; null of a feed-forward team */
  readonly state: Value | null
}

/** A layer's weights as constants of the graph. */
type Weights = (kind: string, layer?: number) => Value

/** @returns f32 probabilities [N, A, 4], and the state after the step, as `stateCount` has it */
export function addPolicies(
  graph: Graph,
  { spec, tensors, inputs }: { spec: NetworkSpec; tensors: readonly TeamTensor[]; inputs: NetworkInputs },
): { readonly probabilities: Value; readonly state: Value | null } {
  const { op } = graph
  const weights: Weights = (kind, layer) => {
    const name = layer === undefined ? `policy.${kind}` : `policy.${kind}.${layer}`
    const { shape, values } = tensors.find((tensor) => tensor.name === name) as TeamTensor
    // A vector is added to every row.
    const [agents, ...rest] = shape
    return graph.constant('float', values, rest.length === 1 ? [agents, 1, ...rest] : shape)
  }
  let h = addFirstSums(graph, { spec, weights, inputs })
  for (const layer of spec.policyHidden.keys()) {
    if (layer > 0) h = op('Add', [op('MatMul', [h, weights('dense', layer)]), weights('bias', layer)])
    if (spec.layerNorm) h = addLayerNorm(graph, h, weights, layer)
    h = op('Relu', [h])
  }
  const recurrent = inputs.state === null ? null : addLstm(graph, { spec, weights, h, state: inputs.state })
  const logits = op('Add', [op('MatMul', [recurrent?.h ?? h, weights('head')]), weights('headBias')])
  const probabilities = op('Transpose', [op('Softmax', [logits], { axis: -1 })], { perm: [1, 0, 2] })
  return { probabilities, state: recurrent?.state ?? null }
}

/** Values of one agent's recurrent state in a graph: h and c of each LSTM layer of the policy. */
export function stateCount({ lstmHidden }: NetworkSpec): number {
  return lstmHidden.reduce((sum, width) => sum + 2 * width, 0)
}

/** The first layer's sums [A, N, width]: a dense product plus the embedding row of each category. */
function addFirstSums(
  graph: Graph,
  { spec, weights, inputs }: { spec: NetworkSpec; weights: Weights; inputs: NetworkInputs },
): Value {
  const { op } = graph
  const parts: Value[] = []
  if (inputs.dense !== null) {
    const rows = op('Unsqueeze', [inputs.dense, graph.constant('int64', [0])])
    parts.push(op('MatMul', [rows, weights('dense', 0)]))
  }
  if (inputs.categorical !== null) {
    const places = op('Add', [inputs.categorical, graph.constant('int64', columnOffsets(spec))])
    const rows = op('Gather', [weights('embedding'), places], { axis: 1 })
    parts.push(op('ReduceSum', [rows, graph.constant('int64', [2])], { keepdims: 0 }))
  }
  return parts.reduce((sum, part) => op('Add', [sum, part]), weights('bias', 0))
}

function addLayerNorm(graph: Graph, z: Value, weights: Weights, layer: number): Value {
  const { op } = graph
  const meanOf = (value: Value) => op('ReduceMean', [value], { axes: [2], keepdims: 1 })
  const centred = op('Sub', [z, meanOf(z)])
  const variance = op('Add', [meanOf(op('Mul', [centred, centred])), graph.constant('float', [LAYER_NORM_EPSILON], [])])
  const normalised = op('Div', [centred, op('Sqrt', [variance])])
  return op('Add', [op('Mul', [normalised, weights('gain', layer)]), weights('shift', layer)])
}

/** One step of the LSTM layers. @param h [A, N, width] */
function addLstm(
  graph: Graph,
  { spec, weights, h, state }: { spec: NetworkSpec; weights: Weights; h: Value; state: Value },
): { readonly h: Value; readonly state: Value } {
  const { op } = graph
  const sizes = spec.lstmHidden.flatMap((width) => [width, width])
  const byAgent = op('Transpose', [state], { perm: [1, 0, 2] })
  const before = graph.ops('Split', [byAgent, graph.constant('int64', sizes)], sizes.length, { axis: 2 })
  const after: Value[] = []
  let below = h
  for (const [layer, width] of spec.lstmHidden.entries()) {
    const [ownH, ownC] = before.slice(2 * layer)
    const sums = op('Add', [
      op('Add', [weights('lstmBias', layer), op('MatMul', [below, weights('lstmInput', layer)])]),
      op('MatMul', [ownH, weights('lstmRecurrent', layer)]),
    ])
    const widths = graph.constant('int64', [width, width, width, width])
    const [input, forget, candidate, output] = graph.ops('Split', [sums, widths], 4, { axis: 2 })
    const kept = op('Mul', [op('Sigmoid', [forget]), ownC])
    const cell = op('Add', [kept, op('Mul', [op('Sigmoid', [input]), op('Tanh', [candidate])])])
    below = op('Mul', [op('Sigmoid', [output]), op('Tanh', [cell])])
    after.push(below, cell)
  }
  const joined = op('Concat', after, { axis: 2 })
  return { h: below, state: op('Transpose', [joined], { perm: [1, 0, 2] }) }
}
