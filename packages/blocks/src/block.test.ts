import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { classFields, singleFields } from './assembly-class.fixture.ts'
import { describeBlock, writeBlock } from './block.ts'

const BLOCK = describeBlock('Job', { first: 'u32', weight: 'f64', count: 'i32', parts: ['f32', 3] })

it('puts every field at a multiple of its size, in the order given', () => {
  expect(BLOCK.offsets).toEqual({ first: 0, weight: 8, count: 16, parts: 20 })
  expect(BLOCK.bytes).toBe(32)
})

it('writes numbers where they lie, zeros behind a short array, and nothing outside', () => {
  const bytes = new Uint8Array(64).fill(0xa5)
  writeBlock(BLOCK, { buffer: bytes.buffer, at: 16 }, { first: 2 ** 32 - 1, weight: 0.1, count: -3, parts: [1.5, -2] })
  const view = new DataView(bytes.buffer, 16)
  expect(view.getUint32(0, true)).toBe(2 ** 32 - 1)
  expect(view.getFloat64(8, true)).toBe(0.1)
  expect(view.getInt32(16, true)).toBe(-3)
  expect([20, 24, 28].map((at) => view.getFloat32(at, true))).toEqual([1.5, -2, 0])
  expect([...bytes.subarray(0, 16), ...bytes.subarray(48)].every((byte) => byte === 0xa5)).toBe(true)
})

it('reads the class of an AssemblyScript file, comments aside', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-blocks-'))
  try {
    const file = join(folder, 'job.ts')
    const text = (fields: string) => `@unmanaged\nexport class Job {\n${fields}\n}\n`
    writeFileSync(file, text('  /** wrong: f32 */\n  first: u32\n  weight: f64 // old: i32\n  count: i32'))
    expect(classFields(file, 'Job')).toEqual(singleFields(BLOCK))
    writeFileSync(file, text('  weight: f64\n  first: u32\n  count: i32'))
    expect(classFields(file, 'Job')).not.toEqual(singleFields(BLOCK))
    expect(() => classFields(file, 'Other')).toThrow(/no unmanaged class Other/)
    writeFileSync(file, text('  next: Job | null\n  other: Job'))
    expect(classFields(file, 'Job').map(({ type }) => type)).toEqual(['pointer', 'pointer'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
