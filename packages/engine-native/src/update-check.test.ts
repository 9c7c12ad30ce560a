/** What the add-on refuses to run: each case is one step away from an update that runs. */
import { networkPlanBytes, UPDATE } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import { loadNativeKernels, type NativeKernels } from './native-kernels.ts'
import {
  AGENT_STRIDE,
  contentsOf,
  createUpdate,
  type Field,
  type Kind,
  SLICE_COUNT,
  SPEC,
  STEP_COUNT,
  STORED_COUNT,
} from './update.fixture.ts'

const loaded = loadNativeKernels()
const OUTSIDE = /the update names what does not lie in the memory/
const RANGE = /a category, an action or the progress is out of range/
const WORKSPACE = /a workspace does not fit/

type Case = { readonly name: string; readonly kind: Kind; readonly field: Field; readonly itemBytes: number }
const CASES: readonly Case[] = (['ppo', 'supervised'] as const).flatMap((kind) => {
  const arrays = Object.entries(contentsOf(kind)).map(([field, { itemBytes }]) => ({ field, itemBytes }))
  return [{ field: 'plan', itemBytes: 4 }, ...arrays].map(({ field, itemBytes }) => ({
    name: `${field} (${kind})`,
    kind,
    field: field as Field,
    itemBytes,
  }))
})
/** 0 says that there is none. */
const OPTIONAL: readonly Field[] = ['inputMask', 'weights', 'direct']

