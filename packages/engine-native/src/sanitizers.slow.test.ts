/** The kernels of every family under the compiler's address and undefined-behaviour sanitizers, in a program of their own. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NetworkSpec, networkPlanBytes, writeNetworkPlan } from '@vigil/policy-wasm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileKernels } from './addon/compile.ts'
import { SOURCE_FOLDER } from './addon/sources.ts'

const compiler = process.env.CC ?? 'cc'
const SANITIZERS = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer']
const hasCompiler = spawnSync(compiler, ['--version']).status === 0
const reason = hasCompiler ? '' : ' (skipped: there is no C compiler here)'

const SPEC: NetworkSpec = {
  agentCount: 2,
  denseSize: 5,
  vocabularySizes: [4, 1, 3],
  policyHidden: [40, 12],
  valueHidden: [24],
  layerNorm: false,
  lstmHidden: [],
  constraintCount: 0,
}
const RECURRENT: NetworkSpec = { ...SPEC, policyHidden: [12], layerNorm: true, lstmHidden: [9, 17], constraintCount: 2 }

let folder: string
let program: string
beforeAll(() => {
  if (!hasCompiler) return
  folder = mkdtempSync(join(tmpdir(), 'vigil-sanitizers-'))
  program = join(folder, 'sanitize')
  const objects = compileKernels(compiler, folder, SANITIZERS)
  if (typeof objects === 'string') throw new Error(objects)
  const sources = ['sanitize.c', 'families.c'].map((name) => join(SOURCE_FOLDER, name))
  const { status, stderr } = spawnSync(
    compiler,
    [...SANITIZERS, `-I${folder}`, ...sources, ...objects, '-o', program, '-lm'],
    {
      encoding: 'utf8',
    },
  )
  expect(stderr).toBe('')
  expect(status).toBe(0)
}, 600_000)
afterAll(() => {
  if (hasCompiler) rmSync(folder, { recursive: true })
})

/** Numbers of the plan block; the epsilon of layer normalisation as 0 or 1. */
function planWords(spec: NetworkSpec): string[] {
  const buffer = new ArrayBuffer(networkPlanBytes(spec))
  writeNetworkPlan(spec, { buffer, at: 0 })
  return Array.from(new Int32Array(buffer), (word, index) => String(index === 11 ? Number(spec.layerNorm) : word))
}

describe.skipIf(!hasCompiler)(`no byte outside an array is touched${reason}`, () => {
  it.each([
    ['a feed-forward team', SPEC, [1, 163]],
    ['fewer rows than a block has', SPEC, [1, 1]],
    ['no critic, no categories', { ...SPEC, valueHidden: null, vocabularySizes: [] }, [1, 300]],
    ['categories alone', { ...SPEC, denseSize: 0 }, [1, 70]],
    ['layer normalisation and specifications', { ...SPEC, layerNorm: true, constraintCount: 3 }, [1, 130]],
    ['widths of whole vectors', { ...SPEC, policyHidden: [128, 64], denseSize: 75 }, [1, 128]],
    ['a recurrent team', RECURRENT, [5, 26]],
    ['segments longer than a tile', RECURRENT, [90, 5]],
  ] as const)('%s', (_, spec, [stepCount, laneCount]) => {
    for (const supervised of [0, 1]) {
      const words = [stepCount, laneCount, supervised].map(String)
      const { status, stdout, stderr } = spawnSync(program, [...words, ...planWords(spec)], { encoding: 'utf8' })
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
      expect(stdout).toMatch(/^[1-3] families\n$/)
    }
  })
})
