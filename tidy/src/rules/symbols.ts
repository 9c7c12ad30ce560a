import type { Finding } from '../finding.ts'
import type { Tree } from '../tree.ts'

/** Where the table of symbols is. */
const TABLE = 'docs/symbols.md'

/** Symbols that stand in two rows of the table. */
export function repeatedSymbols(tree: Tree): Finding[] {
  const seen = new Set<string>()
  return rowsOf(tree).flatMap(({ symbols }) =>
    symbols.flatMap((symbol) => {
      if (!seen.has(symbol)) {
        seen.add(symbol)
        return []
      }
      return [{ where: TABLE, what: `${symbol} has two meanings` }]
    }),
  )
}

/** Capital letters in the shapes of comments, as [T, E, A], that the table does not have. */
export function unknownSymbols(tree: Tree): Finding[] {
  const known = meaningsOf(tree)
  return comments(tree).flatMap(({ path, line, text }) =>
    [...text.matchAll(SHAPE)]
      .flatMap((shape) => (shape[1] as string).match(LONE_CAPITAL) ?? [])
      .filter((letter) => !known.has(letter))
      .map((letter) => ({ where: `${path}:${line}`, what: `the table has no ${letter}, which stands in a shape` })),
  )
}

/** Comments that begin with a symbol and give it another meaning than the table, as "S, shards of one run". */
export function secondMeanings(tree: Tree): Finding[] {
  const known = meaningsOf(tree)
  return comments(tree).flatMap(({ path, line, text }) => {
    const [, letter = '', word = ''] = DECLARATION.exec(text) ?? []
    const meaning = known.get(letter)
    if (meaning === undefined || meaning.has(word)) return []
    return [
      { where: `${path}:${line}`, what: `${letter} begins with "${word}", which is not its meaning in the table` },
    ]
  })
}

/** Not an index, as of `x[A]`, nor an expectation, as of `E[x]`. */
const SHAPE = /(?<![\w)\]`'])\[([\w\s,+*/.()]+)\](?!\()/g
const LONE_CAPITAL = /(?<![\w.])[A-Z](?!\w)/g
/** A bound, as "at least 1", is not a meaning. */
const DECLARATION = /^(?:-> )?([A-Z]), (?!at\b|may\b)([a-z]+)/

interface Comment {
  path: string
  line: number
  /** Without its mark. */
  text: string
}

/** The lines of comments in the packages. */
function comments(tree: Tree): Comment[] {
  return [...tree]
    .filter(([path]) => /^packages\/[^/]+\/(?:src|assembly)\/.*\.ts$/.test(path))
    .flatMap(([path, text]) =>
      text.split('\n').flatMap((line, index) => {
        const comment = /^\s*(?:\/\*\*?|\*|\/\/)\s*(.*)$/.exec(line) ?? /\s\/\/ (.*)$/.exec(line)
        return comment === null ? [] : [{ path, line: index + 1, text: comment[1] as string }]
      }),
    )
}

interface Row {
  symbols: string[]
  words: Set<string>
}

/** The rows of the table that have symbols, with the words of their other cells. */
function rowsOf(tree: Tree): Row[] {
  const lines = (tree.get(TABLE) ?? '').split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).flatMap((line) => {
    const [symbols = '', ...others] = line.split('|').slice(1, -1)
    const words = new Set(others.join(' ').match(/[a-z]+/g) ?? [])
    const named = symbols.split(/,\s+/).map((symbol) => symbol.trim())
    return symbols.trim() === '' ? [] : [{ symbols: named, words }]
  })
}

function meaningsOf(tree: Tree): Map<string, Set<string>> {
  return new Map(rowsOf(tree).flatMap(({ symbols, words }) => symbols.map((symbol) => [symbol, words] as const)))
}
