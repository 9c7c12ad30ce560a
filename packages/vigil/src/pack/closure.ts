/** Which files of the repository the published package needs: those that its doors import, and the threads and processes that these start. */
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { packageError } from '../errors.ts'

/** What a package of the workspace is, as far as others reach it. */
export type Workspace = {
  /** from the root of the repository: packages/stl */
  readonly folder: string
  /** `.` -> packages/stl/src/index.ts */
  readonly entries: ReadonlyMap<string, string>
  /** version of each package from outside that it names */
  readonly versions: ReadonlyMap<string, string>
  /** names of those that need not be there */
  readonly optional: readonly string[]
}

/** Files, from the root of the repository, and packages from outside. */
export type Closure = { readonly files: readonly string[]; readonly externals: ReadonlyMap<string, string> }

const IMPORT = /(?:^|[\s;}])(?:import|from)\s*\(?\s*'([^'\n]+)'/gm
/** Threads and processes are started by where their file lies. */
const STARTED = /new URL\(\s*'([^'\n]+\.ts)',\s*import\.meta\.url/g

/**
 * Follows imports and started files from the doors of the package.
 *
 * @param doors files from the root of the repository
 * @throws {VigilError} PACK_INCOMPLETE where one is missing, or is of a package that does not name what it imports
 */
export function closureOf(root: string, doors: readonly string[], workspaces: ReadonlyMap<string, Workspace>): Closure {
  const files = new Set<string>()
  const externals = new Map<string, string>()
  const open = [...doors]
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (files.has(path)) continue
    if (!existsSync(posix.join(root, path))) throw missing(path)
    if (!path.endsWith('.ts')) continue
    files.add(path)
    const text = withoutComments(readFileSync(posix.join(root, path), 'utf8'))
    const started = Array.from(text.matchAll(STARTED), ([, name]) => name)
    open.push(...started.map((name) => posix.join(posix.dirname(path), name)))
    for (const [, request] of text.matchAll(IMPORT)) {
      if (request.startsWith('node:')) continue
      const target = request.startsWith('.') ? posix.join(posix.dirname(path), request) : entryOf(request, workspaces)
      if (target !== null) {
        // Generated code is copied as it is.
        if (!target.includes('/generated/')) open.push(target)
      } else externals.set(...versionOf(request, path, workspaces))
    }
  }
  return { files: [...files].sort(), externals: new Map([...externals].sort(([a], [b]) => (a < b ? -1 : 1))) }
}

/** The file that `@vigil/stl/program` means; null where the package is from outside. */
export function entryOf(request: string, workspaces: ReadonlyMap<string, Workspace>): string | null {
  if (!request.startsWith('@vigil/')) return null
  const [, name, ...rest] = request.split('/')
  const file = workspaces.get(name)?.entries.get(['.', ...rest].join('/'))
  if (file === undefined) throw missing(request)
  return file
}

function versionOf(request: string, path: string, workspaces: ReadonlyMap<string, Workspace>): [string, string] {
  const name = request
    .split('/')
    .slice(0, request.startsWith('@') ? 2 : 1)
    .join('/')
  const own = [...workspaces.values()].find(({ folder }) => path.startsWith(`${folder}/`))
  const version = own?.versions.get(name)
  if (version === undefined) throw missing(`${name}, which ${path} imports,`)
  return [name, version]
}

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*\*?[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '')
}

function missing(what: string) {
  return packageError('PACK_INCOMPLETE', `Package vigil: needs ${what} to be there, received nothing. Run npm ci.`)
}
