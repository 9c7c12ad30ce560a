import { expect, it } from 'vitest'
import { manifest, tinyHouse } from '../tree.fixture.ts'
import { fileCircles, folderCircles, packageCircles } from './circles.ts'

const imports = (...requests: string[]): string => requests.map((request) => `import '${request}'\n`).join('')

it('files in a circle are found by way of others and by types', () => {
  const { graph } = tinyHouse({
    'packages/a/src/one.ts': imports('./two.ts'),
    'packages/a/src/two.ts': imports('./three.ts'),
    'packages/a/src/three.ts': "import type { One } from './one.ts'\n",
    'packages/a/src/four.ts': imports('./one.ts'),
  })
  expect(fileCircles(graph)).toEqual([
    {
      where: 'packages/a/src/one.ts',
      what: 'a circle of imports: packages/a/src/one.ts <-> packages/a/src/three.ts <-> packages/a/src/two.ts',
    },
  ])
})

it('two circles that share no file are two findings', () => {
  const { graph } = tinyHouse({
    'packages/a/src/one.ts': imports('./two.ts'),
    'packages/a/src/two.ts': imports('./one.ts', './three.ts'),
    'packages/a/src/three.ts': imports('./four.ts'),
    'packages/a/src/four.ts': imports('./three.ts'),
  })
  expect(fileCircles(graph)).toHaveLength(2)
})

it('folders in a circle are found where no files are in one', () => {
  const { graph } = tinyHouse({
    'packages/a/src/red/one.ts': imports('../blue/two.ts'),
    'packages/a/src/blue/two.ts': '',
    'packages/a/src/blue/three.ts': imports('../red/four.ts'),
    'packages/a/src/red/four.ts': '',
  })
  expect(fileCircles(graph)).toEqual([])
  expect(folderCircles(graph)).toEqual([{ where: 'packages/a/src', what: 'a circle of imports: blue <-> red' }])
})

it('a folder and the file above it can be in a circle', () => {
  const { graph } = tinyHouse({
    'packages/a/src/team.ts': imports('./parts/one.ts'),
    'packages/a/src/parts/one.ts': '',
    'packages/a/src/parts/two.ts': imports('../team.ts'),
  })
  expect(folderCircles(graph)).toEqual([{ where: 'packages/a/src', what: 'a circle of imports: parts <-> team.ts' }])
})

it('a test may close a circle of folders', () => {
  const { graph } = tinyHouse({
    'packages/a/src/red/one.ts': imports('../blue/two.ts'),
    'packages/a/src/blue/two.ts': '',
    'packages/a/src/blue/two.test.ts': imports('../red/one.ts'),
  })
  expect(folderCircles(graph)).toEqual([])
})

it('packages in a circle are found', () => {
  const { graph } = tinyHouse({
    'packages/a/package.json': manifest(),
    'packages/a/src/index.ts': imports('@vigil/b'),
    'packages/b/package.json': manifest([], { '.': './src/index.ts', './part': './src/part.ts' }),
    'packages/b/src/index.ts': '',
    'packages/b/src/part.ts': imports('@vigil/a'),
  })
  expect(packageCircles(graph)).toEqual([{ where: 'a', what: 'a circle of imports: a <-> b' }])
})
