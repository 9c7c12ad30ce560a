/**
 * The backends that a user may add, against cpu. Where one is missing its tests are skipped, with the reason:
 * docs/engines.md says how to get it.
 */

import type { NetworkSpec } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import { describe, expect, it } from 'vitest'
import { ADAM } from '../adam-coefficients.ts'
import type { Engine } from '../engine.ts'
import {
  CONSTRAINED_TEAM,
  RECURRENT_TEAM,
  randomMinibatch,
  randomParameters,
  randomSupervisedBatch,
  SETTINGS,
  type Segments,
  SMALL_TEAM,
} from '../team.fixture.ts'
import type { BackendName } from './backend-names.ts'
import { WHY_MISSING } from './optional-backend.fixture.ts'
import { createTfjsEngine } from './tfjs-engine.ts'

const SPECS: Record<string, NetworkSpec> = {
  'critic and embedding': SMALL_TEAM,
  'no critic': { ...SMALL_TEAM, valueHidden: null },
  'no categorical columns': { ...SMALL_TEAM, vocabularySizes: [], policyHidden: [8] },
  'no dense inputs': { ...SMALL_TEAM, denseSize: 0, valueHidden: [8, 16] },
  'recurrent and layer-normed': RECURRENT_TEAM,
  'two specifications': CONSTRAINED_TEAM,
  'four agents, wide layers': { ...SMALL_TEAM, agentCount: 4, policyHidden: [64, 64], valueHidden: [64] },
}

const TEAMS: readonly (readonly [NetworkSpec, number | Segments])[] = [
  [SMALL_TEAM, 20],
  [RECURRENT_TEAM, { stepCount: 4, laneCount: 5 }],
]

describe.each(['tensorflow', 'webgpu'] as const)('%s', (backend) => {
  const missing = WHY_MISSING[backend]
  if (missing !== null) console.warn(`${backend} is not tested: ${missing}`)

  it.skipIf(missing !== null).each(Object.entries(SPECS))('has the gradients of cpu: %s', async (_, spec) => {
    for (const size of [1, 20, 100]) {
      const segments = spec.lstmHidden.length === 0 ? size : { stepCount: 16, laneCount: Math.ceil(size / 16) }
      const received = await gradients(backend, spec, segments)
      const cpu = await gradients('cpu', spec, segments)
      expect(largestDifference(received.ppo, cpu.ppo)).toBeLessThan(1e-5)
      expect(largestDifference(received.supervised, cpu.supervised)).toBeLessThan(1e-5)
    }
  })

  it.skipIf(missing !== null)('stays with cpu over twenty updates', async () => {
    for (const [spec, segments] of TEAMS) {
      const trained = async (name: BackendName) => {
        const engine = await engineWith(name, spec)
        for (let update = 0; update < 20; update++)
          await engine.update(randomMinibatch(spec, segments, update), SETTINGS)
        const parameters = await engine.storeParameters()
        engine.dispose()
        return parameters
      }
      const [received, cpu] = [await trained(backend), await trained('cpu')]
      expect(Math.max(...received.map((value, index) => Math.abs(value - cpu[index])))).toBeLessThan(1e-4)
      expect(received).not.toEqual(randomParameters(spec, 1))
    }
  })

  it.skipIf(missing !== null)('holds a constant number of tensors and bytes, and none after dispose', async () => {
    for (const [spec, segments] of TEAMS) {
      const before = tf.memory().numTensors
      const engine = await engineWith(backend, spec)
      const minibatch = randomMinibatch(spec, segments, 2)
      await engine.update(minibatch, SETTINGS)
      const { numTensors, numBytes } = tf.memory()
      for (let update = 0; update < 100; update++) await engine.update(minibatch, SETTINGS)
      expect(tf.memory()).toMatchObject({ numTensors, numBytes })
      engine.dispose()
      expect(tf.memory().numTensors).toBe(before)
    }
  })
})

async function engineWith(backend: BackendName, spec: NetworkSpec): Promise<Engine> {
  const engine = await createTfjsEngine({ spec, backend })
  engine.loadParameters(randomParameters(spec, 1))
  return engine
}

/** Gradients [A, P] of both losses, read from Adam's first moment after one step without clipping. */
async function gradients(backend: BackendName, spec: NetworkSpec, segments: number | Segments) {
  const firstGradient = async (update: (engine: Engine) => Promise<unknown>): Promise<Float32Array> => {
    const engine = await engineWith(backend, spec)
    await update(engine)
    const { firstMoment } = await engine.storeOptimiser()
    engine.dispose()
    return firstMoment.map((moment) => moment / (1 - ADAM.beta1))
  }
  const settings = { ...SETTINGS, maxGradNormPolicy: 1e6, maxGradNormValue: 1e6 }
  return {
    ppo: await firstGradient((engine) => engine.update(randomMinibatch(spec, segments, 3), settings)),
    supervised: await firstGradient((engine) =>
      engine.supervisedUpdate(randomSupervisedBatch(spec, segments, 4), 1e-3),
    ),
  }
}

/** Largest difference over the largest number expected. */
function largestDifference(received: Float32Array, expected: Float32Array): number {
  const scale = Math.max(...expected.map(Math.abs))
  expect(scale).toBeGreaterThan(0)
  return Math.max(...received.map((value, index) => Math.abs(value - expected[index]))) / scale
}
