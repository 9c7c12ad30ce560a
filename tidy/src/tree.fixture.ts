import { type FileGraph, fileGraph, type Sources } from './import-graph.ts'
import { isSource } from './places.ts'
import { parseSource } from './source-file.ts'
import type { Tree } from './tree.ts'

/** A repository of a few lines, read as the whole one is. */
export function tinyHouse(files: Record<string, string>): { tree: Tree; sources: Sources; graph: FileGraph } {
  const tree = new Map(Object.entries(files))
  const sources = new Map(
    [...tree].filter(([path]) => isSource(path)).map(([path, text]) => [path, parseSource(path, text)]),
  )
  return { tree, sources, graph: fileGraph(tree, sources) }
}

export const manifest = (dependencies: string[] = [], exported: unknown = './src/index.ts'): string =>
  JSON.stringify({
    exports: exported,
    dependencies: Object.fromEntries(dependencies.map((name) => [`@vigil/${name}`, '0'])),
  })
