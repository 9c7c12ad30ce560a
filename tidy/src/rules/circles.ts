import type { Finding } from '../finding.ts'
import { circlesOf, type FileGraph } from '../import-graph.ts'
import { isProduct, packageOf } from '../places.ts'

/** Files that import each other, types included, directly or by way of others. */
export function fileCircles(graph: FileGraph): Finding[] {
  return circlesOf(graph).map((circle) => finding(circle[0] as string, circle))
}

/**
 * Folders in a circle. At every level the entries of one folder, files and folders alike, are the nodes, and an import between two
 * files is an arrow between the two entries where their paths part. Tests may stand beside anything, so only product code counts.
 */
export function folderCircles(graph: FileGraph): Finding[] {
  const levels = new Map<string, Map<string, Set<string>>>()
  for (const [from, targets] of graph) {
    if (!isProduct(from)) continue
    for (const to of targets) {
      if (packageOf(from) !== packageOf(to)) continue
      const { level, left, right } = parting(from, to)
      const entries = levels.get(level) ?? new Map<string, Set<string>>()
      levels.set(level, entries)
      entries.set(left, (entries.get(left) ?? new Set()).add(right))
    }
  }
  return [...levels].flatMap(([level, entries]) => circlesOf(entries).map((circle) => finding(level, circle)))
}

/** Packages in a circle, by their imports. */
export function packageCircles(graph: FileGraph): Finding[] {
  const arrows = new Map<string, Set<string>>()
  for (const [from, targets] of graph) {
    const name = packageOf(from) as string
    const reached = arrows.get(name) ?? new Set<string>()
    arrows.set(name, reached)
    for (const to of targets) reached.add(packageOf(to) as string)
  }
  return circlesOf(arrows).map((circle) => finding(circle[0] as string, circle))
}

function finding(where: string, circle: readonly string[]): Finding {
  return { where, what: `a circle of imports: ${circle.join(' <-> ')}` }
}

/** The folder where two paths part, and the entries of it that lead to each. */
function parting(from: string, to: string): { level: string; left: string; right: string } {
  const a = from.split('/')
  const b = to.split('/')
  let depth = 0
  while (depth < a.length - 1 && depth < b.length - 1 && a[depth] === b[depth]) depth++
  return { level: a.slice(0, depth).join('/'), left: a[depth] as string, right: b[depth] as string }
}
