import { posix } from 'node:path'
import { packageOf } from './places.ts'
import type { SourceFile } from './source-file.ts'
import type { Tree } from './tree.ts'

export type Sources = ReadonlyMap<string, SourceFile>

/** File -> the repository's files that it imports. */
export type FileGraph = ReadonlyMap<string, readonly string[]>

/** Where an import leads: a file of the repository, a package from outside, or nowhere that is committed (generated code). */
export type Target = { file: string } | { external: string } | null

const scope = '@vigil/'

export function fileGraph(tree: Tree, sources: Sources): FileGraph {
  const graph = new Map<string, string[]>()
  for (const [path, source] of sources) {
    const targets = source.imports.flatMap((request) => {
      const target = resolveImport(tree, path, request)
      return target !== null && 'file' in target ? [target.file] : []
    })
    graph.set(path, [...new Set(targets)])
  }
  return graph
}

export function resolveImport(tree: Tree, from: string, request: string): Target {
  if (request.startsWith('.')) {
    const path = posix.join(posix.dirname(from), request)
    const file = [path, `${path}.ts`, `${path}/index.ts`].find((candidate) => tree.has(candidate))
    return file === undefined ? null : { file }
  }
  if (request.startsWith(scope)) {
    const [name = '', ...rest] = request.slice(scope.length).split('/')
    const file = entriesOf(tree, name).get(['.', ...rest].join('/'))
    return file === undefined ? null : { file }
  }
  const [first = '', second = ''] = request.split('/')
  return { external: first.startsWith('@') ? `${first}/${second}` : first }
}

/** What a package's `exports` names: `.` -> `packages/stl/src/index.ts`. */
export function entriesOf(tree: Tree, name: string): Map<string, string> {
  const folder = tree.has(`packages/${name}/package.json`) ? `packages/${name}` : name
  const manifest = JSON.parse(tree.get(`${folder}/package.json`) ?? '{}')
  const exported: Record<string, string> =
    typeof manifest.exports === 'string' ? { '.': manifest.exports } : (manifest.exports ?? {})
  return new Map(Object.entries(exported).map(([entry, file]) => [entry, posix.join(folder, file)]))
}

export function packagesOf(tree: Tree): string[] {
  const manifests = [...tree.keys()].filter((path) => path.endsWith('/package.json'))
  return [...new Set(manifests.flatMap((path) => packageOf(path) ?? []))].sort()
}

/** The circles of a graph: every set of nodes that reach each other, sorted. */
export function circlesOf(graph: ReadonlyMap<string, Iterable<string>>): string[][] {
  const order = new Map<string, number>()
  const open: string[] = []
  const isOpen = new Set<string>()
  const circles: string[][] = []
  // Tarjan, "Depth-first search and linear graph algorithms", 1972.
  const visit = (node: string): number => {
    const number = order.size
    order.set(node, number)
    open.push(node)
    isOpen.add(node)
    let lowest = number
    for (const next of graph.get(node) ?? []) {
      if (next === node) continue
      if (!order.has(next)) lowest = Math.min(lowest, visit(next))
      else if (isOpen.has(next)) lowest = Math.min(lowest, order.get(next) as number)
    }
    if (lowest === number) {
      const circle = open.splice(open.indexOf(node))
      for (const member of circle) isOpen.delete(member)
      if (circle.length > 1) circles.push(circle.sort())
    }
    return lowest
  }
  for (const node of graph.keys()) if (!order.has(node)) visit(node)
  return circles
}
