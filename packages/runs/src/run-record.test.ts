import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readRunRecord, recordOf, weightsSha256, writeRunRecord } from './run-record.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigil-record-'))
  path = join(folder, 'run.json')
})
afterEach(() => rm(folder, { recursive: true }))

const KNOWN = 'ee4ac73c2bd27756ab82780f27c73a7bc4d3f0bb6acb37e008bc27eccd7e588b'
const fingerprints = {
  metricsSha256: 'c'.repeat(64),
  configFingerprint: 'a'.repeat(64),
  datasetFingerprint: 'b'.repeat(64),
}
const ENGINE = { name: 'portable', backend: 'wasm', device: 'SIMD of 256 bits, 2 threads' }
const record = recordOf(Float32Array.of(1, -2), ENGINE, fingerprints)

describe('run.json', () => {
  it('comes back as it was written, and is null where there is none', async () => {
    expect(await readRunRecord(path)).toBeNull()
    await writeRunRecord(path, record)
    expect(await readRunRecord(path)).toEqual(record)
    const { backend, device } = ENGINE
    expect(record).toMatchObject({ engine: 'portable', backend, device, versions: { node: process.versions.node } })
  })

  it('hashes the bytes of the weights alone, wherever they lie', () => {
    // sha256sum of the eight bytes 00 00 80 3f 00 00 00 c0, little-endian f32 1 and -2
    expect(weightsSha256(Float32Array.of(1, -2))).toBe(KNOWN)
    expect(weightsSha256(Float32Array.of(9, 1, -2, 9).subarray(1, 3))).toBe(KNOWN)
    expect(weightsSha256(Float32Array.of(-2, 1))).not.toBe(KNOWN)
  })

  it.each([
    ['{', /is not JSON/],
    ['[]', /is not the record of a training/],
    [JSON.stringify({ ...record, weightsSha256: 'F'.repeat(64) }), /weightsSha256/],
    [JSON.stringify({ ...record, more: 1 }), /more/],
    [JSON.stringify({ ...record, versions: { vigil: '1' } }), /versions\.node/],
  ])('refuses %s', async (text, message) => {
    await writeFile(path, text)
    await expect(readRunRecord(path)).rejects.toThrow(message)
    await expect(readRunRecord(path)).rejects.toMatchObject({ code: 'RUN_RECORD_INVALID' })
  })
})
