import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { compileEach } from './addon/compile.ts'
import { SOURCE_FOLDER } from './addon/sources.ts'
import type { Family } from './native-kernels.ts'
import { isThere } from './run-families.fixture.ts'

const compiler = process.env.CC ?? 'cc'

/** Whether programs can be compiled here. The add-on is not asked: it may be missing, or of other sources. */
export const HAS_COMPILER = isThere(compiler)

/** Why tests of programs are skipped, as the end of a title; nothing where they are not. */
export const WHY_SKIPPED = HAS_COMPILER ? '' : ' (skipped: there is no C compiler here)'

/** The families that this processor has; without a compiler one, for tests that are skipped. */
export const FAMILIES: readonly Family[] = HAS_COMPILER ? familiesHere() : ['portable-c']

function familiesHere(): Family[] {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-program-'))
  try {
    const program = join(folder, 'families-here')
    const made = spawnSync(compiler, [join(SOURCE_FOLDER, 'families-here.c'), '-o', program], { encoding: 'utf8' })
    if (made.status !== 0) throw new Error(made.stderr)
    return spawnSync(program, { encoding: 'utf8' }).stdout.trimEnd().split('\n') as Family[]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A program of native/, compiled for every family. */
export type Program = {
  /** @returns the lines that it writes where it ends well */
  run(family: Family, words?: readonly string[]): string[]
  /** Removes the files. */
  remove(): void
}

/**
 * @param source its name without the ending
 * @param flags  besides those that results depend on
 */
export function compileProgram(source: string, flags: readonly string[] = []): Program {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-program-'))
  const made = compileEach(compiler, folder, [source], ['-Wno-unused-function', ...flags, '-lm'])
  if (typeof made === 'string') throw new Error(made)
  return {
    run(family, words = []) {
      const file = made.find((name) => name.toLowerCase().endsWith(`-${family.replace('-c', '')}`))!
      const { stdout, stderr, status } = spawnSync(file, words, { encoding: 'utf8' })
      const lines = stdout.trimEnd().split('\n')
      expect({ status, stderr, said: status === 0 ? null : lines }).toEqual({ status: 0, stderr: '', said: null })
      return lines
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
