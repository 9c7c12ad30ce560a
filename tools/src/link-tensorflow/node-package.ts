import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { TENSORFLOW_PACKAGES, TENSORFLOW_VERSION } from '@vigil/engine'
import { toolError } from '../errors.ts'

/** TensorFlow.js for Node, installed with or without its library. */
export type NodePackage = {
  readonly name: string
  readonly version: string
  readonly folder: string
  /** Version of libtensorflow that its install script looks for, by the name of the file only. */
  readonly libraryVersion: string
}

/**
 * @param from file or folder whose node_modules are searched, and those above it
 * @throws {VigilError} NODE_PACKAGE_MISSING
 */
export function findNodePackage(from = import.meta.filename): NodePackage {
  const { resolve } = createRequire(from)
  for (const name of TENSORFLOW_PACKAGES) {
    const description = tryResolve(resolve, `${name}/package.json`)
    if (description === null) continue
    const folder = dirname(description)
    const { version } = JSON.parse(readFileSync(description, 'utf8')) as { version: string }
    const constants = readFileSync(join(folder, 'scripts', 'deps-constants.js'), 'utf8')
    const libraryVersion = /LIBTENSORFLOW_VERSION\s*=\s*'([^']+)'/.exec(constants)?.[1]
    if (libraryVersion === undefined) {
      throw toolError(
        'NODE_PACKAGE_MISSING',
        `${name} must be version ${TENSORFLOW_VERSION}, but is ${version}, which names its library in a way unknown here.`,
      )
    }
    return { name, version, folder, libraryVersion }
  }
  throw toolError(
    'NODE_PACKAGE_MISSING',
    '@tensorflow/tfjs-node is not installed. Get it without the library that it would download: ' +
      `\`npm install --no-save --ignore-scripts @tensorflow/tfjs-node@${TENSORFLOW_VERSION}\`.`,
  )
}

function tryResolve(resolve: (name: string) => string, name: string): string | null {
  try {
    return resolve(name)
  } catch {
    return null // not installed
  }
}
