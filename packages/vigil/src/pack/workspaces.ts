import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { Workspace } from './closure.ts'

/** What is read of a package.json. */
type Manifest = {
  readonly exports?: string | Record<string, string>
  readonly dependencies?: Record<string, string>
  readonly peerDependencies?: Record<string, string>
}

/** The packages of the repository by their names without @vigil. */
export function readWorkspaces(root: string): Map<string, Workspace> {
  const folders = ['tools', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)]
  return new Map(
    folders
      .filter((folder) => existsSync(join(root, folder, 'package.json')))
      .map((folder) => [posix.basename(folder), workspaceOf(root, folder)]),
  )
}

function workspaceOf(root: string, folder: string): Workspace {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest
  const { exports = {}, dependencies = {}, peerDependencies = {} } = manifest
  const entries = typeof exports === 'string' ? { '.': exports } : exports
  return {
    folder,
    entries: new Map(Object.entries(entries).map(([entry, file]) => [entry, posix.join(folder, file)])),
    versions: new Map(Object.entries({ ...dependencies, ...peerDependencies })),
    optional: Object.keys(peerDependencies),
  }
}
