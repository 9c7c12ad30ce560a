import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { SMALL_TEAM } from '../team-fixture.ts'
import { createPortableEngine } from './portable-engine.ts'

describe('createPortableEngine', () => {
  it('says what runs', async () => {
    const engine = await createPortableEngine({ spec: SMALL_TEAM, threads: 2 })
    expect(engine).toMatchObject({ name: 'portable', backend: 'wasm', device: 'SIMD, 2 threads' })
    engine.dispose()
  })

  it.each([0, 65, 1.5, Number.NaN])('refuses %s threads', async (threads) => {
    await expect(createPortableEngine({ spec: SMALL_TEAM, threads })).rejects.toMatchObject({ code: 'SETTINGS' })
  })

  it('refuses a team that does not fit into a WebAssembly memory', async () => {
    const spec = { ...SMALL_TEAM, agentCount: 64, policyHidden: [2048, 2048, 2048] }
    await expect(createPortableEngine({ spec, threads: 1 })).rejects.toMatchObject({ code: 'MEMORY' })
  })

  // In processes of their own, to see them end.
  it('gives the same bytes with 1, 2 and 4 threads, silently, and lets the process end', () => {
    const outputs = [1, 2, 4].map((threads) => {
      const program = `
        import { createPortableEngine } from ${JSON.stringify(import.meta.resolve('./portable-engine.ts'))}
        import * as fixture from ${JSON.stringify(import.meta.resolve('../team-fixture.ts'))}
        import { createHash } from 'node:crypto'
        const spec = { ...fixture.SMALL_TEAM, policyHidden: [64, 64] }
        const engine = await createPortableEngine({ spec, threads: ${threads} })
        engine.loadParameters(fixture.randomParameters(spec, 1))
        const hash = createHash('sha256')
        for (let i = 0; i < 100; i++) {
          // Sizes that grow and shrink, with slices of several tiles and with empty ones.
          const size = [700, 1, 64, 1100][i % 4]
          const stats = await engine.update(fixture.randomMinibatch(spec, size, i), fixture.SETTINGS)
          const loss = await engine.supervisedUpdate(fixture.randomSupervisedBatch(spec, size, i), 1e-3)
          hash.update(JSON.stringify([stats, loss]))
        }
        const { firstMoment, secondMoment } = await engine.storeOptimiser()
        for (const part of [await engine.storeParameters(), firstMoment, secondMoment]) hash.update(part)
        console.log(hash.digest('hex'))
        engine.dispose()
      `
      const arguments_ = ['--input-type=module', '--eval', program]
      const { stdout, stderr, status } = spawnSync(process.execPath, arguments_, { encoding: 'utf8', timeout: 60_000 })
      expect([stderr, status]).toEqual(['', 0])
      return stdout
    })
    expect(outputs[0]).toMatch(/^[0-9a-f]{64}\n$/)
    expect(outputs).toEqual([outputs[0], outputs[0], outputs[0]])
  }, 120_000)
})
