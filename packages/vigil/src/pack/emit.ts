/** TypeScript of the repository made JavaScript and types that stand alone, file by file, in the same folders. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, posix } from 'node:path'
import { COMMANDS } from '../cli/commands.ts'
import { packageError } from '../errors.ts'
import { entryOf, type Workspace } from './closure.ts'

/** Where an import, a started file or the name of a module stands in what the compiler writes. */
const REQUEST = /((?:\bfrom|\bimport)\s*\(?\s*|new URL\(\s*)(["'])([^"'\n]+)\2/g

/** Compiles files of the repository into `out`. @throws {VigilError} PACK_FAILED */
export function compile(
  root: string,
  files: readonly string[],
  out: string,
  workspaces: ReadonlyMap<string, Workspace>,
): void {
  const paths = Object.fromEntries(
    [...workspaces].flatMap(([name, { entries }]) =>
      [...entries].map(([entry, file]) => [posix.join('@vigil', name, entry), [`${root}/${file}`]]),
    ),
  )
  const config = {
    extends: `${root}/tsconfig.base.json`,
    compilerOptions: {
      // What types are is checked by `npm run typecheck`.
      ...{ noEmit: false, noCheck: true, declaration: true, rewriteRelativeImportExtensions: true },
      // Node 22 knows no `using`.
      ...{ target: 'ES2023', lib: ['ESNext', 'DOM'], rootDir: root, outDir: out, paths },
      typeRoots: [`${root}/node_modules/@types`],
    },
    files: files.map((file) => `${root}/${file}`),
  }
  const project = join(out, 'tsconfig.json')
  writeFileSync(project, JSON.stringify(config))
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')
  try {
    execFileSync(process.execPath, [tsc, '-p', project], { encoding: 'utf8' })
  } catch (cause) {
    const { stdout } = cause as { stdout?: string }
    throw packageError('PACK_FAILED', `Package vigil: the compiler refuses it: ${stdout ?? cause}`, { cause })
  }
  rmSync(project)
}

/** Makes what was compiled independent of names that only the repository knows. */
export function standAlone(out: string, workspaces: ReadonlyMap<string, Workspace>): void {
  for (const path of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|d\.ts)$/.test(path) || path.includes('generated/')) continue
    const file = join(out, path)
    writeFileSync(file, rewritten(readFileSync(file, 'utf8'), path, workspaces))
  }
  writeFileSync(join(out, 'packages/command-line/src/call.js'), CALLS)
}

/** @param path of the file, from the root of the package */
export function rewritten(text: string, path: string, workspaces: ReadonlyMap<string, Workspace>): string {
  return text
    .replace(REQUEST, (whole, before: string, quote: string, request: string) => {
      const entry = before.startsWith('new') ? null : entryOf(request, workspaces)
      if (entry === null) return /\.ts$/.test(request) ? `${before}${quote}${built(request)}${quote}` : whole
      const relative = posix.relative(posix.dirname(path), built(entry))
      return `${before}${quote}${relative.startsWith('.') ? relative : `./${relative}`}${quote}`
    })
    .replace(/(?:npx )?\bnx run ([a-z-]+:[a-z-]+)/g, (_, name: string) => calledInPackage(name))
}

/** In the place of packages/command-line/src/call.ts. */
const CALLS = `const WORDS = ${JSON.stringify(Object.fromEntries(Object.entries(COMMANDS).map(([word, { nx }]) => [nx, word])))}
export const callOf = (command) => \`npx vigil \${WORDS[command] ?? command}\`
export const callsOf = ({ command }) => [callOf(command)]
`

/** What was built for the package comes with it. */
function calledInPackage(name: string): string {
  const word = Object.entries(COMMANDS).find(([, { nx }]) => nx === name)?.[0]
  if (word !== undefined) return `npx vigil ${word}`
  return name.endsWith(':build') ? 'npm install --force vigil' : `npx vigil ${name}`
}

function built(path: string): string {
  return path.replace(/\.ts$/, '.js')
}
