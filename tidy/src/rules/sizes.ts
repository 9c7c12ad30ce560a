import { posix } from 'node:path'
import type { Finding } from '../finding.ts'
import type { Sources } from '../import-graph.ts'
import { isProduct, isTest, packageOf } from '../places.ts'

export function longFiles(sources: Sources, lineLimit: number): Finding[] {
  return [...sources]
    .filter(([, { lineCount }]) => lineCount > lineLimit)
    .map(([path, { lineCount }]) => ({
      where: posix.basename(path),
      what: `${path} has ${lineCount} lines, ${lineLimit} are allowed`,
    }))
}

/** A test's body may be long: it is a list of examples. */
export function longFunctions(sources: Sources, lineLimit: number): Finding[] {
  return [...sources]
    .filter(([path]) => !isTest(path))
    .flatMap(([path, { functions }]) =>
      functions
        .filter(({ lineCount }) => lineCount > lineLimit)
        .map(({ name, lineCount }) => ({
          where: `${posix.basename(path)} ${name}`,
          what: `a function of ${lineCount} lines in ${path}, ${lineLimit} are allowed`,
        })),
    )
}

/** Packages that hold more than their share of the product's lines, blank lines and comments not counted. */
export function largePackages(sources: Sources, shareLimit: number): Finding[] {
  const lineCounts = new Map<string, number>()
  let total = 0
  for (const [path, { sourceLineCount }] of sources) {
    if (!isProduct(path)) continue
    const name = packageOf(path) as string
    lineCounts.set(name, (lineCounts.get(name) ?? 0) + sourceLineCount)
    total += sourceLineCount
  }
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`
  return [...lineCounts]
    .filter(([, lineCount]) => lineCount / total > shareLimit)
    .map(([name, lineCount]) => ({
      where: name,
      what: `holds ${percent(lineCount / total)} of ${total} source lines, ${percent(shareLimit)} is allowed`,
    }))
}
