import { lstatSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Of the TENSORFLOW_PACKAGES: the version that this engine was written for. */
export const TENSORFLOW_VERSION = '4.22.0'

/** npm packages, each with the version that this engine was written for, that a user may add. */
const VERSIONS = {
  '@tensorflow/tfjs-node': TENSORFLOW_VERSION,
  '@tensorflow/tfjs-node-gpu': TENSORFLOW_VERSION,
  webgpu: '0.6.2',
  '@tensorflow/tfjs-backend-webgpu': '4.22.0',
} as const

export type OptionalPackage = keyof typeof VERSIONS

/** Either gives the backend `tensorflow`; the first that loads is taken. */
export const TENSORFLOW_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const

/** Both are needed for the backend `webgpu`: Dawn for Node, and the kernels of TensorFlow.js. */
export const WEBGPU_PACKAGES = ['webgpu', '@tensorflow/tfjs-backend-webgpu'] as const

/** Links a TensorFlow of Python into the first of the TENSORFLOW_PACKAGES that is installed. */
export const LINK_COMMAND = 'npx nx run tools:link-tensorflow'

/** Whether the package can be found; nothing of it is loaded. */
export function isInstalled(name: OptionalPackage): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false // not installed, the usual case
  }
}

/** The version of each of the packages, any of npm's, that is there. */
export function installedVersions(names: readonly string[]): Record<string, string> {
  const { resolve } = createRequire(import.meta.url)
  const versions: Record<string, string> = {}
  for (const name of names) {
    try {
      const description = readFileSync(resolve(`${name}/package.json`), 'utf8')
      versions[name] = (JSON.parse(description) as { version: string }).version
    } catch {
      // Not installed: it has no version to tell.
    }
  }
  return versions
}

/**
 * The command that adds packages and leaves package.json as it is. `npm install --no-save` removes the optional packages
 * that it is not told of and installs those anew that it is told of, so the command names all of them, and links a
 * TensorFlow again that tools:link-tensorflow has linked.
 */
export function installCommand(wanted: readonly OptionalPackage[]): string {
  const named = (Object.keys(VERSIONS) as OptionalPackage[]).filter(
    (name) => wanted.includes(name) || isInstalled(name),
  )
  const isLinked = TENSORFLOW_PACKAGES.some(hasLinkedLibrary)
  const words = ['npm install --no-save', ...(isLinked ? ['--ignore-scripts'] : [])]
  const install = [...words, ...named.map((name) => `${name}@${VERSIONS[name]}`)].join(' ')
  return isLinked ? `${install} && ${LINK_COMMAND}` : install
}

/** Whether the library is one that tools:link-tensorflow has linked, not the one that comes with the package. */
function hasLinkedLibrary(name: OptionalPackage): boolean {
  if (!isInstalled(name)) return false
  const description = createRequire(import.meta.url).resolve(`${name}/package.json`)
  const headers = lstatSync(join(dirname(description), 'deps', 'include'), { throwIfNoEntry: false })
  return headers?.isSymbolicLink() ?? false
}
