import { expect, it } from 'vitest'
import { tinyHouse } from '../tree.fixture.ts'
import { brokenLinks, longLines, stalePaths } from './markdown.ts'

const prose = (text: string) =>
  tinyHouse({ 'docs/a.md': text, 'docs/b.md': '# Two words, twice\n\n## A `b`\n\n## A `b`\n' }).tree

it('a long line is found outside of tables, code and the targets of links', () => {
  const found = (text: string) => longLines(prose(text), 25).map(({ what }) => what)
  const long = 'abcde '.repeat(5)
  expect(found(long)).toEqual(['line 1 is longer than 25 characters'])
  expect(found(`\`\`\`\n\`\`\`\n${long}`)).toEqual(['line 3 is longer than 25 characters'])
  expect(found(`\`\`\`\n${long}\n\`\`\`\n| ${long} |\n[short](https://example.org/${long.trim()})\n`)).toEqual([])
})

it.each(['[x](c.md)', '![x](x.png)', '[x](b.md#three-words)', '[x](#nowhere)', '<img src="x.svg">', '[x]: ../c.md'])(
  'a link that leads nowhere is found: %s',
  (text) => expect(brokenLinks(prose(text))).toHaveLength(1),
)

it.each([
  '[x](b.md)',
  '[x](../docs)',
  '[x](b.md#two-words-twice)',
  '[x](b.md#a-b-1)',
  '[x](https://example.org/c.md)',
  '`[x](c.md)`',
  '# Here\n[x](#here)',
])('a link that leads somewhere passes: %s', (text) => expect(brokenLinks(prose(text))).toEqual([]))

it('a path in a code span that names nothing is found', () => {
  expect(stalePaths(prose('`docs/c.md` and `docs/b.md` and `docs/NAME.json` and `c.md`'))).toEqual([
    { where: 'docs/a.md:1', what: 'there is no docs/c.md' },
  ])
})
