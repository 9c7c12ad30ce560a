import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { toolError } from '../errors.ts'
import type { NodePackage } from './node-package.ts'
import type { Wheel } from './wheel.ts'

const ADDON_FILE = 'tfjs_binding.node'

/**
 * What a build needs, asked before anything is changed.
 *
 * @throws {VigilError} COMPILER_MISSING, TENSORFLOW_FILES
 */
export function assertCanBuild(wheel: Wheel): void {
  if (/\s/.test(wheel.folder)) {
    throw toolError(
      'TENSORFLOW_FILES',
      `The linker takes no path with blanks, but TensorFlow is in "${wheel.folder}". Install it into a folder without.`,
    )
  }
  for (const program of ['make', process.env.CXX ?? 'g++']) {
    if (spawnSync(program, ['--version']).error === undefined) continue
    throw toolError(
      'COMPILER_MISSING',
      `${program} must run to build the add-on, but does not. On Debian: \`apt-get install g++ make\`.`,
    )
  }
}

/**
 * Builds the add-on of the package against the libraries in its deps folder.
 *
 * @throws {VigilError} ADDON
 */
export function buildAddon(wheel: Wheel, target: NodePackage): void {
  rmSync(join(target.folder, 'lib'), { recursive: true, force: true })
  const { status, stdout, stderr } = spawnSync('npm', ['rebuild', target.name], {
    // <root>/node_modules/@tensorflow/tfjs-node
    cwd: resolve(target.folder, '..', '..', '..'),
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    env: {
      ...process.env,
      // Otherwise an add-on is downloaded that was built for another library.
      npm_config_build_from_source: 'true',
      // The loader must take the libraries from the wheel's own folder, from which they find those of CUDA.
      LDFLAGS: `${process.env.LDFLAGS ?? ''} -Wl,-rpath,${wheel.folder}`,
    },
  })
  if (status === 0 && addonPath(target) !== null) return
  const end = `${stdout ?? ''}\n${stderr ?? ''}`.trim().split('\n').slice(-12).join('\n')
  throw toolError('ADDON', `\`npm rebuild ${target.name}\` must build the add-on, but did not. It ended with:\n${end}`)
}

/**
 * Loads the add-on in a process of its own, which a library that does not fit the machine would end.
 *
 * @throws {VigilError} ADDON
 */
export function runAddon(target: NodePackage): { readonly version: string; readonly isGpu: boolean } {
  const program = `
    const binding = require(${JSON.stringify(addonPath(target))})
    process.stdout.write(JSON.stringify({ version: binding.TF_Version, isGpu: binding.isUsingGpuDevice() }))
  `
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--eval', program], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  })
  if (status === 0) return JSON.parse(stdout) as { version: string; isGpu: boolean }
  const why = /Error: (.+)/.exec(stderr)?.[1] ?? `its process was ended by ${signal ?? `exit code ${status}`}`
  throw toolError('ADDON', `The add-on was built, but must load too: ${why}. Is the library for this processor?`)
}

/** Where the build puts it: lib/napi-v<number>/; null before. */
function addonPath({ folder }: NodePackage): string | null {
  const lib = join(folder, 'lib')
  if (!existsSync(lib)) return null
  const places = readdirSync(lib).map((name) => join(lib, name, ADDON_FILE))
  return places.find((path) => existsSync(path)) ?? null
}
