import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { randomMinibatch, randomParameters, SETTINGS, SMALL_TEAM } from '../team.fixture.ts'
import { createPortableEngine } from './portable-engine.ts'

describe('createPortableEngine', () => {
  it('says what runs', async () => {
    const engine = await createPortableEngine({ spec: SMALL_TEAM, threads: 2 })
    const device = expect.stringMatching(/^SIMD of (128|256) bits.*, 2 threads$/)
    expect(engine).toMatchObject({ name: 'portable', backend: 'wasm', device })
    engine.dispose()
  })

  it.each([0, 65, 1.5, Number.NaN])('refuses %s threads', async (threads) => {
    await expect(createPortableEngine({ spec: SMALL_TEAM, threads })).rejects.toMatchObject({ code: 'SETTINGS' })
  })

  it('refuses a team that does not fit into a WebAssembly memory', async () => {
    const spec = { ...SMALL_TEAM, agentCount: 64, policyHidden: [2048, 2048, 2048] }
    await expect(createPortableEngine({ spec, threads: 1 })).rejects.toMatchObject({
      code: 'MEMORY',
      message: expect.stringMatching(/smaller network or fewer agents\.$/),
    })
  })

  it('refuses segments that do not fit when it is created, naming what decides on them', async () => {
    const spec = { ...SMALL_TEAM, policyHidden: [256], valueHidden: null, lstmHidden: [256] }
    await expect(createPortableEngine({ spec, threads: 2, stepCount: 120_000 })).rejects.toMatchObject({
      code: 'MEMORY',
      message: expect.stringMatching(/fewer threads \(engineThreads, here 2\), .*\(rolloutSteps, here 120000\)/),
    })
  })

  it('refuses segments that do not fit into a WebAssembly memory, and goes on with shorter ones', async () => {
    const spec = { ...SMALL_TEAM, policyHidden: [256], valueHidden: null, lstmHidden: [256] }
    const parameters = randomParameters(spec, 1)
    const minibatch = randomMinibatch(spec, { stepCount: 7, laneCount: 9 }, 2)
    const engines = [await createPortableEngine({ spec, threads: 1 }), await createPortableEngine({ spec, threads: 1 })]
    for (const engine of engines) engine.loadParameters(parameters)
    const [engine, untroubled] = engines
    const long = randomMinibatch(spec, { stepCount: 120_000, laneCount: 1 }, 2)
    await expect(engine.update(long, SETTINGS)).rejects.toMatchObject({ code: 'MEMORY' })
    expect(await engine.update(minibatch, SETTINGS)).toEqual(await untroubled.update(minibatch, SETTINGS))
    expect(await engine.storeParameters()).toEqual(await untroubled.storeParameters())
    for (const each of engines) each.dispose()
  })

  it('keeps no subnormal numbers, with which processors compute a hundred times more slowly', async () => {
    const parameters = randomParameters(SMALL_TEAM, 1)
    const minibatch = randomMinibatch(SMALL_TEAM, 50, 2)
    // What is learnt is next to nothing: gradients of 1e-25, whose squares no single number holds.
    const faint = { ...minibatch, advantages: minibatch.advantages.map((value) => 1e-25 * value) }
    const settings = { ...SETTINGS, entropyCoef: 0, valueCoef: 1e-25 }
    const momentsFrom = async (moment: number) => {
      const engine = await createPortableEngine({ spec: SMALL_TEAM, threads: 1 })
      engine.loadParameters(parameters)
      const { firstMoment, secondMoment } = await engine.storeOptimiser()
      engine.loadOptimiser({ step: 9, firstMoment: firstMoment.fill(moment), secondMoment: secondMoment.fill(moment) })
      await engine.update(faint, settings)
      const after = await engine.storeOptimiser()
      engine.dispose()
      return after
    }
    const none = new Set([0])
    for (const moment of [0, 1e-39, 2 ** -126]) {
      const { firstMoment, secondMoment } = await momentsFrom(moment)
      expect([new Set(firstMoment), new Set(secondMoment)]).toEqual([none, none])
    }
    // A million times above, they fade as ever.
    const { firstMoment, secondMoment } = await momentsFrom(1e-29)
    const [first, second] = [Math.fround(1e-29) * Math.fround(0.9), Math.fround(1e-29) * Math.fround(0.999)]
    expect([new Set(firstMoment), new Set(secondMoment)]).toEqual([
      new Set([Math.fround(first)]),
      new Set([Math.fround(second)]),
    ])
  })

  it('does not make a number of what is none', async () => {
    const engine = await createPortableEngine({ spec: SMALL_TEAM, threads: 1 })
    engine.loadParameters(randomParameters(SMALL_TEAM, 1))
    const { firstMoment, secondMoment } = await engine.storeOptimiser()
    firstMoment[0] = Number.NaN
    secondMoment[1] = Number.POSITIVE_INFINITY
    engine.loadOptimiser({ step: 1, firstMoment, secondMoment })
    await engine.update(randomMinibatch(SMALL_TEAM, 8, 2), SETTINGS)
    const after = await engine.storeOptimiser()
    expect([after.firstMoment[0], after.secondMoment[1]]).toEqual([Number.NaN, Number.POSITIVE_INFINITY])
    engine.dispose()
  })

  // In processes of their own, to see them end.
  it('gives the same bytes with 1, 2 and 4 threads, without the revectoriser too, silently, and lets the process end', () => {
    const runs = [
      [1, 'on'],
      [2, 'on'],
      [4, 'on'],
      [2, 'off'],
    ] as const
    const outputs = runs.map(([threads, revectorise]) => {
      const program = `
        import { createPortableEngine } from ${JSON.stringify(import.meta.resolve('./portable-engine.ts'))}
        import * as fixture from ${JSON.stringify(import.meta.resolve('../team.fixture.ts'))}
        import { createHash } from 'node:crypto'
        const hash = createHash('sha256')
        const learn = async (spec, shapes, updates) => {
          const engine = await createPortableEngine({ spec, threads: ${threads} })
          engine.loadParameters(fixture.randomParameters(spec, 1))
          for (let i = 0; i < updates; i++) {
            const shape = shapes[i % shapes.length]
            const minibatch = fixture.randomMinibatch(spec, shape, i)
            const direct = i % 2 === 0 ? null : fixture.randomDirect(spec, minibatch.size, i)
            const stats = await engine.update({ ...minibatch, direct }, fixture.SETTINGS)
            const loss = await engine.supervisedUpdate(fixture.randomSupervisedBatch(spec, shape, i), 1e-3)
            hash.update(JSON.stringify([stats, loss]))
          }
          const { firstMoment, secondMoment } = await engine.storeOptimiser()
          for (const part of [await engine.storeParameters(), firstMoment, secondMoment]) hash.update(part)
          engine.dispose()
        }
        // Sizes that grow and shrink, with slices of several tiles and with empty ones.
        const spec = { ...fixture.SMALL_TEAM, policyHidden: [64, 64] }
        await learn(spec, [700, 1, 64, 1100], 16)
        await learn({ ...spec, constraintCount: 3 }, [700, 1, 64, 1100], 12)
        const recurrent = { ...spec, policyHidden: [30], layerNorm: true, lstmHidden: [20, 9], constraintCount: 1 }
        const segments = [[16, 40], [1, 1], [3, 600], [90, 5]].map(([stepCount, laneCount]) => ({ stepCount, laneCount }))
        await learn(recurrent, segments, 12)
        console.log(hash.digest('hex'))
      `
      // The optimising compiler alone, which is what packs vectors.
      const arguments_ = ['--no-liftoff', '--input-type=module', '--eval', program]
      const env = { ...process.env, VIGIL_REVECTORISE: revectorise }
      const options = { encoding: 'utf8', timeout: 60_000, env } as const
      const { stdout, stderr, status } = spawnSync(process.execPath, arguments_, options)
      expect([stderr, status]).toEqual(['', 0])
      return stdout
    })
    expect(outputs[0]).toMatch(/^[0-9a-f]{64}\n$/)
    expect(outputs).toEqual(outputs.map(() => outputs[0]))
  }, 120_000)
})
