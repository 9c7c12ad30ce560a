import { expect, it } from 'vitest'
import { tinyHouse } from '../tree.fixture.ts'
import {
  misspeltSupport,
  packagesWithoutTests,
  replacedModules,
  supportInDisguise,
  supportInProduct,
} from './test-support.ts'

it.each(['team-fixture.ts', 'naive-oracle.ts', 'clock.mock.ts', 'fixtures/team.ts', '__tests__/a.ts', 'testing/a.ts'])(
  'another spelling of test support is found: %s',
  (name) => expect(misspeltSupport(tinyHouse({ [`packages/a/src/${name}`]: '' }).tree)).toHaveLength(1),
)

it.each(['team.fixture.ts', 'naive.oracle.ts', 'rows.arbitrary.ts', 'oracle.ts', 'team.test.ts'])(
  '%s is well spelt',
  (name) => expect(misspeltSupport(tinyHouse({ [`packages/a/src/${name}`]: '' }).tree)).toEqual([]),
)

it('product code that imports test support or a test is found', () => {
  const { graph } = tinyHouse({
    'packages/a/src/a.ts': "import './a.fixture.ts'\n",
    'packages/a/src/b.ts': "import './b.test.ts'\n",
    'packages/a/src/a.fixture.ts': '',
    'packages/a/src/b.test.ts': "import './a.fixture.ts'\n",
  })
  expect(supportInProduct(graph).map(({ where }) => where)).toEqual(['packages/a/src/a.ts', 'packages/a/src/b.ts'])
})

it('a file that only tests import is found, until product code imports it, too', () => {
  const files = { 'packages/a/src/a.ts': '', 'packages/a/src/b.test.ts': "import './a.ts'\n" }
  expect(supportInDisguise(tinyHouse(files).graph).map(({ where }) => where)).toEqual(['a.ts'])
  expect(supportInDisguise(tinyHouse({ ...files, 'packages/a/src/c.ts': "import './a.ts'\n" }).graph)).toEqual([])
})

it('what a package exports may be imported by tests of others alone', () => {
  const files = { 'packages/a/src/index.ts': '', 'packages/a/src/b.test.ts': "import './index.ts'\n" }
  expect(supportInDisguise(tinyHouse(files).graph)).toEqual([])
})

it.each([
  ['none', [], ['packages/a']],
  ['slow ones alone', ['packages/a/src/a.slow.test.ts', 'packages/a/src/a.soak.test.ts'], ['packages/a']],
  ['quick ones in another package', ['packages/ab/src/a.test.ts'], ['packages/a']],
  ['a quick one', ['packages/a/src/a.test.ts'], []],
])('a package with a script for quick tests needs one, and has %s', (_, tests, found) => {
  const script = JSON.stringify({ scripts: { test: 'vitest run --project quick' } })
  const tree = new Map([['packages/a/package.json', script], ...tests.map((path) => [path, ''] as const)])
  expect(packagesWithoutTests(tree).map(({ where }) => where)).toEqual(found)
})

it("the script at the root has every package's quick tests", () => {
  const root: [string, string] = ['package.json', '{ "test": "vitest run --project quick" }']
  expect(packagesWithoutTests(new Map([root, ['packages/a/src/a.test.ts', '']]))).toEqual([])
  expect(packagesWithoutTests(new Map([root])).map(({ where }) => where)).toEqual(['.'])
})

it('a quick test that replaces a module is found', () => {
  const tree = new Map([
    ['packages/a/src/a.test.ts', "vi.mo\u0063k('./b.ts')\n"],
    ['packages/a/src/b.slow.test.ts', "vi.mo\u0063k('./b.ts')\n"],
    ['packages/a/src/c.test.ts', "vi.spyOn(console, 'log')\n"],
  ])
  expect(replacedModules(tree).map(({ where }) => where)).toEqual(['a.test.ts'])
})
