import { describe, expect, it } from 'vitest'
import { type Exceptions, type Finding, withoutExceptions } from './finding.ts'
import { arrows, exceptions, libraryOwners, limits, publishedPackage } from './house.ts'
import { fileGraph } from './import-graph.ts'
import { isSource } from './places.ts'
import {
  arrowTable,
  forbiddenArrows,
  pathsIntoPackages,
  strayLibraries,
  unusedArrows,
  unusedOwners,
} from './rules/arrows.ts'
import { fileCircles, folderCircles, packageCircles } from './rules/circles.ts'
import { brokenLinks, longLines, stalePaths } from './rules/markdown.ts'
import { sharedNames, unnamedRootFiles, vagueFolders } from './rules/names.ts'
import { largePackages, longFiles, longFunctions } from './rules/sizes.ts'
import { repeatedSymbols, secondMeanings, unknownSymbols } from './rules/symbols.ts'
import {
  misspeltSupport,
  packagesWithoutTests,
  replacedModules,
  supportInDisguise,
  supportInProduct,
} from './rules/test-support.ts'
import { parseSource } from './source-file.ts'
import { readTree, repositoryRoot } from './tree.ts'

// The rules of the house, held against the repository as it is. What may break a rule stands in house.ts with its reason, as long as it does.

const tree = readTree(repositoryRoot)
const sources = new Map(
  [...tree].filter(([path]) => isSource(path)).map(([path, text]) => [path, parseSource(path, text)]),
)
const graph = fileGraph(tree, sources)

function holds(findings: readonly Finding[], excused: Exceptions = {}): void {
  expect(withoutExceptions(findings, excused)).toEqual([])
}

describe('arrows', () => {
  it('run down in the table, which has a row for every package', () => holds(arrowTable(tree, arrows)))
  it('are those of the table, in imports and in package.json', () => holds(forbiddenArrows(tree, graph, arrows)))
  it('are all needed', () => holds(unusedArrows(graph, arrows)))
  it('name packages, not paths into them', () => holds(pathsIntoPackages(sources)))
  it('lead to heavy libraries from their owners alone', () => holds(strayLibraries(tree, sources, libraryOwners)))
  it('lead to heavy libraries from all their owners', () => holds(unusedOwners(tree, sources, libraryOwners)))
})

describe('no circle', () => {
  it('of packages', () => holds(packageCircles(graph)))
  it('of folders', () => holds(folderCircles(graph), exceptions.folderCircles))
  it('of files', () => holds(fileCircles(graph)))
})

describe('sizes', () => {
  it('of files', () => holds(longFiles(sources, limits.fileLines), exceptions.fileSizes))
  it('of functions', () => holds(longFunctions(sources, limits.functionLines), exceptions.functionSizes))
  it('of packages', () => holds(largePackages(sources, limits.packageShare)))
})

describe('names', () => {
  it('spell test support in one way', () => holds(misspeltSupport(tree)))
  it('show which files only tests import', () => holds(supportInDisguise(graph), exceptions.supportInDisguise))
  it('keep test support out of the product', () => holds(supportInProduct(graph)))
  it('are exported by one package each', () => holds(sharedNames(tree, sources, publishedPackage)))
  it('of folders say what is in them', () => holds(vagueFolders(tree)))
  it('of JSON files at the root stand in another file', () => holds(unnamedRootFiles(tree)))
})

it('no quick test replaces a module', () => holds(replacedModules(tree)))

it('every package has a quick test', () => holds(packagesWithoutTests(tree)))

describe('documents', () => {
  it('have lines that a terminal shows', () => holds(longLines(tree, limits.proseLength)))
  it('link to what is there', () => holds(brokenLinks(tree)))
  it('name paths that are there', () => holds(stalePaths(tree)))
})

describe('symbols', () => {
  it('have one meaning in the table', () => holds(repeatedSymbols(tree)))
  it('in shapes are those of the table', () => holds(unknownSymbols(tree)))
  it('mean in comments what the table says', () => holds(secondMeanings(tree)))
})
