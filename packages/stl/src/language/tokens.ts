/** The words of the language. Keywords are those of RTAMT's grammar, with release (R) added. */
import { createToken, Lexer, type TokenType } from 'chevrotain'
import type { BinaryOperator, TemporalBinaryOperator, TemporalOperator, UnaryOperator } from './formula.ts'

// Categories: the grammar asks for these; the words below belong to them.
export const Prefix = createToken({ name: 'Prefix', pattern: Lexer.NA })
export const TemporalPrefix = createToken({ name: 'TemporalPrefix', pattern: Lexer.NA })
export const Infix = createToken({ name: 'Infix', pattern: Lexer.NA })
export const TemporalInfix = createToken({ name: 'TemporalInfix', pattern: Lexer.NA })

export const Name = createToken({ name: 'Name', pattern: /[A-Za-z_$][\w$.]*/ })
export const QuotedName = createToken({ name: 'QuotedName', pattern: /"[^"\n]+"/ })
export const NumberLiteral = createToken({
  name: 'Number',
  pattern: /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/,
})
export const True = word('True', ['true', 'TRUE'], [])
export const False = word('False', ['false', 'FALSE'], [])
export const Infinite = word('Infinite', ['infinity', 'inf'], [])

/** What a prefix word means. */
export const PREFIX_OPERATORS: Readonly<Record<string, UnaryOperator | TemporalOperator>> = {
  '-': 'negate',
  '!': 'not',
  not: 'not',
  next: 'next',
  X: 'next',
  s_next: 's_next',
  sX: 's_next',
  prev: 'prev',
  Y: 'prev',
  s_prev: 's_prev',
  sY: 's_prev',
  always: 'always',
  G: 'always',
  eventually: 'eventually',
  F: 'eventually',
  historically: 'historically',
  H: 'historically',
  once: 'once',
  O: 'once',
}

/** What an infix word means. */
export const INFIX_OPERATORS: Readonly<Record<string, BinaryOperator | TemporalBinaryOperator>> = {
  and: 'and',
  '&': 'and',
  '&&': 'and',
  or: 'or',
  '|': 'or',
  '||': 'or',
  implies: 'implies',
  '->': 'implies',
  iff: 'iff',
  '<->': 'iff',
  xor: 'xor',
  until: 'until',
  U: 'until',
  unless: 'unless',
  W: 'unless',
  release: 'release',
  R: 'release',
  since: 'since',
  S: 'since',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '==': '==',
  '!==': '!==',
  '!=': '!==',
  '+': '+',
  '-': '-',
  '*': '*',
  '/': '/',
}

const plainPrefixes = [
  word('Not', ['not', '!'], [Prefix]),
  word('Next', ['next', 'X'], [Prefix]),
  word('StrongNext', ['s_next', 'sX'], [Prefix]),
  word('Previous', ['prev', 'Y'], [Prefix]),
  word('StrongPrevious', ['s_prev', 'sY'], [Prefix]),
]
const temporalPrefixes = [
  word('Always', ['always', 'G'], [TemporalPrefix]),
  word('Eventually', ['eventually', 'F'], [TemporalPrefix]),
  word('Historically', ['historically', 'H'], [TemporalPrefix]),
  word('Once', ['once', 'O'], [TemporalPrefix]),
]
const temporalInfixes = [
  word('Until', ['until', 'U'], [TemporalInfix]),
  word('Unless', ['unless', 'W'], [TemporalInfix]),
  word('Release', ['release', 'R'], [TemporalInfix]),
  word('Since', ['since', 'S'], [TemporalInfix]),
]
const plainInfixes = [
  word('And', ['and', '&&', '&'], [Infix]),
  word('Or', ['or', '||', '|'], [Infix]),
  word('Iff', ['iff', '<->'], [Infix]),
  word('Implies', ['implies', '->'], [Infix]),
  word('Xor', ['xor'], [Infix]),
  word('Comparison', ['!==', '!=', '<=', '>=', '==', '<', '>'], [Infix]),
  word('PlusTimesOver', ['+', '*', '/'], [Infix]),
]
/** Both a sign and a subtraction. */
export const Minus = createToken({ name: 'Minus', pattern: '-', categories: [Prefix, Infix] })

export const Equals = createToken({ name: 'Equals', pattern: '=' })
export const LeftParenthesis = createToken({ name: 'LeftParenthesis', pattern: '(' })
export const RightParenthesis = createToken({ name: 'RightParenthesis', pattern: ')' })
export const LeftBracket = createToken({ name: 'LeftBracket', pattern: '[' })
export const RightBracket = createToken({ name: 'RightBracket', pattern: ']' })
export const Comma = createToken({ name: 'Comma', pattern: ',' })
export const Colon = createToken({ name: 'Colon', pattern: ':' })
export const Semicolon = createToken({ name: 'Semicolon', pattern: ';' })
const Blank = createToken({ name: 'Blank', pattern: /\s+/, group: Lexer.SKIPPED, line_breaks: true })
const LineComment = createToken({ name: 'LineComment', pattern: /\/\/[^\n]*/, group: Lexer.SKIPPED })
const BlockComment = createToken({
  name: 'BlockComment',
  pattern: /\/\*[\s\S]*?\*\//,
  group: Lexer.SKIPPED,
  line_breaks: true,
})

/** Every token, the first that fits wins: comments before "/", "<->" before "<", "->" before "-", words before names. */
export const TOKENS: TokenType[] = [
  Blank,
  LineComment,
  BlockComment,
  True,
  False,
  Infinite,
  ...plainPrefixes.slice(1),
  ...temporalPrefixes,
  ...temporalInfixes,
  ...plainInfixes,
  plainPrefixes[0],
  Minus,
  Equals,
  LeftParenthesis,
  RightParenthesis,
  LeftBracket,
  RightBracket,
  Comma,
  Colon,
  Semicolon,
  NumberLiteral,
  QuotedName,
  Name,
  Prefix,
  TemporalPrefix,
  Infix,
  TemporalInfix,
]

/** Whether a name is a word of the language, so that as a signal it needs quotes. */
export function isWord(name: string): boolean {
  return WORDS.has(name)
}

const WORDS: ReadonlySet<string> = new Set([
  ...Object.keys(PREFIX_OPERATORS),
  ...Object.keys(INFIX_OPERATORS),
  ...['true', 'TRUE', 'false', 'FALSE', 'inf', 'infinity'],
])

/** A word of the language: letters match only where no longer name begins with them. */
function word(name: string, spellings: readonly string[], categories: TokenType[]): TokenType {
  const patterns = spellings.map((spelling) => spelling.replace(/[|*+]/g, '\\$&'))
  const isWord = /^\w+$/.test(spellings[0])
  return createToken({
    name,
    pattern: new RegExp(patterns.join('|')),
    categories,
    ...(isWord ? { longer_alt: Name } : {}),
  })
}
