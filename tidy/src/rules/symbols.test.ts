import { describe, expect, it } from 'vitest'
import { repeatedSymbols, secondMeanings, unknownSymbols } from './symbols.ts'

const TABLE = `# Symbols

| symbol | name       | meaning                    |
| ------ | ---------- | -------------------------- |
| T      | stepCount  | steps of one rollout       |
| A, n   | agentCount | agents of the team         |
| H      | stateSize  | values of one agent's state |
|        | staleness  | updates that it lacked     |
`

const repository = (source: string, table = TABLE) =>
  new Map([
    ['docs/symbols.md', table],
    ['packages/a/src/x.ts', source],
    ['packages/a/README.md', 'a shape [Q]'],
  ])

const places = (findings: { where: string; what: string }[]) => findings.map(({ where, what }) => `${where} ${what}`)

it('a symbol of two rows is found, also where it shares a row', () => {
  const again = `${TABLE}| n      | nodes      | nodes of a tree            |\n`
  expect(places(repeatedSymbols(repository('', again)))).toEqual(['docs/symbols.md n has two meanings'])
  expect(repeatedSymbols(repository(''))).toEqual([])
})

describe('a letter of a shape', () => {
  it.each([
    ['/** [T, Q] of a rollout */', 'Q'],
    ['/**\n * @param x f32 [A, Z + 1], overwritten\n */', 'Z'],
    ['const x = 1 // [Q]', 'Q'],
    ['  /** -> u8 [T], and f32 [T * Q, A] */', 'Q'],
  ])('is found where the table lacks it: %s', (source, letter) => {
    expect(unknownSymbols(repository(source))).toMatchObject([{ what: expect.stringContaining(` ${letter},`) }])
  })

  it.each([
    '/** [T, A, H], [T - 1], [4], [n, features], [shards, A] */',
    '/** C[M, N] is a product, and E[Q] an expectation */',
    '/** fp_rate[100], the pattern `[A-Z]`, a [Q](link) */',
    'const shape = [Q, Z]',
    "const text = '[Q]'",
  ])('is none here: %s', (source) => expect(unknownSymbols(repository(source))).toEqual([]))
})

describe('a meaning that a comment gives', () => {
  it.each(['/** H, hours of a day */', '/**\n * T, threads */', '  /** -> T, threads */'])('is found: %s', (source) =>
    expect(secondMeanings(repository(source))).toHaveLength(1),
  )

  it.each([
    '/** T, steps of a segment */',
    '/** T, at least 1 */',
    '/** H, values of an agent */',
    '/** A, 1 to 64. */',
    '/** X, anything: the table does not have it, and it is in no shape */',
  ])('is that of the table, or none: %s', (source) => expect(secondMeanings(repository(source))).toEqual([]))

  it('is named by file and line', () => {
    expect(places(secondMeanings(repository('const a = 1\n/** T, threads */')))).toEqual([
      'packages/a/src/x.ts:2 T begins with "threads", which is not its meaning in the table',
    ])
  })
})
