import { posix } from 'node:path'
import type { Finding } from '../finding.ts'
import { type FileGraph, packagesOf, resolveImport, type Sources } from '../import-graph.ts'
import { isTestSupport, packageOf } from '../places.ts'
import type { Tree } from '../tree.ts'

/** Package -> the packages that it may import. From top to bottom: a row names only rows below it. */
export type Arrows = Readonly<Record<string, readonly string[]>>

/** The table itself: every package has a row, and no row names one above it. */
export function arrowTable(tree: Tree, arrows: Arrows): Finding[] {
  const rows = Object.keys(arrows)
  const missing = packagesOf(tree).filter((name) => !(name in arrows))
  return [
    ...missing.map((name) => ({ where: name, what: 'the package has no row in the table of arrows' })),
    ...rows.flatMap((name, row) =>
      (arrows[name] ?? [])
        .filter((target) => rows.indexOf(target) <= row)
        .map((target) => ({ where: `${name} -> ${target}`, what: 'this arrow of the table does not run down' })),
    ),
  ]
}

/** Imports, types included, and dependencies in package.json that the table does not allow. */
export function forbiddenArrows(tree: Tree, graph: FileGraph, arrows: Arrows): Finding[] {
  const uses: { from: string; to: string; by: string }[] = []
  for (const [path, targets] of graph) {
    for (const target of targets) uses.push({ from: packageOf(path) ?? '', to: packageOf(target) ?? '', by: path })
  }
  for (const name of packagesOf(tree)) {
    for (const to of dependenciesOf(tree, name)) uses.push({ from: name, to, by: 'package.json' })
  }
  return uses
    .filter(({ from, to }) => to !== '' && from !== to && !arrows[from]?.includes(to))
    .map(({ from, to, by }) => ({ where: `${from} -> ${to}`, what: `${by} imports against the table of arrows` }))
}

/** Arrows of the table that no import needs: they would let the next one in unseen. */
export function unusedArrows(graph: FileGraph, arrows: Arrows): Finding[] {
  const used = new Set<string>()
  for (const [path, targets] of graph) {
    for (const target of targets) used.add(`${packageOf(path)} -> ${packageOf(target)}`)
  }
  return unused(arrows, used)
}

/**
 * A TypeScript file reaches another package by its name, never by a path: only AssemblyScript has no names, and what supports tests is
 * not exported.
 */
export function pathsIntoPackages(sources: Sources): Finding[] {
  return [...sources].flatMap(([path, source]) =>
    path.includes('/assembly/')
      ? []
      : source.imports
          .filter((request) => request.startsWith('.') && !request.endsWith('.json') && !isTestSupport(request))
          .filter((request) => packageOf(posix.join(posix.dirname(path), request)) !== packageOf(path))
          .map((request) => ({ where: path, what: `imports another package by the path ${request}` })),
  )
}

/** Libraries that only some packages may import, because they are heavy or change how results come about. */
export function strayLibraries(tree: Tree, sources: Sources, owners: Arrows): Finding[] {
  return [...sources].flatMap(([path, source]) =>
    source.imports.flatMap((request) => {
      const target = resolveImport(tree, path, request)
      if (target === null || !('external' in target)) return []
      const allowed = owners[target.external]
      const name = packageOf(path) ?? ''
      if (allowed === undefined || allowed.includes(name) || isTestSupport(path)) return []
      return [{ where: `${name} -> ${target.external}`, what: `${path} imports it, only ${allowed.join(', ')} may` }]
    }),
  )
}

/** Owners of a heavy library that do not import it. */
export function unusedOwners(tree: Tree, sources: Sources, owners: Arrows): Finding[] {
  const used = new Set<string>()
  for (const [path, source] of sources) {
    for (const request of source.imports) {
      const target = resolveImport(tree, path, request)
      if (target !== null && 'external' in target) used.add(`${target.external} -> ${packageOf(path)}`)
    }
  }
  return unused(owners, used)
}

function unused(table: Arrows, used: ReadonlySet<string>): Finding[] {
  return Object.entries(table).flatMap(([from, targets]) =>
    targets
      .map((to) => ({ where: `${from} -> ${to}`, what: 'the table allows it, and no import needs it' }))
      .filter(({ where }) => !used.has(where)),
  )
}

function dependenciesOf(tree: Tree, name: string): string[] {
  const folder = tree.has(`packages/${name}/package.json`) ? `packages/${name}` : name
  const manifest = JSON.parse(tree.get(`${folder}/package.json`) ?? '{}')
  const listed = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }
  return Object.keys(listed).flatMap((dependency) => /^@vigil\/(.*)$/.exec(dependency)?.[1] ?? [])
}
