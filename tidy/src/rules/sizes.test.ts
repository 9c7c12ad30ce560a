import { expect, it } from 'vitest'
import { tinyHouse } from '../tree.fixture.ts'
import { largePackages, longFiles, longFunctions } from './sizes.ts'

const lines = (count: number): string => 'f()\n'.repeat(count)

it('a file of one line too many is found', () => {
  const { sources } = tinyHouse({ 'packages/a/src/fits.ts': lines(4), 'packages/a/src/long.test.ts': lines(5) })
  expect(longFiles(sources, 4)).toEqual([
    { where: 'long.test.ts', what: 'packages/a/src/long.test.ts has 5 lines, 4 are allowed' },
  ])
})

it.each([
  ['function f() {\n1\n}\n', 'f'],
  ['export default function () {\n1\n}\n', 'default'],
  ['const f = () => {\n1\n}\n', 'f'],
  ['class A {\n  f() {\n1\n  }\n}\n', 'f'],
  ['@inline\nexport function f(): void {\n1\n}\n', 'f'],
])('a function of three lines is found in %j', (text, name) => {
  const { sources } = tinyHouse({ 'packages/a/assembly/a.ts': text, 'packages/a/src/a.test.ts': text })
  expect(longFunctions(sources, 3)).toEqual([])
  expect(longFunctions(sources, 2).map(({ where }) => where)).toEqual([`a.ts ${name}`])
})

it('a package above its share is found; tests, support, comments and blank lines do not count', () => {
  const files = {
    'packages/small/src/a.ts': lines(1),
    'packages/small/src/a.test.ts': lines(9),
    'packages/small/src/a.oracle.ts': lines(9),
    'packages/small/src/b.ts': '// one\n\n/*\n two\n*/\n/** three */\n',
    'packages/large/src/a.ts': lines(3),
  }
  expect(largePackages(tinyHouse(files).sources, 0.75)).toEqual([])
  expect(largePackages(tinyHouse(files).sources, 0.74)).toEqual([
    { where: 'large', what: 'holds 75.0 % of 4 source lines, 74.0 % is allowed' },
  ])
})
