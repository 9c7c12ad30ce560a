import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts'

const SIZES = { parameterCount: 3, multiplierCount: 1, laneCount: 3, historyLength: 2 }
const EXPECTED = { fingerprintAt: () => 'a'.repeat(64), datasetFingerprint: 'b'.repeat(64), sizes: SIZES }

const checkpoint: Checkpoint = {
  iteration: 12,
  envSteps: 98_304,
  passes: 24,
  metricsSha256: 'c'.repeat(64),
  configFingerprint: EXPECTED.fingerprintAt(),
  datasetFingerprint: EXPECTED.datasetFingerprint,
  engine: 'tfjs wasm',
  normaliser: { kind: 'running', count: 5, mean: 0.1 + 0.2, m2: 1 / 3 },
  multipliers: [{ value: 0.1 + 0.2, integral: 1 / 3, violatedRate: 0.07 }],
  history: Uint8Array.of(0, 7, 3),
  best: { iteration: 10, shortfall: 0.01, rewardMean: 1.25 },
  parameters: Float32Array.of(1, -2.5, 3e-8),
  optimiser: { step: 192, firstMoment: Float32Array.of(0.5, 0, -0.5), secondMoment: Float32Array.of(1, 2, 3) },
  acting: {
    policyVersion: 11,
    parameters: Float32Array.of(0.25, -2, 4e-8),
    normaliser: { kind: 'running', count: 4, mean: 0.1, m2: 2 / 3 },
  },
  lanes: Uint8Array.of(9, 8, 7, 6, 5),
}

