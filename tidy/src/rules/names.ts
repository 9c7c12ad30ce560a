import type { Finding } from '../finding.ts'
import { entriesOf, packagesOf, resolveImport, type Sources } from '../import-graph.ts'
import type { Tree } from '../tree.ts'

const vague = /(?:^|\/)(utils?|common|misc|helpers?|shared|lib)\//

export function vagueFolders(tree: Tree): Finding[] {
  return [...tree.keys()]
    .filter((path) => path.endsWith('.ts') && vague.test(path))
    .map((path) => ({ where: path, what: `a folder named ${vague.exec(path)?.[1]} says nothing of what is in it` }))
}

/** A JSON file at the root that no other file names is left over from a try. */
export function unnamedRootFiles(tree: Tree): Finding[] {
  return [...tree.keys()]
    .filter((path) => /^[^/]+\.json$/.test(path))
    .filter((path) => ![...tree].some(([other, text]) => other !== path && text.includes(path)))
    .map((path) => ({ where: path, what: 'no other file names it' }))
}

/**
 * A name that two packages export would mean two things. One package passing on another's name counts, too.
 *
 * @param except a package that passes names on to whoever is outside of the repository
 */
export function sharedNames(tree: Tree, sources: Sources, except?: string): Finding[] {
  const exporters = new Map<string, Set<string>>()
  for (const name of packagesOf(tree)) {
    if (name === except) continue
    for (const entry of entriesOf(tree, name).values()) {
      for (const exported of namesOf(tree, sources, entry)) {
        exporters.set(exported, (exporters.get(exported) ?? new Set()).add(name))
      }
    }
  }
  return [...exporters]
    .filter(([, packages]) => packages.size > 1)
    .map(([exported, packages]) => ({ where: exported, what: `exported by ${[...packages].sort().join(' and ')}` }))
}

function namesOf(tree: Tree, sources: Sources, path: string): string[] {
  const source = sources.get(path)
  if (source === undefined) return []
  const passedOn = source.passedOnWhole.flatMap((request) => {
    const target = resolveImport(tree, path, request)
    return target !== null && 'file' in target ? namesOf(tree, sources, target.file) : []
  })
  return [...source.exportedNames, ...passedOn]
}
