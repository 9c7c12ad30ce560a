import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ownPackage from '../../package.json' with { type: 'json' }
import { COMMANDS } from '../cli/commands.ts'
import { packageError } from '../errors.ts'
import { NODE_MIN } from '../node-version.ts'
import { type Closure, closureOf, type Workspace } from './closure.ts'
import { compile, standAlone } from './emit.ts'
import { readWorkspaces } from './workspaces.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url)).replace(/\/$/, '')
const LIBRARY = 'packages/vigil/src/index.ts'
const COMMAND = 'packages/vigil/src/cli/vigil.ts'

/** Folders of a package that hold no TypeScript and go along as they are: messages, WebAssembly, the page of a service, C. */
const CARRIED = ['generated', 'build', 'native']
/** What a compiler of this machine has made of the C, and tarballs of before. */
const OWN_BUILDS = ['packages/engine-native/build', 'packages/vigil/build']

/** Builds of the repository without which the package would not run. */
const NEEDED = [
  ...['env-wasm/build/env.wasm', 'policy-wasm/build/policy.wasm', 'actors/build/rollout.wasm'],
  'agreement/build/tree.wasm',
  ...['proto/generated/vigil.js', 'agreement/generated/agreement.js', 'dashboard/build/index.html'],
]

/**
 * Makes the tarball from the repository as it is.
 *
 * @param out folder that gets it
 * @returns its path
 * @throws {VigilError} PACK_INCOMPLETE where something has not been built, PACK_FAILED
 */
export function packLibrary(out: string): string {
  for (const file of NEEDED) {
    if (existsSync(join(ROOT, 'packages', file))) continue
    throw packageError('PACK_INCOMPLETE', `Package vigil: needs packages/${file}, received nothing. Run npm run build.`)
  }
  const workspaces = readWorkspaces(ROOT)
  const commands = Object.values(COMMANDS).map(({ file }) => file)
  const closure = closureOf(ROOT, [LIBRARY, COMMAND, ...commands], workspaces)
  const folder = mkdtempSync(join(out, '.pack-'))
  try {
    compile(ROOT, closure.files, folder, workspaces)
    carry(folder, closure, workspaces)
    standAlone(folder, workspaces)
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifestOf(closure, workspaces), null, 2)}\n`)
    chmodSync(join(folder, COMMAND.replace(/\.ts$/, '.js')), 0o755)
    return join(out, npmPack(folder, out))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function carry(folder: string, { files }: Closure, workspaces: ReadonlyMap<string, Workspace>): void {
  for (const { folder: own } of workspaces.values()) {
    if (!files.some((file) => file.startsWith(`${own}/`))) continue
    for (const name of CARRIED) {
      const source = join(own, name)
      if (OWN_BUILDS.includes(source) || !existsSync(join(ROOT, source))) continue
      cpSync(join(ROOT, source), join(folder, source), { recursive: true })
    }
  }
  for (const file of ['LICENSE', 'CHANGELOG.md']) copyFileSync(join(ROOT, file), join(folder, file))
  copyFileSync(join(ROOT, 'packages/vigil/README.md'), join(folder, 'README.md'))
}

/** The package.json that npm gets. */
function manifestOf({ externals }: Closure, workspaces: ReadonlyMap<string, Workspace>) {
  const optional = [...workspaces.values()].flatMap((workspace) => workspace.optional)
  const isOptional = ([name]: readonly [string, string]) => optional.includes(name)
  const peers = [...workspaces.values()].flatMap(({ optional: names, versions }) =>
    names.map((name) => [name, versions.get(name)]),
  )
  const { name, version, license, description } = ownPackage
  return {
    ...{ name, version, description, license, type: 'module' },
    engines: { node: `>=${NODE_MIN}` },
    exports: {
      '.': { types: `./${LIBRARY.replace(/\.ts$/, '.d.ts')}`, default: `./${LIBRARY.replace(/\.ts$/, '.js')}` },
      './package.json': './package.json',
    },
    bin: { vigil: COMMAND.replace(/\.ts$/, '.js') },
    files: ['packages', 'tools', 'CHANGELOG.md'],
    publishConfig: { access: 'public', provenance: true },
    dependencies: Object.fromEntries([...externals].filter((external) => !isOptional(external))),
    peerDependencies: Object.fromEntries(peers),
    peerDependenciesMeta: Object.fromEntries(optional.map((name) => [name, { optional: true }])),
  }
}

function npmPack(folder: string, out: string): string {
  try {
    const words = ['pack', '--json', '--ignore-scripts', `--pack-destination=${out}`]
    const [{ filename }] = JSON.parse(execFileSync('npm', words, { cwd: folder, encoding: 'utf8' })) as {
      filename: string
    }[]
    return filename
  } catch (cause) {
    throw packageError('PACK_FAILED', `Package vigil: npm pack refuses it: ${(cause as Error).message}`, { cause })
  }
}
