import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import type { NetworkSpec } from '@vigil/policy-wasm'
import { tf } from '@vigil/tfjs'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../engine.ts'
import {
  CONSTRAINED_TEAM,
  RECURRENT_TEAM,
  randomMinibatch,
  randomParameters,
  randomSupervisedBatch,
  SETTINGS,
  SMALL_TEAM,
} from '../team.fixture.ts'
import type { BackendChoice } from './backend.ts'
import { createTfjsEngine } from './tfjs-engine.ts'

const SEGMENTS = { stepCount: 4, laneCount: 5 }

async function engineWith(
  spec: NetworkSpec,
  options: { backend?: BackendChoice; inputMask?: Uint8Array } = {},
): Promise<Engine> {
  const engine = await createTfjsEngine({ spec, backend: 'wasm', threads: 1, ...options })
  engine.loadParameters(randomParameters(spec, 1))
  return engine
}

describe.each([
  ['a feed-forward team', SMALL_TEAM],
  ['a recurrent, layer-normed team', RECURRENT_TEAM],
  ['a team with specifications', CONSTRAINED_TEAM],
])('update of %s', (_, spec) => {
  it('agrees on wasm and cpu over several updates', async () => {
    const engines = [await engineWith(spec), await engineWith(spec, { backend: 'cpu' })]
    for (let update = 0; update < 5; update++) {
      for (const engine of engines) await engine.update(randomMinibatch(spec, SEGMENTS, update), SETTINGS)
    }
    const [wasm, cpu] = await Promise.all(engines.map((engine) => engine.storeParameters()))
    expect(wasm.every((value, index) => Math.abs(value - cpu[index]) < 1e-5)).toBe(true)
    for (const engine of engines) engine.dispose()
  })

  it('holds a constant number of tensors, and none after dispose', async () => {
    const before = tf.memory().numTensors
    const inputMask = new Uint8Array(randomParameters(spec, 1).length).fill(1)
    const engine = await engineWith(spec, { inputMask })
    const minibatch = randomMinibatch(spec, SEGMENTS, 2)
    const batch = randomSupervisedBatch(spec, SEGMENTS, 2)
    await engine.update(minibatch, SETTINGS)
    const held = tf.memory().numTensors
    for (let update = 0; update < 100; update++) await engine.update(minibatch, SETTINGS)
    for (let update = 0; update < 10; update++) await engine.supervisedUpdate(batch, 1e-3)
    engine.loadParameters(await engine.storeParameters())
    engine.loadOptimiser(await engine.storeOptimiser())
    expect(tf.memory().numTensors).toBe(held)
    engine.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('refusals', () => {
  const require = createRequire(import.meta.url)
  const isInstalled = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'].some((name) => {
    try {
      return require.resolve(name).length > 0
    } catch {
      return false
    }
  })
  it.skipIf(isInstalled)('names the command that installs a backend; auto falls back to wasm', async () => {
    await expect(createTfjsEngine({ spec: SMALL_TEAM, backend: 'tensorflow' })).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining('npm install --no-save @tensorflow/tfjs-node@4.22.0'),
    })
    const engine = await createTfjsEngine({ spec: SMALL_TEAM, backend: 'auto', threads: 1 })
    expect(engine.backend).toBe('wasm')
    engine.dispose()
  })

  it('refuses a number of threads that the wasm build does not have', async () => {
    const options = { spec: SMALL_TEAM, backend: 'wasm', threads: 9 } as const
    await expect(createTfjsEngine(options)).rejects.toMatchObject({ code: 'SETTINGS' })
  })
})

describe('threads of the wasm backend', () => {
  // In processes of their own: a process starts the backend once.
  const run = (threads: number) => {
    const program = `
      import { createTfjsEngine } from ${JSON.stringify(import.meta.resolve('./tfjs-engine.ts'))}
      import * as fixture from ${JSON.stringify(import.meta.resolve('../team.fixture.ts'))}
      import { createHash } from 'node:crypto'
      const spec = { ...fixture.RECURRENT_TEAM, policyHidden: [64, 64], lstmHidden: [64] }
      const engine = await createTfjsEngine({ spec, backend: 'wasm', threads: ${threads} })
      engine.loadParameters(fixture.randomParameters(spec, 1))
      for (let i = 0; i < 3; i++) await engine.update(fixture.randomMinibatch(spec, { stepCount: 2, laneCount: 350 }, i), fixture.SETTINGS)
      console.log(engine.device, createHash('sha256').update(await engine.storeParameters()).digest('hex'))
    `
    return spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      timeout: 60_000,
    })
  }

  it('gives the same bytes with one and two, silently, and lets the process end', () => {
    const one = run(1)
    const two = run(2)
    expect([one.stderr, two.stderr, one.status, two.status]).toEqual(['', '', 0, 0])
    expect(one.stdout).toMatch(/^wasm SIMD, 1 thread [0-9a-f]{64}\n$/)
    expect(two.stdout).toBe(one.stdout.replace('1 thread', '2 threads'))
  }, 120_000)
})
