import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { NodePackage } from './node-package.ts'
import { WHEEL_FILES, type Wheel } from './wheel.ts'

/**
 * Lays links to the wheel where the build of the add-on looks for headers and libraries, in place of what was there:
 *
 *   deps/include                                -> include
 *   deps/lib/libtensorflow.so                   -> libtensorflow_cc.so.2          for the linker
 *   deps/lib/libtensorflow.so.2.9.1             -> libtensorflow_cc.so.2          so that nothing is downloaded
 *   deps/lib/libtensorflow_cc.so.2              -> libtensorflow_cc.so.2          for the loader
 *   deps/lib/libtensorflow_framework.so and .so.2 -> libtensorflow_framework.so.2
 *
 * The C interface is part of the C++ library in the wheels. Links, because the library has 0.8 GB.
 */
export function layLibrary(wheel: Wheel, target: NodePackage): void {
  const deps = join(target.folder, 'deps')
  const lib = join(deps, 'lib')
  rmSync(deps, { recursive: true, force: true })
  mkdirSync(lib, { recursive: true })
  const link = (file: string, place: string) => symlinkSync(join(wheel.folder, file), place)
  link(WHEEL_FILES.headers, join(deps, 'include'))
  for (const name of ['libtensorflow.so', `libtensorflow.so.${target.libraryVersion}`, 'libtensorflow_cc.so.2']) {
    link(WHEEL_FILES.library, join(lib, name))
  }
  for (const name of ['libtensorflow_framework.so', 'libtensorflow_framework.so.2']) {
    link(WHEEL_FILES.framework, join(lib, name))
  }
}
