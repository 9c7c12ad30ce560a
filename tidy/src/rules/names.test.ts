import { expect, it } from 'vitest'
import { manifest, tinyHouse } from '../tree.fixture.ts'
import { sharedNames, unnamedRootFiles, vagueFolders } from './names.ts'

it.each(['utils', 'util', 'common', 'misc', 'helpers'])('a folder named %s is found', (name) =>
  expect(vagueFolders(tinyHouse({ [`packages/a/src/${name}/x.ts`]: '' }).tree)).toHaveLength(1),
)

it('a JSON file at the root that nothing names is found', () => {
  const { tree } = tinyHouse({
    'tsconfig.try.json': '{ "files": ["tsconfig.try.json"] }',
    'nx.json': '{}',
    'docs/x.md': 'See nx.json.',
    'docs/y.json': '{}',
  })
  expect(unnamedRootFiles(tree).map(({ where }) => where)).toEqual(['tsconfig.try.json'])
})

it('a name that two packages export is found by name, whole, and from another entry', () => {
  const { tree, sources } = tinyHouse({
    'packages/a/package.json': manifest(),
    'packages/a/src/index.ts': "export * from './x.ts'\nexport { own } from './x.ts'\n",
    'packages/a/src/x.ts': 'export const own = 1\nexport interface Shared {}\nexport function same() {}\n',
    'packages/b/package.json': manifest([], { '.': './src/index.ts', './part': './src/part.ts' }),
    'packages/b/src/index.ts': "export type { Shared } from './y.ts'\nexport { inner as outer } from './y.ts'\n",
    'packages/b/src/y.ts': 'export interface Shared {}\nexport const inner = 1\nexport const own = 2\n',
    'packages/b/src/part.ts': 'export const same = 1\n',
  })
  expect(
    sharedNames(tree, sources)
      .map(({ where }) => where)
      .sort(),
  ).toEqual(['Shared', 'same'])
  expect(sharedNames(tree, sources, 'b')).toEqual([])
})
