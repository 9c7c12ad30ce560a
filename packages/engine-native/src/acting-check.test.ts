/** What the add-on refuses to act on: each case is one step away from a decision that is made. */
import { writeBlock } from '@vigil/blocks'
import {
  ACTING,
  type NetworkSpec,
  networkPlanBytes,
  parameterLayout,
  recurrentStateSize,
  writeNetworkPlan,
} from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import { loadNativeKernels, type NativeKernels } from './native-kernels.ts'

const loaded = loadNativeKernels()
const OUTSIDE = /the acting block names what does not lie in the memory or is out of range/

const SPEC: NetworkSpec = {
  agentCount: 2,
  denseSize: 3,
  vocabularySizes: [4, 2],
  policyHidden: [16],
  valueHidden: [8],
  layerNorm: false,
  lstmHidden: [5],
  constraintCount: 1,
}
const ROWS = 9
const STEP_STRIDE = 24
const MEMORY_BYTES = 1 << 17
const PLAN = 64

type Field = keyof typeof ACTING.offsets

/** Bytes of an item, and how many there are. */
const ARRAYS = {
  parameters: [4, SPEC.agentCount * parameterLayout(SPEC).parametersPerAgent],
  x: [4, ROWS * SPEC.denseSize],
  categories: [2, ROWS * SPEC.vocabularySizes.length],
  recurrentState: [4, ROWS * SPEC.agentCount * recurrentStateSize(SPEC)],
  actions: [1, ROWS * SPEC.agentCount],
  logProbs: [4, ROWS * SPEC.agentCount],
  probabilities: [4, 4 * ROWS * SPEC.agentCount],
  values: [4, 2 * ROWS * SPEC.agentCount],
  // The last row's two words are the last that is read.
  steps: [1, (ROWS - 1) * STEP_STRIDE + 8],
} as const satisfies Partial<Record<Field, readonly [number, number]>>
type ArrayName = keyof typeof ARRAYS
const NAMES = Object.keys(ARRAYS) as ArrayName[]

/** A team's decision in a memory of its own. */
function createActing() {
  const memory = new Uint8Array(MEMORY_BYTES)
  const view = new DataView(memory.buffer)
  writeNetworkPlan(SPEC, { buffer: memory.buffer, at: PLAN })
  let end = 64 * Math.ceil((PLAN + networkPlanBytes(SPEC)) / 64)
  const place = (bytes: number) => {
    const at = end
    end += 64 * Math.ceil(bytes / 64)
    return at
  }
  const block = place(ACTING.bytes)
  const at = Object.fromEntries(NAMES.map((name) => [name, place(ARRAYS[name][0] * ARRAYS[name][1])])) as Record<
    ArrayName,
    number
  >
  const rest = { scratch: 0, scores: 0, seed: 7, laneBase: 0, hasPilots: 0, stopFactor: 1 }
  const fields = { ...rest, ...at, plan: PLAN, rows: ROWS, stepStride: STEP_STRIDE }
  writeBlock(ACTING, { buffer: memory.buffer, at: block }, fields)
  for (let i = 0; i < ARRAYS.parameters[1]; i++)
    view.setFloat32(at.parameters + 4 * i, ((i * 37) % 19) / 19 - 0.5, true)
  for (let i = 0; i < ARRAYS.x[1]; i++) view.setFloat32(at.x + 4 * i, ((i * 11) % 7) / 7 - 0.5, true)
  for (let i = 0; i < ARRAYS.categories[1]; i++) view.setUint16(at.categories + 2 * i, i % 2, true)
  return {
    memory,
    block,
    at,
    set: (field: Field, value: number) => view.setUint32(block + ACTING.offsets[field], value, true),
    /** What was written where the field names it. */
    read: (name: ArrayName) => {
      const from = view.getUint32(block + ACTING.offsets[name], true)
      return memory.slice(from, from + ARRAYS[name][0] * ARRAYS[name][1])
    },
  }
}

describe.skipIf(typeof loaded === 'string')('actingOn', () => {
  const kernels = loaded as NativeKernels
  type Made = ReturnType<typeof createActing>
  const act = ({ memory, block }: Made) => kernels.actingOn(memory, 'portable-c').act(block)
  const outcome = (made: Made) => {
    expect(act(made)).toBe(0)
    return (['actions', 'logProbs', 'probabilities', 'values', 'recurrentState'] as const).map(made.read)
  }
  const refuses = (made: Made, call = () => act(made)) => {
    const before = made.memory.slice()
    expect(call).toThrow(OUTSIDE)
    expect(Buffer.compare(before, made.memory)).toBe(0)
  }

  it('makes decisions, and the critics alone leave actions and states as they are', () => {
    const [whole, judged] = [createActing(), createActing()]
    const [actions, , probabilities] = outcome(whole)
    expect(actions.every((action) => action < 4)).toBe(true)
    const shares = new Float32Array(probabilities.buffer)
    expect(shares[0] + shares[1] + shares[2] + shares[3]).toBeCloseTo(1, 6)
    kernels.actingOn(judged.memory, 'portable-c').evaluateStates(judged.block)
    expect(judged.read('values')).toEqual(whole.read('values'))
    expect(judged.read('recurrentState').every((byte) => byte === 0)).toBe(true)
    expect(judged.read('probabilities').every((byte) => byte === 0)).toBe(true)
  })

  it.each(NAMES)("takes %s at the memory's end, and refuses it one item further", (name) => {
    const made = createActing()
    const [itemBytes, count] = ARRAYS[name]
    const last = MEMORY_BYTES - itemBytes * count
    made.memory.copyWithin(last, made.at[name], made.at[name] + itemBytes * count)
    for (const at of [last + itemBytes, 2 ** 32 - 64, 0]) {
      made.set(name, at)
      refuses(made)
    }
    if (itemBytes > 1) {
      made.set(name, last - itemBytes / 2)
      refuses(made)
    }
    made.set(name, last)
    expect(outcome(made)).toEqual(outcome(createActing()))
  })

  it.each([
    ['rows', 0],
    ['rows', ROWS + 2 ** 20],
    ['stepStride', 2 ** 20],
    ['plan', 4],
    ['plan', MEMORY_BYTES],
  ] as const)('refuses a field %s of %d', (field, value) => {
    const made = createActing()
    const acting = kernels.actingOn(made.memory, 'portable-c')
    expect(acting.act(made.block)).toBe(0)
    made.set(field, value)
    refuses(made, () => acting.act(made.block))
  })

  it.each([0, ARRAYS.categories[1] - 1])('refuses category number %d behind the last of its column', (index) => {
    const made = createActing()
    new DataView(made.memory.buffer).setUint16(made.at.categories + 2 * index, index === 0 ? 4 : 2, true)
    refuses(made)
  })

  it('refuses a block that ends behind the memory, and a family that there is not', () => {
    const made = createActing()
    const acting = kernels.actingOn(made.memory, 'portable-c')
    expect(acting.act(made.block)).toBe(0)
    refuses(made, () => acting.act(MEMORY_BYTES - 4))
    expect(() => kernels.actingOn(made.memory, 'vax' as 'avx2').act(made.block)).toThrow(/no such family/)
  })
})
