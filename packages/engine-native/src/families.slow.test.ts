/**
 * One pattern of bits for each kind of multiply-add, whatever processor and compiler: NEON is compiled by a cross compiler
 * and run by an emulator, Debian's packages gcc-aarch64-linux-gnu and qemu-user.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CASES, compileFamilies, isThere, runFamilies } from './run-families.fixture.ts'

const [cross, emulator] = ['aarch64-linux-gnu-gcc', 'qemu-aarch64']
const compiler = process.env.CC ?? 'cc'
const others = [
  {
    name: 'NEON under an emulator',
    needs: [cross, emulator],
    by: cross,
    flags: ['-static'],
    architecture: 'arm64',
    run: [emulator],
  },
  { name: "Clang's code", needs: ['clang'], by: 'clang', flags: [], architecture: 'x64', run: [] },
]

const folder = mkdtempSync(join(tmpdir(), 'vigil-families-'))
afterAll(() => rmSync(folder, { recursive: true }))
let own: string
beforeAll(() => {
  if (isThere(compiler)) own = compileFamilies(compiler, folder, [])
}, 600_000)

describe.each(others)('$name', ({ needs, by, flags, architecture, run }) => {
  const missing =
    process.arch === 'x64' ? [compiler, ...needs].filter((program) => !isThere(program)) : ['an x64 processor']
  const reason = missing.length === 0 ? '' : ` (skipped: there is no ${missing.join(', no ')} here)`
  it.skipIf(missing.length > 0)(`leaves the bytes that this machine's own families leave${reason}`, () => {
    const other = compileFamilies(by, mkdtempSync(join(folder, 'other-')), flags, architecture)
    for (const [name, spec, shape] of CASES) {
      for (const supervised of [false, true]) {
        const expected = runFamilies([own], spec, { shape, supervised })
        const received = runFamilies([...run, other], spec, { shape, supervised })
        const { 'portable-c': portable, ...fused } = expected
        const { 'portable-c': otherPortable, ...otherFused } = received
        expect([name, otherPortable]).toEqual([name, portable])
        // An x64 processor without AVX2 has none of the others; an emulator always has NEON.
        const hasFused = architecture !== 'x64' || Object.keys({ ...fused, ...otherFused }).length > 0
        // A multiply-add that rounds once gives the same bits in vectors of any width.
        const bits = new Set([...Object.values(fused), ...Object.values(otherFused)])
        expect([name, bits.size]).toEqual([name, hasFused ? 1 : 0])
      }
    }
  })
})
