import { createHash } from 'node:crypto'
import { type Family, loadNativeKernels } from '@vigil/engine-native'
import type { NetworkSpec } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import { createPortableEngine } from '../portable/portable-engine.ts'
import {
  randomDirect,
  randomMinibatch,
  randomParameters,
  randomSupervisedBatch,
  SETTINGS,
  type Segments,
  SMALL_TEAM,
} from '../team.fixture.ts'
import { createNativeEngine } from './native-engine.ts'

const native = loadNativeKernels()
// packages/engine-native fails its own test where a compiler is and the add-on is not.
const families: readonly Family[] = typeof native === 'string' ? [] : native.families
const name = typeof native === 'string' ? `createNativeEngine (skipped: ${native})` : 'createNativeEngine'

const WIDE: NetworkSpec = { ...SMALL_TEAM, policyHidden: [72, 40], valueHidden: [24], constraintCount: 3 }
const RECURRENT: NetworkSpec = { ...WIDE, policyHidden: [30], layerNorm: true, lstmHidden: [20, 9], constraintCount: 1 }
const segments = (stepCount: number, laneCount: number): Segments => ({ stepCount, laneCount })
/** Sizes that grow and shrink, with slices of several tiles and with empty ones. */
const COURSES: readonly (readonly [NetworkSpec, readonly (number | Segments)[]])[] = [
  [WIDE, [700, 1, 64, 1100]],
  [RECURRENT, [segments(16, 40), segments(1, 1), segments(3, 600), segments(90, 5)]],
]

/** Of parameters, moments and statistics after updates of both kinds. */
async function hashOf(create: (spec: NetworkSpec) => ReturnType<typeof createNativeEngine>): Promise<string> {
  const hash = createHash('sha256')
  for (const [spec, shapes] of COURSES) {
    const engine = create(spec)
    engine.loadParameters(randomParameters(spec, 1))
    for (const [index, shape] of [...shapes, ...shapes].entries()) {
      const minibatch = randomMinibatch(spec, shape, index)
      const direct = index % 2 === 0 ? null : randomDirect(spec, minibatch.size, index)
      const stats = await engine.update({ ...minibatch, direct }, SETTINGS)
      const loss = await engine.supervisedUpdate(randomSupervisedBatch(spec, shape, index), 1e-3)
      hash.update(JSON.stringify([stats, loss]))
    }
    const { firstMoment, secondMoment } = await engine.storeOptimiser()
    for (const part of [await engine.storeParameters(), firstMoment, secondMoment]) hash.update(part)
    engine.dispose()
  }
  return hash.digest('hex')
}

describe.skipIf(families.length === 0)(name, () => {
  it('says what runs', () => {
    const engine = createNativeEngine({ spec: SMALL_TEAM, threads: 2, family: 'portable-c' })
    expect(engine).toMatchObject({
      name: 'native',
      backend: 'portable-c',
      device: expect.stringMatching(/, 2 threads$/),
    })
    engine.dispose()
  })

  it.each(families)('gives the same bytes with 1, 2 and 4 threads: %s', async (family) => {
    const hashes = [1, 2, 4].map((threads) => hashOf((spec) => createNativeEngine({ spec, threads, family })))
    const [one, ...others] = await Promise.all(hashes)
    expect(others).toEqual([one, one])
  })

  it.skipIf(!(families.includes('avx2') && families.includes('avx512')))(
    'gives the same bytes with AVX2 and with AVX-512, and others without a fused multiply-add',
    async () => {
      const of = (family: Family) => hashOf((spec) => createNativeEngine({ spec, threads: 1, family }))
      const [short, long, portable] = await Promise.all([of('avx2'), of('avx512'), of('portable-c')])
      expect(long).toBe(short)
      expect(portable).not.toBe(short)
    },
  )

  it('learns what the portable engine learns, with the best family', async () => {
    for (const [spec, shapes] of COURSES) {
      const engines = [await createPortableEngine({ spec, threads: 1 }), createNativeEngine({ spec, threads: 2 })]
      for (const engine of engines) {
        engine.loadParameters(randomParameters(spec, 1))
        for (const [index, shape] of shapes.entries())
          await engine.update(randomMinibatch(spec, shape, index), SETTINGS)
      }
      const [expected, received] = await Promise.all(engines.map((engine) => engine.storeParameters()))
      expect(Math.max(...received.map((value, at) => Math.abs(value - expected[at])))).toBeLessThan(1e-6)
      for (const engine of engines) engine.dispose()
    }
  })

  it.each(families)(
    'makes numbers below the normal ones zero, with which updates would take many times as long: %s',
    async (family) => {
      const engine = createNativeEngine({ spec: WIDE, threads: 2, family })
      engine.loadParameters(randomParameters(WIDE, 1))
      const { firstMoment, secondMoment, ...rest } = await engine.storeOptimiser()
      engine.loadOptimiser({ ...rest, firstMoment: firstMoment.fill(1e-39), secondMoment: secondMoment.fill(1e-39) })
      await engine.update(randomMinibatch(WIDE, 1, 1), SETTINGS)
      const after = await engine.storeOptimiser()
      const isSubnormal = (value: number) => value !== 0 && Math.abs(value) < 2 ** -126
      expect([...after.firstMoment, ...after.secondMoment].filter(isSubnormal)).toEqual([])
      // The calling thread took part, and counts with such numbers as before.
      const [least, scale] = new Float64Array([Number.MIN_VALUE, 2 ** 60])
      expect(least * scale).toBe(2 ** (60 - 1074))
      engine.dispose()
    },
  )

  it.each([0, 65, 1.5, Number.NaN])('refuses %s threads', (threads) => {
    expect(() => createNativeEngine({ spec: SMALL_TEAM, threads })).toThrow(
      expect.objectContaining({ code: 'SETTINGS' }),
    )
  })

  it('refuses a family that the processor does not have, and names the way out', () => {
    const family = families.includes('neon') ? 'avx2' : 'neon'
    expect(() => createNativeEngine({ spec: SMALL_TEAM, threads: 1, family })).toThrow(
      expect.objectContaining({ code: 'BACKEND_UNAVAILABLE', message: expect.stringMatching(/--engine=portable/) }),
    )
  })

  it('refuses segments that do not fit into the memory, and goes on with shorter ones', async () => {
    const spec = { ...SMALL_TEAM, policyHidden: [256], valueHidden: null, lstmHidden: [256] }
    const engine = createNativeEngine({ spec, threads: 1 })
    const untroubled = createNativeEngine({ spec, threads: 1 })
    for (const each of [engine, untroubled]) each.loadParameters(randomParameters(spec, 1))
    const long = randomMinibatch(spec, segments(120_000, 1), 2)
    await expect(engine.update(long, SETTINGS)).rejects.toMatchObject({ code: 'MEMORY' })
    const minibatch = randomMinibatch(spec, segments(7, 9), 2)
    expect(await engine.update(minibatch, SETTINGS)).toEqual(await untroubled.update(minibatch, SETTINGS))
    expect(await engine.storeParameters()).toEqual(await untroubled.storeParameters())
    for (const each of [engine, untroubled]) each.dispose()
  })
})
