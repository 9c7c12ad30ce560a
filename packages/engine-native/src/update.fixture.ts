/** An update of a small recurrent team in a memory of its own, with everything that an update can name. */
import {
  type NetworkSpec,
  networkPlanBytes,
  parameterLayout,
  recurrentStateSize,
  STATISTICS_BYTES,
  UPDATE,
  writeNetworkPlan,
} from '@vigil/policy-wasm'

export type Kind = 'ppo' | 'supervised'
export type Field = keyof typeof UPDATE.offsets

/** An array of the update: its items' bytes, how many there are, and the first values, repeated. */
type Contents = { readonly itemBytes: 1 | 2 | 4 | 8; readonly count: number; readonly values: readonly number[] }

export const SPEC: NetworkSpec = {
  agentCount: 2,
  denseSize: 3,
  vocabularySizes: [4, 2],
  policyHidden: [16],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [5],
  constraintCount: 1,
}
export const STEP_COUNT = 2
const LANE_COUNT = 3
export const SLICE_COUNT = 2
const ROWS = STEP_COUNT * LANE_COUNT
/** Rows of the arrays: two of them belong to no event. */
export const STORED_COUNT = ROWS + 2
export const AGENT_STRIDE = 64 * Math.ceil(parameterLayout(SPEC).parametersPerAgent / 16)
const TEAM = (SPEC.agentCount * AGENT_STRIDE) / 4
const NUMBERS = [0.1, -0.2, 0.05, 0.3, -0.15]

/** What the pointers of an update name, the plan aside. */
export function contentsOf(kind: Kind): Partial<Record<Field, Contents>> {
  const teamRows = SPEC.agentCount * STORED_COUNT
  const trunks = SPEC.agentCount * (kind === 'ppo' ? 2 : 1)
  const floats = (count: number, values: readonly number[] = NUMBERS): Contents => ({ itemBytes: 4, count, values })
  const events: Partial<Record<Field, Contents>> = {
    actions: { itemBytes: 1, count: teamRows, values: [0, 3, 1, 2] },
    oldLogProbs: floats(teamRows),
    advantages: floats(teamRows),
    valueTargets: floats(teamRows),
    costTargets: floats(SPEC.constraintCount * teamRows),
    weights: floats(teamRows, [1]),
    direct: floats(4 * teamRows),
  }
  return {
    parameters: floats(TEAM),
    firstMoment: floats(TEAM, [0]),
    secondMoment: floats(TEAM, [0]),
    inputMask: floats(TEAM, [1]),
    gradients: floats(SLICE_COUNT * TEAM, [0]),
    storedRows: { itemBytes: 4, count: ROWS, values: [0, 1, 2, 3, 4, STORED_COUNT - 1] },
    dense: floats(STORED_COUNT * SPEC.denseSize),
    categorical: { itemBytes: 2, count: 2 * STORED_COUNT, values: [3, 1, 0, 0] },
    resets: { itemBytes: 1, count: STORED_COUNT, values: [0, 1] },
    recurrentState: floats(SPEC.agentCount * LANE_COUNT * recurrentStateSize(SPEC)),
    ...(kind === 'ppo' ? events : { accepted: { itemBytes: 1, count: STORED_COUNT, values: [1, 15, 6] } }),
    rowShares: floats(SPEC.agentCount, [1 / ROWS]),
    statistics: { itemBytes: 8, count: (trunks * SLICE_COUNT * STATISTICS_BYTES) / 8, values: [0] },
    gradientNorms: { itemBytes: 8, count: trunks, values: [0] },
    gradientScales: { itemBytes: 8, count: trunks, values: [0] },
    progress: { itemBytes: 4, count: 1 + trunks, values: [] },
  }
}

/** Numbers of four bytes that are whole. */
const WHOLE: readonly Field[] = ['storedRows', 'progress']

/** Behind everything that is laid out, so that any array of the update can be moved to the memory's end. */
const FREE_BYTES = 1 << 22

/** @param workspaceBytes of a plan block at the offset */
export function createUpdate(kind: Kind, workspaceBytes: (memory: Uint8Array, plan: number) => number) {
  const memory = new Uint8Array(1 << 23)
  const view = new DataView(memory.buffer)
  let end = 64
  const place = (bytes: number) => {
    const at = end
    end = 64 * Math.ceil((end + bytes) / 64)
    return at
  }
  const update = place(UPDATE.bytes)
  const set = (field: Field, value: number) => {
    const { type } = UPDATE.places.find(({ name }) => name === field) ?? { type: 'f64' }
    if (type === 'f32') view.setFloat32(update + UPDATE.offsets[field], value, true)
    else view.setUint32(update + UPDATE.offsets[field], value, true)
  }
  for (const { name, type } of UPDATE.places) set(name as Field, type === 'f32' ? 0.5 : 0)
  const plan = place(networkPlanBytes(SPEC))
  writeNetworkPlan(SPEC, { buffer: memory.buffer, at: plan })
  const counts = {
    stepCount: STEP_COUNT,
    laneCount: LANE_COUNT,
    rowCount: ROWS,
    storedCount: STORED_COUNT,
    sliceCount: SLICE_COUNT,
    sliceLanes: 2,
  }
  const isPpo = kind === 'ppo'
  const fields = { plan, agentStride: AGENT_STRIDE, trunkCount: isPpo ? 2 : 1, supervised: isPpo ? 0 : 1, ...counts }
  for (const [field, value] of Object.entries(fields)) set(field as Field, value)

  const at: Partial<Record<Field, number>> = { plan }
  const bytes: Partial<Record<Field, number>> = { plan: networkPlanBytes(SPEC) }
  for (const [name, { itemBytes, count, values }] of Object.entries(contentsOf(kind))) {
    const field = name as Field
    const array = place(itemBytes * count)
    at[field] = array
    bytes[field] = itemBytes * count
    set(field, array)
    for (let index = 0; index < count; index++) {
      const value = field === 'progress' ? (index === 0 ? 0 : SLICE_COUNT) : values[index % values.length]
      if (itemBytes === 1) view.setUint8(array + index, value)
      else if (itemBytes === 2) view.setUint16(array + 2 * index, value, true)
      else if (WHOLE.includes(field)) view.setInt32(array + 4 * index, value, true)
      else if (itemBytes === 4) view.setFloat32(array + 4 * index, value, true)
    }
  }
  const ownBytes = workspaceBytes(memory, plan)
  const workspaces = [place(ownBytes), place(ownBytes)]
  const whole = memory.subarray(0, end + FREE_BYTES)
  return {
    memory: whole,
    view,
    update,
    set,
    /** Offsets and lengths of the plan and the arrays. */
    at,
    bytes,
    workspaceBytes: ownBytes,
    /** Room for two. */
    workspaces,
    /** A copy of the parameters where the field names them. */
    parameters(): Float32Array {
      const from = view.getUint32(update + UPDATE.offsets.parameters, true)
      return new Float32Array(memory.buffer.slice(from, from + 4 * TEAM))
    },
  }
}
