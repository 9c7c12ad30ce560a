import { parameterLayout } from '@vigil/policy-wasm'
import type { Bundle } from '@vigil/runs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describedEvents, drawnBundle } from './drawn-team.fixture.ts'
import { safetensorsFile } from './safetensors.ts'

let events: ReturnType<typeof describedEvents>
let bundle: Bundle
beforeAll(async () => {
  events = describedEvents()
  const environment = {
    mode: 'stream',
    observeConstraints: true,
    specifications: ['G (fp_rate[100] <= 0.02)'],
  } as const
  bundle = await drawnBundle(events.request, { environment, network: { lstmHidden: [11], constraintCount: 1 } })
})
afterAll(() => events.remove())

type Entry = {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/** Reads a file as the format's page describes it, and refuses what that page forbids. */
function readSafetensors(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = Number(view.getBigUint64(0, true))
  if (length > 100_000_000 || 8 + length > bytes.length) throw new Error('the header is too long')
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length))
  if (!text.startsWith('{')) throw new Error('the header does not begin with {')
  const { __metadata__: metadata, ...entries } = JSON.parse(text)
  if (!Object.values(metadata).every((value) => typeof value === 'string')) throw new Error('metadata is not text')
  let next = 0
  const tensors = new Map<string, { shape: readonly number[]; at: (...index: number[]) => number }>()
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [begin, end],
    },
  ] of Object.entries(entries as Record<string, Entry>)) {
    if (dtype !== 'F32' || begin !== next) throw new Error(`${name} leaves a gap`)
    if (end - begin !== 4 * shape.reduce((size, dimension) => size * dimension, 1))
      throw new Error(`${name} has a wrong size`)
    next = end
    const at = (...index: number[]) =>
      view.getFloat32(8 + length + begin + 4 * index.reduce((place, i, axis) => place * shape[axis] + i, 0), true)
    tensors.set(name, { shape, at })
  }
  if (8 + length + next !== bytes.length) throw new Error('bytes are left over')
  return { metadata: metadata as Record<string, string>, tensors, headerBytes: length }
}

it('a file of safetensors has every weight of the team under its name, without the units that fill up memory', () => {
  const { tensors, headerBytes } = readSafetensors(safetensorsFile(bundle))
  expect(headerBytes % 8).toBe(0)
  const D = bundle.network.denseSize
  const V = bundle.network.vocabularySizes.reduce((sum, size) => sum + size, 0)
  const trunk = (name: string, widths: readonly [number, ...number[]], outputs: number) => {
    const layers = widths.flatMap((width, layer) => [
      [`${name}.dense.${layer}`, [4, layer === 0 ? D : widths[layer - 1], width]],
      ...['bias', 'gain', 'shift'].map((kind) => [`${name}.${kind}.${layer}`, [4, width]]),
    ])
    const last = widths[widths.length - 1]
    const lstm = [
      ['lstmInput', [4, last, 44]],
      ['lstmRecurrent', [4, 11, 44]],
      ['lstmBias', [4, 44]],
    ].map(([kind, shape]) => [`${name}.${kind}.0`, shape])
    return [
      [`${name}.embedding`, [4, V, widths[0]]],
      ...layers,
      ...lstm,
      [`${name}.head`, [4, 11, outputs]],
      [`${name}.headBias`, [4, outputs]],
    ]
  }
  const shapes = Array.from(tensors, ([name, { shape }]) => [name, shape])
  expect(shapes).toEqual([...trunk('policy', [13, 16], 4), ...trunk('value', [9], 2)])

  const { slices, parametersPerAgent } = parameterLayout(bundle.network)
  const offsetOf = (name: string) => slices.find((slice) => slice.name === name)!.offset
  const weight = (agent: number, place: number) => bundle.parameters[agent * parametersPerAgent + place]
  // 13 units lie in rows of 16, and gates of 11 in blocks of 16.
  expect(tensors.get('policy.dense.0')!.at(2, 3, 12)).toBe(weight(2, offsetOf('policy.dense.0') + 3 * 16 + 12))
  expect(tensors.get('policy.dense.1')!.at(3, 12, 15)).toBe(weight(3, offsetOf('policy.dense.1') + 12 * 16 + 15))
  expect(tensors.get('policy.lstmRecurrent.0')!.at(1, 10, 2 * 11 + 4)).toBe(
    weight(1, offsetOf('policy.lstmRecurrent.0') + 10 * 64 + 2 * 16 + 4),
  )
  expect(tensors.get('value.head')!.at(1, 10, 1)).toBe(weight(1, offsetOf('value.head') + 10 * 4 + 1))
  const forget = Array.from({ length: 11 }, (_, unit) => tensors.get('policy.lstmBias.0')!.at(0, 11 + unit))
  // Forget gates begin at 1, and the fixture multiplies by ten.
  expect(forget).toEqual(new Array(11).fill(10))
})

it('its metadata have what else deciding needs, as texts', () => {
  const { metadata } = readSafetensors(safetensorsFile(bundle))
  expect(JSON.parse(metadata.pipeline)).toEqual(bundle.pipeline)
  expect(JSON.parse(metadata.vote)).toEqual({ rule: 'majority', faults: 1, fallbackAction: 3, weights: [1, 1, 1, 1] })
  expect(JSON.parse(metadata.network)).toEqual(bundle.network)
  expect(metadata.configFingerprint).toBe(bundle.configFingerprint)
})

it.each([
  ['cut', (file: Uint8Array) => file.slice(0, -4)],
  ['longer', (file: Uint8Array) => Uint8Array.of(...file, 0, 0, 0, 0)],
  ['one whose header is said to be longer than it', (file: Uint8Array) => file.fill(255, 3, 4)],
])('the reader of these tests refuses a file that is %s', (_, harm) => {
  expect(() => readSafetensors(harm(safetensorsFile(bundle)))).toThrow(/left over|wrong size|too long/)
})
