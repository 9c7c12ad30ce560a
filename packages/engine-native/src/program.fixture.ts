import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { compileEach } from './addon/compile.ts'
import { type Family, loadNativeKernels } from './native-kernels.ts'

const native = loadNativeKernels()

/** The families that run here; none without an add-on. */
export const FAMILIES: readonly Family[] = typeof native === 'string' ? [] : native.families

/** A program of native/, compiled for every family. */
export type Program = {
  /** @returns the lines that it writes where it ends well */
  run(family: Family, words?: readonly string[]): string[]
  /** Removes the files. */
  remove(): void
}

/** @param source its name without the ending */
export function compileProgram(source: string): Program {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-program-'))
  const made = compileEach(process.env.CC ?? 'cc', folder, [source], ['-Wno-unused-function', '-lm'])
  if (typeof made === 'string') throw new Error(made)
  return {
    run(family, words = []) {
      const file = made.find((name) => name.toLowerCase().endsWith(`-${family.replace('-c', '')}`))!
      const { stdout, status } = spawnSync(file, words, { encoding: 'utf8' })
      const lines = stdout.trimEnd().split('\n')
      expect({ status, said: status === 0 ? null : lines }).toEqual({ status: 0, said: null })
      return lines
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
