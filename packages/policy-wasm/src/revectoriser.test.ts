import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { switchRevectoriserOn, tryRevectoriser, vectorsInWords } from './revectoriser.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-revectoriser-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

describe('the trial of the revectoriser', () => {
  it.each([
    ['crashes', 'process.abort()', { isOn: false, reason: "V8's revectoriser crashed in a trial" }],
    ['fails', 'process.exit(1)', { isOn: false, reason: "V8's revectoriser could not be tried" }],
    [
      'finds other bits',
      `process.stdout.write('{"isEqual":false,"speedUp":1.8}')`,
      { isOn: false, reason: "V8's revectoriser gave other bits in a trial" },
    ],
    ['gains nothing', `process.stdout.write('{"isEqual":true,"speedUp":1.02}')`, { isOn: false, reason: null }],
    ['gains much', `process.stdout.write('{"isEqual":true,"speedUp":1.8}')`, { isOn: true, reason: null }],
  ])('that %s decides on it', async (_, program, expected) => {
    const file = join(folder, 'trial.mjs')
    writeFileSync(file, program)
    expect(await tryRevectoriser(pathToFileURL(file))).toEqual(expected)
  })

  it('finds the same bits of every register block here, without and with it', async () => {
    expect((await tryRevectoriser()).reason).toBeNull()
  })
})

it('is left off by VIGIL_REVECTORISE=off, in words too', async () => {
  vi.stubEnv('VIGIL_REVECTORISE', 'off')
  const revectoriser = await switchRevectoriserOn()
  expect(revectoriser.isOn).toBe(false)
  expect(vectorsInWords(revectoriser)).toBe('SIMD of 128 bits (VIGIL_REVECTORISE=off)')
  expect(vectorsInWords({ isOn: true, reason: null })).toBe('SIMD of 256 bits')
})

// In processes of their own, because V8's flags are those of a process.
it('leaves all that acting computes as it is, to the bit', () => {
  const program = `
    import { createHash } from 'node:crypto'
    import { createForwardPass } from ${JSON.stringify(import.meta.resolve('./forward.fixture.ts'))}
    import { initialiseParameters } from ${JSON.stringify(import.meta.resolve('./initialisation.ts'))}
    const feedForward = { agentCount: 2, denseSize: 7, vocabularySizes: [5, 3], policyHidden: [112, 40], valueHidden: [13],
      layerNorm: false, lstmHidden: [], constraintCount: 2 }
    const recurrent = { ...feedForward, layerNorm: true, lstmHidden: [32, 20], constraintCount: 0 }
    const hash = createHash('sha256')
    const pass = await createForwardPass()
    for (const spec of [feedForward, recurrent]) {
      const parameters = initialiseParameters(spec, 1).map((value, index) => value + Math.sin(index) / 8)
      for (const rows of [1, 3, 64, 70]) {
        const dense = Float32Array.from({ length: 7 * rows }, (_, index) => Math.sin(index * 1.7))
        const categories = Uint16Array.from({ length: 2 * rows }, (_, index) => index % 3)
        const { values, probabilities, recurrentState } = pass({ spec, parameters, inputs: { rows, dense, categories } })
        for (const part of [values, probabilities, recurrentState]) hash.update(part)
      }
    }
    console.log(hash.digest('hex'))
  `
  const outputs = ['on', 'off'].map((VIGIL_REVECTORISE) => {
    // The optimising compiler alone, which is what packs vectors.
    const arguments_ = ['--no-liftoff', '--input-type=module', '--eval', program]
    const env = { ...process.env, VIGIL_REVECTORISE }
    const { stdout, stderr, status } = spawnSync(process.execPath, arguments_, {
      encoding: 'utf8',
      timeout: 60_000,
      env,
    })
    expect([stderr, status]).toEqual(['', 0])
    return stdout
  })
  expect(outputs[0]).toMatch(/^[0-9a-f]{64}\n$/)
  expect(outputs[1]).toBe(outputs[0])
}, 120_000)
