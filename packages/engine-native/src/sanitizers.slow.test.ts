/** The kernels of every family under the compiler's address and undefined-behaviour sanitizers, in a program of their own. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CASES, compileFamilies, isThere, runFamilies } from './run-families.fixture.ts'

const compiler = process.env.CC ?? 'cc'
const SANITIZERS = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer']
const hasCompiler = isThere(compiler)
const reason = hasCompiler ? '' : ' (skipped: there is no C compiler here)'

let folder: string
let program: string
beforeAll(() => {
  if (!hasCompiler) return
  folder = mkdtempSync(join(tmpdir(), 'vigil-sanitizers-'))
  program = compileFamilies(compiler, folder, SANITIZERS)
}, 600_000)
afterAll(() => {
  if (hasCompiler) rmSync(folder, { recursive: true })
})

describe.skipIf(!hasCompiler)(`no byte outside an array is touched${reason}`, () => {
  it.each(CASES)('%s', (_, spec, shape) => {
    for (const supervised of [false, true]) {
      expect(runFamilies([program], spec, { shape, supervised })).toHaveProperty('portable-c')
    }
  })
})
