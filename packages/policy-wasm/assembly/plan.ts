/** The plan block, which describes the network's shape, and where in memory its tensors and states lie. */

/** Described in ../src/blocks.ts, written by ../src/plan.ts. */
@unmanaged
export class Plan {
  agentCount: i32
  /** D + K */
  denseSize: i32
  /** C */
  columnCount: i32
  /** P */
  parametersPerAgent: i32
  /** V, rows of the embedding, the sum of the vocabularies */
  vocabularySize: i32
  policyLayers: i32
  /** 0 = no critic */
  valueLayers: i32
  /** LSTM layers of each trunk; 0 = a feed-forward network */
  lstmLayers: i32
  /** widest layer of both trunks, padded, and the widest LSTM layer */
  widest: i32
  widestLstm: i32
  /** H, values of an agent's recurrent state */
  stateSize: i32
  /** epsilon of layer normalisation; 0 = hidden layers are not normalised */
  normEpsilon: f32
  /** specifications, for each of which the value head has a cost value */
  constraintCount: i32
}

/** Behind the fields: i32 widths of the policy [8], of the critic [8] and of the LSTM layers [8], not padded; first embedding row of each column [C]. */
const LAYERS_MAX: i32 = 8
const POLICY_WIDTHS: i32 = <i32>(offsetof<Plan>() >> 2)
const VALUE_WIDTHS: i32 = POLICY_WIDTHS + LAYERS_MAX
const LSTM_WIDTHS: i32 = VALUE_WIDTHS + LAYERS_MAX
const COLUMN_OFFSETS: i32 = LSTM_WIDTHS + LAYERS_MAX

export const ACTION_COUNT = 4

/** Gates of an LSTM layer, in the order of their columns: i, f, g, o. */
export const GATE_COUNT = 4

/** Numbers of the two trunks of an agent. */
export const POLICY_TRUNK = 0
export const VALUE_TRUNK = 1

@inline
function word(plan: Plan, index: i32): i32 {
  return load<i32>(changetype<usize>(plan) + ((<usize>index) << 2))
}

/** Hidden layers of a trunk, those below its LSTM layers. */
@inline
export function hiddenCount(plan: Plan, trunk: i32): i32 {
  return trunk == POLICY_TRUNK ? plan.policyLayers : plan.valueLayers
}

/** Hidden and LSTM layers of a trunk. */
@inline
export function layerCount(plan: Plan, trunk: i32): i32 {
  return hiddenCount(plan, trunk) + plan.lstmLayers
}

/** Units of a layer as the host's spec has them. */
export function logicalWidth(plan: Plan, trunk: i32, layer: i32): i32 {
  const above = layer - hiddenCount(plan, trunk)
  if (above >= 0) return word(plan, LSTM_WIDTHS + above)
  return word(plan, (trunk == POLICY_TRUNK ? POLICY_WIDTHS : VALUE_WIDTHS) + layer)
}

/** Width of a layer in memory, a multiple of eight. */
@inline
export function layerWidth(plan: Plan, trunk: i32, layer: i32): i32 {
  return (logicalWidth(plan, trunk, layer) + 7) & ~7
}

/** Width in memory of what a layer, or the head, reads. */
@inline
export function inputWidth(plan: Plan, trunk: i32, layer: i32): i32 {
  return layer == 0 ? plan.denseSize : layerWidth(plan, trunk, layer - 1)
}

/** Columns of a trunk's head in memory: those of a value head with specifications are a multiple of four. */
@inline
export function outputCount(plan: Plan, trunk: i32): i32 {
  if (trunk == POLICY_TRUNK) return ACTION_COUNT
  return plan.constraintCount == 0 ? 1 : (valueOutputCount(plan) + 3) & ~3
}

/** O, outputs of a critic: value, cost values. */
@inline
export function valueOutputCount(plan: Plan): i32 {
  return 1 + plan.constraintCount
}

/** Row of the embedding that belongs to a category of a column. */
@inline
export function embeddingRow(plan: Plan, column: i32, category: i32): i32 {
  return word(plan, COLUMN_OFFSETS + column) + category
}

/**
 * Bytes from a trunk's first tensor, its embedding, to the weights of a layer; of layer `layerCount`, the head. Behind
 * the weights [inputs, width] of a hidden layer come its bias and, where it is normalised, gain and shift, [width] each;
 * behind the input weights [inputs, 4 width] of an LSTM layer its recurrent weights [width, 4 width] and bias [4 width];
 * behind those of the head its bias.
 */
export function weightsOffset(plan: Plan, trunk: i32, layer: i32): usize {
  let count = plan.vocabularySize * layerWidth(plan, trunk, 0)
  for (let below = 0; below < layer; below++) {
    const inputs = inputWidth(plan, trunk, below)
    const width = layerWidth(plan, trunk, below)
    if (below >= hiddenCount(plan, trunk)) count += (inputs + width + 1) * GATE_COUNT * width
    else count += (inputs + (plan.normEpsilon > 0 ? 3 : 1)) * width
  }
  return (<usize>count) << 2
}

/** Bytes of all tensors of a trunk. */
export function trunkBytes(plan: Plan, trunk: i32): usize {
  const layers = layerCount(plan, trunk)
  return weightsOffset(plan, trunk, layers) + floats((inputWidth(plan, trunk, layers) + 1) * outputCount(plan, trunk))
}

/** Bytes from an agent's first parameter to the trunk's: the value tensors follow the policy tensors. */
export function trunkOffset(plan: Plan, trunk: i32): usize {
  return trunk == POLICY_TRUNK ? 0 : trunkBytes(plan, POLICY_TRUNK)
}

/** Bytes from an agent's recurrent state to the trunk's: both trunks have the same LSTM layers. */
@inline
export function trunkStateOffset(plan: Plan, trunk: i32): usize {
  return trunk == POLICY_TRUNK ? 0 : floats(plan.stateSize >> 1)
}

/** Bytes of f32 numbers. */
@inline
export function floats(count: i32): usize {
  return (<usize>count) << 2
}
