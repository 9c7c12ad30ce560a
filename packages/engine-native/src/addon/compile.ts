/** Compiles the add-on with the machine's own C compiler; nothing is downloaded. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ADDON_NAME, BUILD_FOLDER, STAMP_NAME } from '../places.ts'
import { blocksInC } from './c-blocks.ts'
import { SOURCE_FOLDER, sourcesSha256 } from './sources.ts'

/** No sum is contracted or reordered but where vector.h says so, and no error number of libm is kept. */
const FLAGS = ['-std=gnu11', '-O3', '-ffp-contract=off', '-fno-math-errno', '-fno-trapping-math', '-fvisibility=hidden']
const WARNINGS = ['-Wall', '-Wextra']

/** The kernels, compiled once for each family of instructions. */
const KERNELS = ['learn', 'act']

const PORTABLE = { Portable: [] }
/** What they are compiled with, by the architecture. */
const FAMILIES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  x64: {
    ...PORTABLE,
    Avx2: ['-DVIGIL_AVX2', '-mavx2', '-mfma'],
    Avx512: ['-DVIGIL_AVX512', ...['f', 'bw', 'dq', 'vl'].map((part) => `-mavx512${part}`), '-mavx2', '-mfma'],
  },
  arm64: { ...PORTABLE, Neon: ['-DVIGIL_NEON'] },
}
const familiesOf = (architecture: string) => FAMILIES[architecture] ?? PORTABLE

/** What came of it: a sentence for people, and whether there is an add-on now. */
export type Compilation = { readonly isBuilt: boolean; readonly message: string }

/**
 * Builds the add-on where there is a compiler and its sources have changed. The one that is there stays in use until the
 * new one takes its place, and goes away where the new sources do not compile.
 */
export function buildAddon(compiler: string, buildFolder = BUILD_FOLDER): Compilation {
  const version = spawnSync(compiler, ['--version'], { encoding: 'utf8' })
  if (version.status !== 0) {
    return { isBuilt: false, message: `No native engine: there is no C compiler "${compiler}" (CC names another one).` }
  }
  const words = JSON.stringify([version.stdout, FLAGS, familiesOf(process.arch)])
  const stamp = `${sourcesSha256()}\n${createHash('sha256').update(words).digest('hex')}\n`
  const addonFile = join(buildFolder, ADDON_NAME)
  const stampFile = join(buildFolder, STAMP_NAME)
  const isUpToDate = () => existsSync(addonFile) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
  const upToDate = { isBuilt: true, message: 'The native engine is up to date.' }
  if (isUpToDate()) return upToDate
  mkdirSync(buildFolder, { recursive: true })
  const folder = mkdtempSync(join(buildFolder, 'objects-'))
  try {
    const failure = compileInto(compiler, folder)
    if (failure !== null) {
      // Another build of the same sources may have ended well meanwhile.
      if (isUpToDate()) return upToDate
      rmSync(addonFile, { force: true })
      return { isBuilt: false, message: `No native engine: ${compiler} failed.\n${failure}` }
    }
    renameSync(join(folder, ADDON_NAME), addonFile)
    writeFileSync(stampFile, stamp)
    return {
      isBuilt: true,
      message: `The native engine is built: ${Object.keys(familiesOf(process.arch)).join(', ')}.`,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/**
 * Compiles the kernels of every family of an architecture, as Node names it.
 *
 * @param folder where `blocks.h`, which the sources include, and the object files are written
 * @param flags  besides those that results depend on
 * @returns the object files, or what the compiler said
 */
export function compileKernels(
  compiler: string,
  folder: string,
  flags: readonly string[],
  architecture: string = process.arch,
): string[] | string {
  return compileEach(compiler, folder, KERNELS, ['-c', ...flags], architecture)
}

/**
 * Compiles sources for every family of an architecture.
 *
 * @param sources names without the ending
 * @returns the files `folder/source-Family`, or what the compiler said
 */
export function compileEach(
  compiler: string,
  folder: string,
  sources: readonly string[],
  flags: readonly string[],
  architecture: string = process.arch,
): string[] | string {
  writeFileSync(join(folder, 'blocks.h'), blocksInC())
  const made: string[] = []
  for (const [family, own] of Object.entries(familiesOf(architecture))) {
    const words = [...FLAGS, ...WARNINGS, `-I${folder}`, `-DFAMILY=${family}`, ...own]
    for (const source of sources) {
      const output = join(folder, `${source}-${family}`)
      const failure = run(compiler, [...words, join(SOURCE_FOLDER, `${source}.c`), ...flags, '-o', output])
      if (failure !== null) return failure
      made.push(output)
    }
  }
  return made
}

function compileInto(compiler: string, folder: string): string | null {
  const objects = compileKernels(compiler, folder, ['-fPIC'])
  if (typeof objects === 'string') return objects
  const sources = ['addon.c', 'families.c'].map((name) => join(SOURCE_FOLDER, name))
  // Node itself has the functions of Node-API.
  const shared = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared', '-pthread']
  const output = ['-o', join(folder, ADDON_NAME)]
  return run(compiler, [
    ...FLAGS,
    ...WARNINGS,
    '-fPIC',
    `-I${folder}`,
    ...shared,
    ...sources,
    ...objects,
    ...output,
    '-lm',
  ])
}

/** @returns what the compiler complained of; null where it did what it was asked for */
function run(compiler: string, words: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(compiler, words, { encoding: 'utf8' })
  return status === 0 ? null : (error?.message ?? stderr)
}
