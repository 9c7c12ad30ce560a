/**
 * The backend webgpu on the adapter of this machine; a software adapter will do. Where the packages or an adapter are
 * missing, the tests are skipped with the reason: docs/engines.md says how to get both.
 */
import { spawnSync } from 'node:child_process'
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { Engine } from '../engine.ts'
import { randomMinibatch, randomParameters, SETTINGS, SMALL_TEAM } from '../team-fixture.ts'
import { startBackend } from './backend.ts'
import { WHY_MISSING } from './optional-backend-fixture.ts'
import { isInstalled, WEBGPU_PACKAGES } from './optional-packages.ts'
import { createTfjsEngine } from './tfjs-engine.ts'

const MISSING = WHY_MISSING.webgpu

describe.skipIf(MISSING !== null)('webgpu', () => {
  it('says which adapter it runs on, and whether it is a GPU', async () => {
    const { name, device, isGpu } = await startBackend('webgpu')
    expect(name).toBe('webgpu')
    expect(device).toMatch(isGpu ? /^webgpu on \S.* \(GPU;/ : /^webgpu on \S.* \(software adapter, no GPU;/)
    // The same backend again, not a second device.
    expect(await startBackend('webgpu')).toEqual({ name, device, isGpu })
  })

  it('is what --engine=auto takes on a GPU, and only there', async () => {
    const present = (['tensorflow', 'webgpu'] as const).filter((name) => WHY_MISSING[name] === null)
    const started = await Promise.all(present.map((name) => startBackend(name)))
    const engine = await createEngine({ engine: 'auto', backend: 'auto', engineThreads: 1 }, SMALL_TEAM, null)
    expect(engine.name).toBe(started.some(({ isGpu }) => isGpu) ? 'tfjs' : 'portable')
    engine.dispose()
    const named = await createEngine({ engine: 'auto', backend: 'webgpu', engineThreads: 1 }, SMALL_TEAM, null)
    expect([named.name, named.backend]).toEqual(['tfjs', 'webgpu'])
    named.dispose()
  })

  // The last one: after it the device is not trusted any more.
  it('fails in the update in which the device reports an error, and from then on', async () => {
    const engine = await engineOnWebgpu()
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

  it.skipIf(MISSING !== null || process.platform !== 'linux')('names the driver that is missing', () => {
    expect(refusal({ VK_DRIVER_FILES: '/nowhere' })).toEqual({
      code: 'BACKEND_UNAVAILABLE',
      reason: expect.stringContaining('no adapter'),
      command: expect.stringContaining('mesa-vulkan-drivers'),
    })
  })
})

async function engineOnWebgpu(): Promise<Engine> {
  const engine = await createTfjsEngine({ spec: SMALL_TEAM, backend: 'webgpu' })
  engine.loadParameters(randomParameters(SMALL_TEAM, 1))
  return engine
}
