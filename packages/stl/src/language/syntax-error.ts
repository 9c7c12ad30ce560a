/** What a reader is told about a text that is no formula. */
import { EOF, type ILexingError, type IParserErrorMessageProvider, type IToken, type TokenType } from 'chevrotain'
import { errorAt, type Span, type StlError } from '../errors.ts'

/** Words for what could have stood at a place; tokens with the same words are said once. */
const LABELS: Readonly<Record<string, string>> = {
  Prefix: 'an operand',
  TemporalPrefix: 'an operand',
  Not: 'an operand',
  Minus: 'an operand',
  Name: 'an operand',
  QuotedName: 'an operand',
  Number: 'an operand',
  True: 'an operand',
  False: 'an operand',
  LeftParenthesis: '"("',
  RightParenthesis: '")"',
  LeftBracket: '"["',
  RightBracket: '"]"',
  Comma: '","',
  Colon: '":"',
  Semicolon: '";"',
  Equals: '"="',
  EOF: 'the end',
}
const OPERAND = 'a signal, a number, "(", or an operator such as not or always'
const BOUND = 'a number, a constant, or inf'

/** Says what was expected; where and what was found are added by {@link syntaxError}. */
export const EXPECTATIONS: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, ruleName }) => {
    // Behind a whole formula an operator could follow as well as what closes it.
    const label = LABELS[expected.name] ?? expected.name
    const closesFormula = ruleName === 'parenthesis' || ruleName === 'call'
    return closesFormula ? `an operator or ${label}` : label
  },
  buildNotAllInputParsedMessage: () => 'an operator, ";" or the end',
  buildNoViableAltMessage: ({ expectedPathsPerAlt, ruleName }) => {
    if (ruleName === 'bound') return BOUND
    const first = expectedPathsPerAlt.flatMap((paths) => paths.map(([token]) => token))
    return alternatives(first)
  },
  buildEarlyExitMessage: ({ expectedIterationPaths }) => alternatives(expectedIterationPaths.map(([token]) => token)),
}

function alternatives(tokens: readonly TokenType[]): string {
  const labels = new Set(tokens.map(({ name }) => LABELS[name] ?? name))
  if (labels.delete('an operand')) return OPERAND
  return [...labels].join(' or ')
}

/** The error for a token at which the grammar cannot go on. */
export function syntaxError(text: string, { token, expected }: { token: IToken; expected: string }): StlError {
  const atEnd = token.tokenType === EOF
  const span = atEnd ? endOf(text) : { start: token.startOffset, end: token.startOffset + token.image.length }
  const found = atEnd ? 'the end of the formula' : `"${shortened(token.image)}"`
  const isKeyword = !atEnd && /^[A-Za-z]\w*$/.test(token.image) && token.tokenType.name !== 'Name'
  const hint =
    isKeyword && expected === OPERAND
      ? ` If "${token.image}" is a signal, put its name in double quotes, because it is a word of the language.`
      : ''
  return errorAt('SYNTAX', `Expected ${expected}, found ${found}.${hint}`, { text, span })
}

/** The error for a character that begins no word of the language. */
export function characterError(text: string, { offset }: ILexingError): StlError {
  const character = String.fromCodePoint(text.codePointAt(offset)!)
  const isQuote = character === '"' || character === "'"
  const remedy = isQuote
    ? 'A name in quotes needs double quotes on both sides, in one line.'
    : 'Names with other characters than letters a-z, digits, "_", "$" and "." go in double quotes.'
  return errorAt('SYNTAX', `Expected a word of the language, found "${character}". ${remedy}`, {
    text,
    span: { start: offset, end: offset + character.length },
  })
}

/** A text that ends too soon is shown behind its last visible character. */
function endOf(text: string): Span {
  const end = text.trimEnd().length
  return { start: end, end: end + 1 }
}

function shortened(image: string): string {
  return image.length > 40 ? `${image.slice(0, 37)}...` : image
}
