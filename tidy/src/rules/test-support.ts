import { posix } from 'node:path'
import type { Finding } from '../finding.ts'
import type { FileGraph } from '../import-graph.ts'
import { isProduct, isTest, isTestSupport } from '../places.ts'
import type { Tree } from '../tree.ts'

const otherSpelling =
  /(?:^|\/)(?:__\w+__|tests?|testing|fixtures?|mocks?)\/|[-.](?:fixtures?|oracles?|arbitrar(?:y|ies)|mocks?|stubs?)\.\w+$/

/** Test support has one spelling: `x.fixture.ts`, `x.oracle.ts`, `x.arbitrary.ts`. */
export function misspeltSupport(tree: Tree): Finding[] {
  return [...tree.keys()]
    .filter((path) => /\.(ts|mjs)$/.test(path) && !isTestSupport(path) && otherSpelling.test(path))
    .map((path) => ({
      where: posix.basename(path),
      what: `${path} is test support: spell it x.fixture.ts, x.oracle.ts or x.arbitrary.ts`,
    }))
}

export function supportInProduct(graph: FileGraph): Finding[] {
  return [...graph].flatMap(([path, targets]) =>
    isProduct(path)
      ? targets
          .filter((target) => isTest(target) || isTestSupport(target))
          .map((target) => ({ where: path, what: `product code imports ${target}` }))
      : [],
  )
}

/** A file that only tests import is test support, whatever its name. What a package exports is for anybody. */
export function supportInDisguise(graph: FileGraph): Finding[] {
  const importers = new Map<string, string[]>()
  for (const [path, targets] of graph) {
    for (const target of targets) importers.set(target, [...(importers.get(target) ?? []), path])
  }
  return [...importers]
    .filter(
      ([path, by]) =>
        isProduct(path) && !path.endsWith('/index.ts') && !otherSpelling.test(path) && !by.some(isProduct),
    )
    .map(([path, by]) => ({
      where: posix.basename(path),
      what: `only tests import ${path}, such as ${by[0]}: spell it as test support`,
    }))
}

/** Quick tests share modules with the tests before them, where a replaced one would come too late, or stay. */
export function replacedModules(tree: Tree): Finding[] {
  return [...tree]
    .filter(
      ([path, text]) =>
        /(?<!\.(?:slow|soak))\.test\.ts$/.test(path) && /\bvi\.(?:mock|doMock|resetModules)\(/.test(text),
    )
    .map(([path]) => ({
      where: posix.basename(path),
      what: `${path} replaces a module: hand over what differs instead`,
    }))
}

/** A package whose script runs quick tests has one: without any, Vitest fails. */
export function packagesWithoutTests(tree: Tree): Finding[] {
  const paths = [...tree.keys()]
  return paths.flatMap((path) => {
    const folder = posix.dirname(path)
    if (posix.basename(path) !== 'package.json' || !tree.get(path)!.includes('--project quick')) return []
    const within = folder === '.' ? '' : `${folder}/`
    const isTested = paths.some((other) => other.startsWith(within) && /(?<!\.(?:slow|soak))\.test\.ts$/.test(other))
    return isTested ? [] : [{ where: folder, what: `${folder} has a script for quick tests and no quick test` }]
  })
}