describe.skipIf(typeof loaded === 'string')('learn', () => {
  const kernels = loaded as NativeKernels
  const create = (kind: Kind) => createUpdate(kind, (memory, plan) => kernels.workspaceBytes(memory, plan, STEP_COUNT))
  type Made = ReturnType<typeof create>
  const learn = ({ memory, update, workspaces }: Made, own = workspaces.slice(0, 1), at = update) =>
    kernels.learn(memory, 'portable-c', at, Uint32Array.from(own))
  const parametersAfter = (made: Made) => {
    learn(made)
    return made.parameters()
  }
  const refuses = (made: Made, message: RegExp, call = () => learn(made)) => {
    const before = made.memory.slice()
    expect(call).toThrow(message)
    expect(Buffer.compare(before, made.memory)).toBe(0)
  }

  it.each(['ppo', 'supervised'] as const)('moves the parameters, with two workspaces as with one: %s', (kind) => {
    const [made, other] = [create(kind), create(kind)]
    const before = made.parameters()
    const after = parametersAfter(made)
    expect(after.every(Number.isFinite)).toBe(true)
    expect(after.filter((value, index) => value !== before[index]).length).toBeGreaterThan(100)
    learn(other, other.workspaces)
    expect(other.parameters()).toEqual(after)
  })

  it.each(CASES)("takes $name at the memory's end, and refuses it one item further", ({ kind, field, itemBytes }) => {
    const [made, expected] = [create(kind), create(kind)]
    const {
      memory,
      set,
      at: { [field]: from = 0 },
      bytes: { [field]: bytes = 0 },
    } = made
    const last = memory.length - bytes
    memory.copyWithin(last, from, from + bytes)
    set(field, last + itemBytes)
    refuses(made, OUTSIDE)
    set(field, 2 ** 32 - 64)
    refuses(made, OUTSIDE)
    set(field, last)
    expect(parametersAfter(made)).toEqual(parametersAfter(expected))
  })

  it.each(CASES.filter(({ itemBytes }) => itemBytes > 1))('refuses $name between two items', (each) => {
    const made = create(each.kind)
    const {
      at: { [each.field]: from = 0 },
      bytes: { [each.field]: bytes = 0 },
    } = made
    const between = made.memory.length - bytes - each.itemBytes / 2
    made.memory.copyWithin(between, from, from + bytes)
    made.set(each.field, between)
    refuses(made, OUTSIDE)
  })

  it.each(CASES.filter(({ field }) => !OPTIONAL.includes(field)))('refuses an update without $name', (each) => {
    const made = create(each.kind)
    made.set(each.field, 0)
    refuses(made, OUTSIDE)
  })

  it.each(OPTIONAL)('runs without %s', (field) => {
    const made = create('ppo')
    made.set(field, 0)
    expect(parametersAfter(made).every(Number.isFinite)).toBe(true)
  })

  it.each([
    ['stepCount', 0],
    ['laneCount', 4],
    ['rowCount', 5],
    ['storedCount', 0],
    ['storedCount', 2 ** 30],
    ['sliceLanes', 1],
    ['sliceLanes', 0],
    ['sliceCount', 0],
    ['sliceCount', 65],
    ['trunkCount', 0],
    ['trunkCount', 3],
    ['agentStride', 64],
    ['sliceLanes', 2 ** 30],
    ['agentStride', AGENT_STRIDE + 4],
  ] as const)('refuses a %s of %d', (field, value) => {
    const made = create('ppo')
    made.set(field, value)
    refuses(made, OUTSIDE)
  })

  it("takes an update at the memory's end, and refuses it further on and between two words", () => {
    const made = create('ppo')
    const last = made.memory.length - 4 * Math.ceil(UPDATE.bytes / 4)
    made.memory.copyWithin(last, made.update, made.update + UPDATE.bytes)
    for (const at of [last + 4, made.memory.length, 2 ** 32 - 4]) {
      refuses(made, OUTSIDE, () => learn(made, made.workspaces, at))
    }
    const before = made.parameters()
    made.memory.copyWithin(last - 2, last)
    refuses(made, OUTSIDE, () => learn(made, made.workspaces, last - 2))
    made.memory.copyWithin(last, last - 2)
    learn(made, made.workspaces, last)
    expect(made.parameters()).not.toEqual(before)
  })

  it('refuses a plan that names more columns than the memory holds', () => {
    const made = create('ppo')
    const last = made.memory.length - networkPlanBytes(SPEC)
    made.memory.copyWithin(last, made.at.plan ?? 0, (made.at.plan ?? 0) + networkPlanBytes(SPEC))
    made.set('plan', last)
    made.view.setInt32(last + 8, SPEC.vocabularySizes.length + 1, true)
    refuses(made, OUTSIDE)
  })

  it.each<readonly [string, Kind, Field, number, number]>([
    ["a category behind its column's last", 'ppo', 'categorical', 0, 4],
    ["a category behind the last column's last", 'ppo', 'categorical', 2, 2],
    ['an action that is none', 'ppo', 'actions', 0, 4],
    ['a row that the arrays do not have', 'ppo', 'storedRows', 8, STORED_COUNT],
    ['no right action', 'supervised', 'accepted', 0, 0],
    ['a right action that is none', 'supervised', 'accepted', 0, 16],
    ['items that have been taken', 'ppo', 'progress', 0, 1],
    ['slices that have been done', 'ppo', 'progress', 4, SLICE_COUNT - 1],
    ["an agent's slices that have been done", 'ppo', 'progress', 16, SLICE_COUNT - 1],
  ])('refuses %s', (_, kind, field, offset, value) => {
    const made = create(kind)
    made.memory[(made.at[field] ?? 0) + offset] = value
    refuses(made, RANGE)
  })

  it("refuses the last row's category and the last agent's action too", () => {
    for (const field of ['categorical', 'actions'] as const) {
      const made = create('ppo')
      made.memory[(made.at[field] ?? 0) + (made.bytes[field] ?? 0) - (field === 'actions' ? 1 : 2)] = 4
      refuses(made, RANGE)
    }
  })

  it("takes a workspace at the memory's end, and refuses others", () => {
    const made = create('ppo')
    const last = made.memory.length - made.workspaceBytes
    const [first, second] = made.workspaces
    const bad = [[0], [last + 64], [2 ** 32 - 64], [first + 32], [first, last + 64], [first, first]]
    for (const own of [...bad, [first, first + made.workspaceBytes - 64], [second, second - 64]]) {
      refuses(made, WORKSPACE, () => learn(made, own))
    }
    const expected = parametersAfter(create('ppo'))
    learn(made, [first, last])
    expect(made.parameters()).toEqual(expected)
  })

  it('refuses a family that there is not, and workspaces of none or too many threads', () => {
    const made = create('ppo')
    const own = Uint32Array.from(made.workspaces)
    refuses(made, /no such family/, () => kernels.learn(made.memory, 'vax' as 'avx2', made.update, own))
    refuses(made, /no workspaces/, () => learn(made, []))
    refuses(made, /no workspaces/, () => learn(made, Array<number>(65).fill(made.workspaces[0])))
  })
})
