/**
 * The backend webgpu on the adapter of this machine; a software adapter will do. Where the packages or an adapter are
 * missing, the tests are skipped with the reason: docs/engines.md says how to get both.
 */
import { spawnSync } from 'node:child_process'
import * as tf from '@tensorflow/tfjs'
import type { NetworkSpec } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import { ADAM } from '../adam-coefficients.ts'
import { createEngine } from '../create-engine.ts'
import type { Engine } from '../engine.ts'
import { randomMinibatch, randomParameters, randomSupervisedBatch, SETTINGS, SMALL_TEAM } from '../team-fixture.ts'
import { startBackend } from './backend.ts'
import { isInstalled, WEBGPU_PACKAGES } from './optional-packages.ts'
import { createTfjsEngine } from './tfjs-engine.ts'
import { WEBGPU_MISSING } from './webgpu-fixture.ts'

if (WEBGPU_MISSING !== null) console.warn(`webgpu is not tested: ${WEBGPU_MISSING}`)

const SPECS: Record<string, NetworkSpec> = {
  'critic and embedding': SMALL_TEAM,
  'no critic': { ...SMALL_TEAM, valueHidden: null },
  'no categorical columns': { ...SMALL_TEAM, vocabularySizes: [], policyHidden: [8] },
  'no dense inputs': { ...SMALL_TEAM, denseSize: 0, valueHidden: [8, 16] },
  'four agents, wide layers': { ...SMALL_TEAM, agentCount: 4, policyHidden: [64, 64], valueHidden: [64] },
}

