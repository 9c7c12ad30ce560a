/** The kernels of every family under the compiler's address and undefined-behaviour sanitizers, in a program of their own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileProgram, FAMILIES } from './program.fixture.ts'
import { CASES, compileFamilies, isThere, runFamilies, runsProgram } from './run-families.fixture.ts'

const compiler = process.env.CC ?? 'cc'
const SANITIZERS = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer']
const missing = isThere(compiler)
  ? runsProgram(compiler, SANITIZERS, '#include <sanitizer/asan_interface.h>\nint main(void) { return 0; }\n')
    ? null
    : `runtime of sanitizers for ${compiler}`
  : 'C compiler'
const reason = missing === null ? '' : ` (skipped: there is no ${missing} here)`

let folder: string
let program: string
beforeAll(() => {
  if (missing !== null) return
  folder = mkdtempSync(join(tmpdir(), 'vigil-sanitizers-'))
  program = compileFamilies(compiler, folder, SANITIZERS)
}, 600_000)
afterAll(() => {
  if (missing === null) rmSync(folder, { recursive: true })
})

describe.skipIf(missing !== null)(`no byte outside an array is touched${reason}`, () => {
  it.each(CASES)('%s', (_, spec, shape) => {
    for (const supervised of [false, true]) {
      expect(runFamilies([program], spec, { shape, supervised })).toHaveProperty('portable-c')
    }
  })

  it('products of every small shape', () => {
    const products = compileProgram('product-check', SANITIZERS)
    try {
      for (const family of FAMILIES) expect(products.run(family)).toEqual([String(23 * 71 * 3)])
    } finally {
      products.remove()
    }
  })
})
