import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** npm packages, each with the version that this engine was written for, that a user may add. */
const VERSIONS = {
  '@tensorflow/tfjs-node': '4.22.0',
  '@tensorflow/tfjs-node-gpu': '4.22.0',
  webgpu: '0.6.2',
  '@tensorflow/tfjs-backend-webgpu': '4.22.0',
} as const

export type OptionalPackage = keyof typeof VERSIONS

/** Either gives the backend `tensorflow`; the first that loads is taken. */
export const TENSORFLOW_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const

/** Both are needed for the backend `webgpu`: Dawn for Node, and the kernels of TensorFlow.js. */
export const WEBGPU_PACKAGES = ['webgpu', '@tensorflow/tfjs-backend-webgpu'] as const

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
 * The command that adds packages and leaves package.json as it is. It also names the optional packages that are there
 * already, because `npm install --no-save` removes what it is not told of.
 */
export function installCommand(wanted: readonly OptionalPackage[]): string {
  const all = Object.entries(VERSIONS).filter(
    ([name]) => wanted.includes(name as OptionalPackage) || isInstalled(name as OptionalPackage),
  )
  return `npm install --no-save ${all.map(([name, version]) => `${name}@${version}`).join(' ')}`
}
