/**
 * The backend webgpu on the adapter of this machine; a software adapter will do. Where the packages or an adapter are
 * missing, the tests are skipped with the reason: docs/engines.md says how to get both.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tf } from '@vigil/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../create-engine.ts'
import type { Engine } from '../engine.ts'
import { hasNativeEngine } from '../native/native-engine.ts'
import { randomMinibatch, randomParameters, SETTINGS, SMALL_TEAM } from '../team.fixture.ts'
import { startBackend } from './backend.ts'
import { WHY_MISSING } from './optional-backend.fixture.ts'
import { isInstalled, TENSORFLOW_PACKAGES, WEBGPU_PACKAGES } from './optional-packages.ts'
import { createTfjsEngine } from './tfjs-engine.ts'

const MISSING = WHY_MISSING.webgpu

/** What `auto` takes where there is no card. */
const onCores = hasNativeEngine() ? 'native' : 'portable'

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
    const engine = await createEngine(
      { engine: 'auto', backend: 'auto', engineThreads: 1, minibatchSize: 16_384, rolloutSteps: 1 },
      SMALL_TEAM,
      null,
    )
    expect(engine.name).toBe(started.some(({ isGpu }) => isGpu) ? 'tfjs' : onCores)
    engine.dispose()
    const named = await createEngine(
      { engine: 'auto', backend: 'webgpu', engineThreads: 1, minibatchSize: 16_384, rolloutSteps: 1 },
      SMALL_TEAM,
      null,
    )
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

/** A program that says why webgpu does not start. */
const START = `
  import { startBackend } from ${JSON.stringify(new URL('backend.ts', import.meta.url).href)}
  await startBackend('webgpu').catch(({ code, reason, command }) => console.log(JSON.stringify({ code, reason, command })))
`

describe('webgpu that cannot start', () => {
  const refusal = (environment: NodeJS.ProcessEnv = {}) => {
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', START], {
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

describe('webgpu whose device cannot be created', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vigil-webgpu-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** Puts packages in the place of the real ones whose Dawn fails as a driver makes it fail, here at one of its steps. */
  const outcomeWith = (
    failing: 'create' | 'requestAdapter' | 'requestDevice' | 'backend',
    program: string,
  ): unknown => {
    const fail = (step: string, otherwise: string) =>
      step === failing ? "throw new DOMException('out of handles.\\nmore', 'OperationError')" : otherwise
    const dawn = `
      export const globals = {}
      export const create = () => { ${fail('create', 'return { requestAdapter }')} }
      const requestAdapter = async () => { ${fail('requestAdapter', 'return { limits: {}, info: {}, requestDevice }')} }
      const requestDevice = async () => { ${fail('requestDevice', 'return {}')} }
    `
    const kernels = `export class WebGPUBackend { constructor() { ${fail('backend', '')} } }`
    const files = { webgpu: join(folder, 'dawn.mjs'), '@tensorflow/tfjs-backend-webgpu': join(folder, 'kernels.mjs') }
    writeFileSync(files.webgpu, dawn)
    writeFileSync(files['@tensorflow/tfjs-backend-webgpu'], kernels)
    const hook = join(folder, 'hook.mjs')
    writeFileSync(
      hook,
      `import { registerHooks } from 'node:module'
       import { pathToFileURL } from 'node:url'
       const files = ${JSON.stringify(files)}
       registerHooks({ resolve: (name, context, next) =>
         name in files ? { url: pathToFileURL(files[name]).href, shortCircuit: true } : next(name, context) })`,
    )
    const child = spawnSync(process.execPath, [`--import=${hook}`, '--input-type=module', '--eval', program], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    })
    expect(child.stderr).toBe('')
    return JSON.parse(child.stdout)
  }

  it.each(['create', 'requestAdapter', 'requestDevice', 'backend'] as const)('is not available: %s', (step) => {
    expect(outcomeWith(step, START)).toEqual({
      code: 'BACKEND_UNAVAILABLE',
      reason: 'Dawn gives no device: out of handles',
      command: expect.stringContaining('mesa-vulkan-drivers'),
    })
  })

  it.skipIf(TENSORFLOW_PACKAGES.some(isInstalled))('leaves --engine=auto the engines of the cores', () => {
    const program = `
      import { createEngine } from ${JSON.stringify(import.meta.resolve('../create-engine.ts'))}
      import { SMALL_TEAM } from ${JSON.stringify(import.meta.resolve('../team.fixture.ts'))}
      const engine = await createEngine({ engine: 'auto', backend: 'auto', engineThreads: 1, minibatchSize: 16384, rolloutSteps: 1 }, SMALL_TEAM, null)
      console.log(JSON.stringify(engine.name))
      engine.dispose()
    `
    expect(outcomeWith('requestDevice', program)).toBe(onCores)
  })
})

async function engineOnWebgpu(): Promise<Engine> {
  const engine = await createTfjsEngine({ spec: SMALL_TEAM, backend: 'webgpu' })
  engine.loadParameters(randomParameters(SMALL_TEAM, 1))
  return engine
}