describe('checkpoint', () => {
  it('comes back exactly as it was written', () => {
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint), EXPECTED, 'latest')).toEqual(checkpoint)
    const fresh = { ...checkpoint, best: null, acting: null }
    expect(decodeCheckpoint(encodeCheckpoint(fresh), EXPECTED, 'latest')).toEqual(fresh)
  })

  it('is asked for the settings of its own iteration, and for none or no data where it is said', () => {
    const bytes = encodeCheckpoint(checkpoint)
    const fingerprintAt = (iteration: number) => (iteration === 12 ? 'a' : 'd').repeat(64)
    expect(decodeCheckpoint(bytes, { ...EXPECTED, fingerprintAt }, 'x')).toEqual(checkpoint)
    const anyRun = { fingerprintAt: null, datasetFingerprint: null, sizes: null }
    expect(decodeCheckpoint(bytes, anyRun, 'x')).toEqual(checkpoint)
  })

  it('needs no network to be read, but one number of parameters in all its parts', () => {
    const anyNetwork = { ...EXPECTED, sizes: null }
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint), anyNetwork, 'latest')).toEqual(checkpoint)
    for (const [parameters, message] of [
      [Float32Array.of(1, 2), /its firstMoment hold 3 numbers, this network has 2/],
      [new Float32Array(0), /its firstMoment hold 3 numbers, this network has 0/],
    ] as const) {
      const bytes = encodeCheckpoint({ ...checkpoint, parameters })
      expect(() => decodeCheckpoint(bytes, anyNetwork, 'x')).toThrow(message)
    }
  })

  it('is replaced as a whole: no other file is left in the folder', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vigil-checkpoint-'))
    const path = join(folder, 'latest.checkpoint')
    await writeCheckpoint(path, checkpoint)
    await writeCheckpoint(path, { ...checkpoint, iteration: 13 })
    expect((await readCheckpoint(path, EXPECTED)).iteration).toBe(13)
    expect(await readdir(folder)).toEqual(['latest.checkpoint'])
    await rm(folder, { recursive: true })
  })

  it('names a file that is not there', async () => {
    await expect(readCheckpoint('no/such.checkpoint', EXPECTED)).rejects.toMatchObject({ code: 'MISSING' })
  })

  it('does not take a file that cannot be read for a missing one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vigil-checkpoint-'))
    const refusal = { code: 'UNREADABLE', message: expect.stringContaining(folder) }
    await expect(readCheckpoint(folder, EXPECTED)).rejects.toMatchObject(refusal) // EISDIR
    const path = join(folder, 'file')
    await writeCheckpoint(path, checkpoint)
    await expect(readCheckpoint(join(path, 'latest.checkpoint'), EXPECTED)).rejects.toMatchObject(refusal) // ENOTDIR
    await rm(folder, { recursive: true })
  })

  it('refuses every damaged byte', () => {
    const bytes = encodeCheckpoint(checkpoint)
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Uint8Array.from(bytes)
        damaged[at] ^= change
        expect(() => decodeCheckpoint(damaged, EXPECTED, 'x')).toThrow(VigilError)
      }),
      { numRuns: 500 },
    )
  })

  it('refuses every other length and every other content', () => {
    const bytes = encodeCheckpoint(checkpoint)
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.uint8Array({ maxLength: 200 }), (length, noise) => {
        expect(() => decodeCheckpoint(bytes.subarray(0, length), EXPECTED, 'x')).toThrow(VigilError)
        expect(() => decodeCheckpoint(noise, EXPECTED, 'x')).toThrow(VigilError)
      }),
    )
  })

  it('refuses hostile headers even with a right checksum', () => {
    const bytes = Buffer.from(encodeCheckpoint(checkpoint))
    const headerBytes = bytes.readUInt32LE(8)
    const header = JSON.parse(bytes.subarray(12, 12 + headerBytes).toString())
    const forge = (change: object, claimed?: number) => {
      const text = Buffer.from(JSON.stringify({ ...header, ...change }))
      const size = Buffer.alloc(4)
      size.writeUInt32LE(claimed ?? text.length)
      const content = Buffer.concat([bytes.subarray(0, 8), size, text, bytes.subarray(12 + headerBytes, -32)])
      return Buffer.concat([content, createHash('sha256').update(content).digest()])
    }
    expect(decodeCheckpoint(forge({}), EXPECTED, 'x')).toEqual(checkpoint)
    const sections = (change: object) => ({ sections: { ...header.sections, ...change } })
    for (const hostile of [
      forge({}, 2 ** 32 - 1),
      forge({ iteration: -1 }),
      forge({ iteration: 1e300 }),
      forge({ more: 1 }),
      forge({ normaliser: { kind: 'running', count: 1, mean: 0, m2: -4 } }),
      forge(sections({ lanes: 2 ** 50 })),
      forge(sections({ parameters: 8, lanes: 9 })),
      forge(sections({ parameters: 13, firstMoment: 13, secondMoment: 13, actingParameters: 13, lanes: 1 })),
      forge({ acting: null }),
      forge({ acting: { ...header.acting, policyVersion: 0.5 } }),
      forge({ acting: { ...header.acting, normaliser: null } }),
    ]) {
      expect(() => decodeCheckpoint(hostile, EXPECTED, 'x')).toThrow(VigilError)
      expect(() => decodeCheckpoint(hostile, { ...EXPECTED, sizes: null }, 'x')).toThrow(VigilError)
    }
  })

  it.each([
    ['dataset', { datasetFingerprint: 'c'.repeat(64) }, /trained on other data/],
    ['settings', { fingerprintAt: () => 'c'.repeat(64) }, /other settings/],
    ['network', { sizes: { ...SIZES, parameterCount: 4 } }, /hold 3 numbers, this network has 4/],
    ['list of rules', { sizes: { ...SIZES, multiplierCount: 2 } }, /has 1 multipliers, this run has 2/],
    ['number of lanes', { sizes: { ...SIZES, laneCount: 2 } }, /history holds 3 decisions, .* of 2 lanes/],
    ['length of history', { sizes: { ...SIZES, historyLength: 0 } }, /history holds 3 decisions, .* 0 steps of 3/],
  ])('refuses one of another %s by name', (_, change, message) => {
    const bytes = encodeCheckpoint(checkpoint)
    expect(() => decodeCheckpoint(bytes, { ...EXPECTED, ...change }, 'best.checkpoint')).toThrow(message)
    expect(() => decodeCheckpoint(bytes, { ...EXPECTED, ...change }, 'best.checkpoint')).toThrow(/^best\.checkpoint/)
  })

  it('takes as much history as the run keeps, and no part of a step', () => {
    const withHistory = (length: number) => () => {
      return decodeCheckpoint(encodeCheckpoint({ ...checkpoint, history: new Uint8Array(length) }), EXPECTED, 'x')
    }
    for (const length of [0, 3, 6]) expect(withHistory(length)().history.length).toBe(length)
    for (const length of [1, 5, 9]) expect(withHistory(length)).toThrow(expect.objectContaining({ code: 'FOREIGN' }))
    expect(() => decodeCheckpoint(encodeCheckpoint({ ...checkpoint, multipliers: [] }), EXPECTED, 'x')).toThrow(
      /has 0 multipliers/,
    )
  })

  it('refuses weights that are no numbers', () => {
    const bytes = encodeCheckpoint({ ...checkpoint, parameters: Float32Array.of(1, Number.NaN, 2) })
    expect(() => decodeCheckpoint(bytes, EXPECTED, 'x')).toThrow(/not finite/)
    const acting = { ...checkpoint.acting!, parameters: Float32Array.of(Number.POSITIVE_INFINITY, 2, 3) }
    expect(() => decodeCheckpoint(encodeCheckpoint({ ...checkpoint, acting }), EXPECTED, 'x')).toThrow(/not finite/)
  })
})
