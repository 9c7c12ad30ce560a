import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NetworkSpec, networkPlanBytes, writeNetworkPlan } from '@vigil/policy-wasm'
import { expect } from 'vitest'
import { compileKernels } from './addon/compile.ts'
import { SOURCE_FOLDER } from './addon/sources.ts'

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

/** What is learnt from and decided on: [T, L]. */
export const CASES: readonly (readonly [string, NetworkSpec, readonly [number, number]])[] = [
  ['a feed-forward team', SPEC, [1, 163]],
  ['fewer rows than a block has', SPEC, [1, 1]],
  ['no critic, no categories', { ...SPEC, valueHidden: null, vocabularySizes: [] }, [1, 300]],
  ['categories alone', { ...SPEC, denseSize: 0 }, [1, 70]],
  ['layer normalisation and specifications', { ...SPEC, layerNorm: true, constraintCount: 3 }, [1, 130]],
  ['widths of whole vectors', { ...SPEC, policyHidden: [128, 64], denseSize: 75 }, [1, 128]],
  ['a recurrent team', RECURRENT, [5, 26]],
  ['segments longer than a tile', RECURRENT, [90, 5]],
]

/** @returns whether a program is there */
export function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0
}

/** @returns whether a compiler makes a program of a source with some flags that runs to a good end here */
export function runsProgram(compiler: string, flags: readonly string[], source: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-program-'))
  try {
    const [file, program] = [join(folder, 'program.c'), join(folder, 'program')]
    writeFileSync(file, source)
    return spawnSync(compiler, [...flags, file, '-o', program]).status === 0 && spawnSync(program).status === 0
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Compiles native/run-families.c with the kernels of an architecture. @returns the program's file */
export function compileFamilies(
  compiler: string,
  folder: string,
  flags: readonly string[],
  architecture: string = process.arch,
): string {
  const objects = compileKernels(compiler, folder, flags, architecture)
  if (typeof objects === 'string') throw new Error(objects)
  const program = join(folder, 'run-families')
  const sources = ['run-families.c', 'families.c'].map((name) => join(SOURCE_FOLDER, name))
  const words = [...flags, `-I${folder}`, ...sources, ...objects, '-o', program, '-lm']
  const { status, stderr } = spawnSync(compiler, words, { encoding: 'utf8' })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return program
}

/**
 * Learns and decides once with each family that runs here.
 *
 * @param command the program, or what runs it with the program behind
 * @returns the hash of what each family left in the arrays
 */
export function runFamilies(
  command: readonly string[],
  spec: NetworkSpec,
  { shape, supervised }: { readonly shape: readonly [number, number]; readonly supervised: boolean },
): Record<string, string> {
  const [program, ...before] = command
  const words = [...shape, Number(supervised)].map(String)
  const ran = spawnSync(program, [...before, ...words, ...planWords(spec)], { encoding: 'utf8' })
  expect({ stderr: ran.stderr, status: ran.status }).toEqual({ stderr: '', status: 0 })
  return Object.fromEntries(
    ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')),
  )
}

/** Numbers of the plan block; the epsilon of layer normalisation as 0 or 1. */
function planWords(spec: NetworkSpec): string[] {
  const buffer = new ArrayBuffer(networkPlanBytes(spec))
  writeNetworkPlan(spec, { buffer, at: 0 })
  return Array.from(new Int32Array(buffer), (word, index) => String(index === 11 ? Number(spec.layerNorm) : word))
}
