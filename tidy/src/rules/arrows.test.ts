import { expect, it } from 'vitest'
import { manifest, tinyHouse } from '../tree.fixture.ts'
import { arrowTable, forbiddenArrows, pathsIntoPackages, strayLibraries, unusedArrows, unusedOwners } from './arrows.ts'

const files = {
  'packages/low/package.json': manifest(),
  'packages/low/src/index.ts': 'export const low = 1\n',
  'packages/high/package.json': manifest(['low']),
  'packages/high/src/index.ts': "import { low } from '@vigil/low'\nexport const high = low\n",
}
const down = { high: ['low'], low: [] }

it('an arrow of the table passes', () => {
  const { tree, graph } = tinyHouse(files)
  expect(arrowTable(tree, down)).toEqual([])
  expect(forbiddenArrows(tree, graph, down)).toEqual([])
})

it('a package without a row and a row that names one above it are found', () => {
  const { tree } = tinyHouse(files)
  expect(arrowTable(tree, { low: [] }).map(({ where }) => where)).toEqual(['high'])
  expect(arrowTable(tree, { high: [], low: ['high'] }).map(({ where }) => where)).toEqual(['low -> high'])
})

it.each([
  ["import { high } from '@vigil/high'\n"],
  ["import type { High } from '@vigil/high'\n"],
  ["export { high } from '@vigil/high'\n"],
  ["const { high } = await import('@vigil/high')\n"],
  ["export const typed = (high: import('@vigil/high').High) => high\n"],
  ["import { high } from '../../high/src/index.ts'\n"],
])('an import upwards is found: %s', (text) => {
  const { tree, graph } = tinyHouse({ ...files, 'packages/low/src/up.ts': text })
  expect(forbiddenArrows(tree, graph, down)).toEqual([expect.objectContaining({ where: 'low -> high' })])
})

it('a dependency upwards is found in package.json', () => {
  const { tree, graph } = tinyHouse({ ...files, 'packages/low/package.json': manifest(['high']) })
  expect(forbiddenArrows(tree, graph, down)).toEqual([
    { where: 'low -> high', what: 'package.json imports against the table of arrows' },
  ])
})

it('an arrow that no import needs is found', () => {
  const { graph } = tinyHouse({ ...files, 'packages/low/package.json': manifest(['high']) })
  expect(unusedArrows(graph, down)).toEqual([])
  expect(unusedArrows(graph, { ...down, low: ['high'] }).map(({ where }) => where)).toEqual(['low -> high'])
})

it('a path into another package is found, but not in AssemblyScript', () => {
  const text = "import { low } from '../../low/src/index.ts'\n"
  const { sources } = tinyHouse({ 'packages/high/src/a.ts': text, 'packages/high/assembly/b.ts': text })
  expect(pathsIntoPackages(sources).map(({ where }) => where)).toEqual(['packages/high/src/a.ts'])
})

it('a heavy library in the wrong package is found, by any of its entries', () => {
  const { tree, sources } = tinyHouse({
    'packages/high/src/a.ts': "import * as heavy from 'heavy/core'\n",
    'packages/low/src/a.ts': "import * as heavy from 'heavy'\n",
  })
  expect(strayLibraries(tree, sources, { heavy: ['high'] }).map(({ where }) => where)).toEqual(['low -> heavy'])
})

it('an owner that does not import its library is found', () => {
  const { tree, sources } = tinyHouse({
    ...files,
    'packages/high/src/a.ts': "import 'heavy/core'\n",
  })
  const owners = { heavy: ['high', 'low'] }
  expect(unusedOwners(tree, sources, owners).map(({ where }) => where)).toEqual(['heavy -> low'])
})