describe.skipIf(WEBGPU_MISSING !== null)('webgpu', () => {
  it('says which adapter it runs on, and whether it is a GPU', async () => {
    const { name, device, isGpu } = await startBackend('webgpu')
    expect(name).toBe('webgpu')
    expect(device).toMatch(isGpu ? /^webgpu on \S.* \(GPU;/ : /^webgpu on \S.* \(software adapter, no GPU;/)
    // The same backend again, not a second device.
    expect(await startBackend('webgpu')).toEqual({ name, device, isGpu })
  })

  it.each(Object.entries(SPECS))('has the gradients of cpu: %s', async (_, spec) => {
    for (const size of [1, 20, 100]) {
      const webgpu = await gradients('webgpu', spec, size)
      const cpu = await gradients('cpu', spec, size)
      expect(largestDifference(webgpu.ppo, cpu.ppo)).toBeLessThan(1e-5)
      expect(largestDifference(webgpu.supervised, cpu.supervised)).toBeLessThan(1e-5)
    }
  })

  it('stays with cpu over twenty updates', async () => {
    const trained = async (backend: 'webgpu' | 'cpu') => {
      const engine = await engineWith(backend, SMALL_TEAM)
      for (let update = 0; update < 20; update++) await engine.update(randomMinibatch(SMALL_TEAM, 20, update), SETTINGS)
      const parameters = await engine.storeParameters()
      engine.dispose()
      return parameters
    }
    const [webgpu, cpu] = [await trained('webgpu'), await trained('cpu')]
    expect(Math.max(...webgpu.map((value, index) => Math.abs(value - cpu[index])))).toBeLessThan(1e-4)
    expect(webgpu).not.toEqual(randomParameters(SMALL_TEAM, 1))
  })

  it('holds a constant number of tensors and bytes, and none after dispose', async () => {
    await startBackend('webgpu')
    const before = tf.memory().numTensors
    const engine = await engineWith('webgpu', SMALL_TEAM)
    const minibatch = randomMinibatch(SMALL_TEAM, 20, 2)
    await engine.update(minibatch, SETTINGS)
    const { numTensors, numBytes } = tf.memory()
    for (let update = 0; update < 100; update++) await engine.update(minibatch, SETTINGS)
    expect(tf.memory()).toMatchObject({ numTensors, numBytes })
    engine.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('is what --engine=auto takes on a GPU, and only there', async () => {
    const { isGpu } = await startBackend('webgpu')
    const engine = await createEngine({ engine: 'auto', backend: 'auto', engineThreads: 1 }, SMALL_TEAM, null)
    expect(engine.name).toBe(isGpu ? 'tfjs' : 'portable')
    engine.dispose()
    const named = await createEngine({ engine: 'auto', backend: 'webgpu', engineThreads: 1 }, SMALL_TEAM, null)
    expect([named.name, named.backend]).toEqual(['tfjs', 'webgpu'])
    named.dispose()
  })

  // The last one: after it the device is not trusted any more.
  it('fails in the update in which the device reports an error, and from then on', async () => {
    const engine = await engineWith('webgpu', SMALL_TEAM)
    const minibatch = randomMinibatch(SMALL_TEAM, 20, 2)
    await engine.update(minibatch, SETTINGS)
    const failure = { code: 'DEVICE_FAILED', message: expect.stringContaining('storage buffers') }
    const update = engine.update(minibatch, SETTINGS)
    // More inputs than a shader may bind: nothing throws here, and the sum would read as zeros.
    tf.addN(Array.from({ length: 40 }, () => tf.fill([300, 300], 1))).dispose()
    await expect(update).rejects.toMatchObject(failure)
    await expect(engine.update(minibatch, SETTINGS)).rejects.toMatchObject(failure)
    await expect(engine.storeParameters()).rejects.toMatchObject(failure)
  })
})

describe('webgpu that cannot start', () => {
  const start = `
    import { startBackend } from ${JSON.stringify(new URL('backend.ts', import.meta.url).href)}
    await startBackend('webgpu').catch(({ code, reason, command }) => console.log(JSON.stringify({ code, reason, command })))
  `
  const refusal = (environment: NodeJS.ProcessEnv = {}) => {
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', start], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    })
    return JSON.parse(child.stdout) as unknown
  }

  it.skipIf(WEBGPU_PACKAGES.some(isInstalled))('names the packages and the command that installs both', () => {
    expect(refusal()).toEqual({
      code: 'BACKEND_UNAVAILABLE',
      reason: 'webgpu and @tensorflow/tfjs-backend-webgpu are not installed',
      command: expect.stringMatching(
        /^npm install --no-save .*webgpu@0\.6\.2 @tensorflow\/tfjs-backend-webgpu@4\.22\.0$/,
      ),
    })
  })

  it.skipIf(WEBGPU_MISSING !== null || process.platform !== 'linux')('names the driver that is missing', () => {
    expect(refusal({ VK_DRIVER_FILES: '/nowhere' })).toEqual({
      code: 'BACKEND_UNAVAILABLE',
      reason: expect.stringContaining('no adapter'),
      command: expect.stringContaining('mesa-vulkan-drivers'),
    })
  })
})

async function engineWith(backend: 'webgpu' | 'cpu', spec: NetworkSpec): Promise<Engine> {
  const engine = await createTfjsEngine({ spec, backend })
  engine.loadParameters(randomParameters(spec, 1))
  return engine
}

/** Gradients [A, P] of both losses, read from Adam's first moment after one step without clipping. */
async function gradients(backend: 'webgpu' | 'cpu', spec: NetworkSpec, size: number) {
  const firstGradient = async (update: (engine: Engine) => Promise<unknown>): Promise<Float32Array> => {
    const engine = await engineWith(backend, spec)
    await update(engine)
    const { firstMoment } = await engine.storeOptimiser()
    engine.dispose()
    return firstMoment.map((moment) => moment / (1 - ADAM.beta1))
  }
  const settings = { ...SETTINGS, maxGradNormPolicy: 1e6, maxGradNormValue: 1e6 }
  return {
    ppo: await firstGradient((engine) => engine.update(randomMinibatch(spec, size, 3), settings)),
    supervised: await firstGradient((engine) => engine.supervisedUpdate(randomSupervisedBatch(spec, size, 4), 1e-3)),
  }
}

/** Largest difference over the largest number expected. */
function largestDifference(received: Float32Array, expected: Float32Array): number {
  const scale = Math.max(...expected.map(Math.abs))
  expect(scale).toBeGreaterThan(0)
  return Math.max(...received.map((value, index) => Math.abs(value - expected[index]))) / scale
}
