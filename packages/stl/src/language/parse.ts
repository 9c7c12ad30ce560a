/**
 * The grammar.
 *
 *   specification  (definition ";")* (Name "=")? expression ";"?
 *   definition     Name "=" expression
 *   expression     operand ((infix | temporalInfix interval?) operand)*        treeOf makes a tree of it, by precedence
 *   operand        (prefix | temporalPrefix interval?)* primary
 *   primary        Number | true | false | "quoted name" window? | Name window? | Name "(" arguments ")" window?
 *                  | "(" expression ")"
 *   window         "[" bound "]"
 *   interval       "[" bound ("," | ":") bound ("]" | ")")
 *   bound          ("-"? Number | Name) unit?  |  inf
 *
 * Only parentheses and calls recurse, and their depth is limited; rows of operators of any length do not.
 */
import { EmbeddedActionsParser, EOF, type IToken, Lexer } from 'chevrotain'
import { errorAt, type Span } from '../errors.ts'
import { PROFILES, type ProfileName } from '../profile.ts'
import { callOf } from './calls.ts'
import {
  type Bound,
  type Definition,
  type Formula,
  foldFormula,
  type Interval,
  type Specification,
  type Unit,
} from './formula.ts'
import { type InfixItem, type Item, type PrefixItem, treeOf } from './operators.ts'
import { characterError, EXPECTATIONS, syntaxError } from './syntax-error.ts'
import * as token from './tokens.ts'

/** Characters that a text may have. */
const TEXT_LENGTH_MAX = 1_000_000
/** Words that a text may have: time and memory of everything behind the parser grow with them. */
const TOKEN_COUNT_MAX = 50_000
/** Parentheses and calls inside of each other; the parser needs stack for each, and Node's is full at some 400. */
const DEPTH_MAX = 100

const UNITS: Readonly<Record<string, Unit>> = { step: 'steps', steps: 'steps', s: 's', ms: 'ms', us: 'us', ns: 'ns' }

/**
 * Reads a specification.
 *
 * @example
 * ```ts
 * parse('calm = load < 0.9; G (alarm > 0 -> F[0,5] calm)').definitions[0].name // 'calm'
 * ```
 *
 * @param profile decides how a -> b -> c is read
 * @throws {StlError} SYNTAX, TOO_LONG, TOO_DEEP, UNKNOWN_FUNCTION, ARGUMENTS, CHAINED_COMPARISON, DUPLICATE_NAME,
 *   UNUSED_DEFINITION
 */
export function parse(text: string, { profile = 'rtamt' }: { profile?: ProfileName } = {}): Specification {
  if (text.length > TEXT_LENGTH_MAX) throw tooLong(text, TEXT_LENGTH_MAX, `${TEXT_LENGTH_MAX} characters`)
  const { tokens, errors } = lexer.tokenize(text)
  if (errors.length > 0) throw characterError(text, errors[0])
  if (tokens.length > TOKEN_COUNT_MAX) {
    throw tooLong(text, tokens[TOKEN_COUNT_MAX].startOffset, `${TOKEN_COUNT_MAX} words`)
  }
  return parser.read(text, tokens, PROFILES[profile].impliesAssociates)
}

class SpecificationParser extends EmbeddedActionsParser {
  private text = ''
  private impliesAssociates: 'left' | 'right' = 'left'
  private depth = 0

  constructor() {
    super(token.TOKENS, { errorMessageProvider: EXPECTATIONS, maxLookahead: 2, skipValidations: false })
    this.performSelfAnalysis()
  }

  read(text: string, tokens: IToken[], impliesAssociates: 'left' | 'right'): Specification {
    this.text = text
    this.impliesAssociates = impliesAssociates
    this.depth = 0
    this.input = tokens
    const specification = this.specification()
    const [error] = this.errors
    if (error !== undefined) throw syntaxError(text, { token: error.token, expected: error.message })
    return specification
  }

  private readonly specification = this.RULE('specification', (): Specification => {
    const parts: { name: IToken | null; formula: Formula }[] = [this.SUBRULE(this.part)]
    this.MANY({
      // A semicolon behind the last part ends the text.
      GATE: () => this.LA(2).tokenType !== EOF,
      DEF: () => {
        this.CONSUME(token.Semicolon)
        parts.push(this.SUBRULE2(this.part))
      },
    })
    this.OPTION(() => this.CONSUME2(token.Semicolon))
    return this.ACTION(() => specificationOf(this.text, parts))
  })

  private readonly part = this.RULE('part', () => {
    const name = this.OPTION(() => {
      const written = this.CONSUME(token.Name)
      this.CONSUME(token.Equals)
      return written
    })
    return { name: name ?? null, formula: this.SUBRULE(this.expression) }
  })

  private readonly expression = this.RULE('expression', (): Formula => {
    const items: Item[] = []
    this.SUBRULE(this.operand, { ARGS: [items] })
    this.MANY(() => {
      items.push(this.SUBRULE(this.infix))
      this.SUBRULE2(this.operand, { ARGS: [items] })
    })
    return this.ACTION(() => treeOf(items, { text: this.text, impliesAssociates: this.impliesAssociates }))
  })

  private readonly infix = this.RULE('infix', (): InfixItem => {
    let interval: Interval | null = null
    const written = this.OR([
      { ALT: () => this.CONSUME(token.Infix) },
      {
        ALT: () => {
          const word = this.CONSUME(token.TemporalInfix)
          interval = this.OPTION(() => this.SUBRULE(this.interval)) ?? null
          return word
        },
      },
    ])
    return this.ACTION(() => {
      return { kind: 'infix', operator: token.INFIX_OPERATORS[written.image], interval, span: spanOf(written) }
    })
  })

  private readonly operand = this.RULE('operand', (items: Item[]) => {
    this.MANY(() => {
      const prefix = this.SUBRULE(this.prefix)
      this.ACTION(() => items.push(prefix))
    })
    const formula = this.SUBRULE(this.primary)
    this.ACTION(() => items.push({ kind: 'operand', formula }))
  })

  private readonly prefix = this.RULE('prefix', (): PrefixItem => {
    let interval: Interval | null = null
    const written = this.OR([
      { ALT: () => this.CONSUME(token.Prefix) },
      {
        ALT: () => {
          const word = this.CONSUME(token.TemporalPrefix)
          interval = this.OPTION(() => this.SUBRULE(this.interval)) ?? null
          return word
        },
      },
    ])
    return this.ACTION(() => {
      return { kind: 'prefix', operator: token.PREFIX_OPERATORS[written.image], interval, span: spanOf(written) }
    })
  })

  private readonly primary = this.RULE(
    'primary',
    (): Formula =>
      this.OR([
        {
          ALT: () => {
            const written = this.CONSUME(token.NumberLiteral)
            return this.ACTION(
              () => ({ kind: 'number', value: this.numberOf(written), span: spanOf(written) }) as const,
            )
          },
        },
        { ALT: () => this.SUBRULE(this.boolean) },
        { ALT: () => this.SUBRULE(this.call) },
        { ALT: () => this.SUBRULE(this.signal) },
        { ALT: () => this.SUBRULE(this.parenthesis) },
      ]),
  )

  private readonly boolean = this.RULE('boolean', (): Formula => {
    const written = this.OR([{ ALT: () => this.CONSUME(token.True) }, { ALT: () => this.CONSUME(token.False) }])
    return this.ACTION(() => ({ kind: 'boolean', value: written.tokenType === token.True, span: spanOf(written) }))
  })

  private readonly signal = this.RULE('signal', (): Formula => {
    const written = this.OR([{ ALT: () => this.CONSUME(token.Name) }, { ALT: () => this.CONSUME(token.QuotedName) }])
    const window = this.OPTION(() => this.SUBRULE(this.window))
    return this.ACTION((): Formula => {
      const name = written.image.replaceAll('"', '')
      const span = spanOf(written)
      if (window === undefined) return { kind: 'name', name, span }
      const { value, unit } = window.bound
      return {
        kind: 'name',
        name: `${name}[${value}${unit === null ? '' : ` ${unit}`}]`,
        span: { start: span.start, end: window.end },
      }
    })
  })

  private readonly call = this.RULE('call', (): Formula => {
    const written = this.CONSUME(token.Name)
    const open = this.CONSUME(token.LeftParenthesis)
    this.ACTION(() => this.enter(open))
    const operands: Formula[] = []
    this.MANY_SEP({ SEP: token.Comma, DEF: () => operands.push(this.SUBRULE(this.expression)) })
    const close = this.CONSUME(token.RightParenthesis)
    const window = this.OPTION(() => this.SUBRULE(this.window))
    return this.ACTION(() => {
      this.depth--
      const end = window?.end ?? spanOf(close).end
      const call = { name: written.image, operands, window: window?.bound ?? null }
      return callOf(call, { text: this.text, nameSpan: spanOf(written), span: { start: written.startOffset, end } })
    })
  })

  private readonly parenthesis = this.RULE('parenthesis', (): Formula => {
    const open = this.CONSUME(token.LeftParenthesis)
    this.ACTION(() => this.enter(open))
    const inner = this.SUBRULE(this.expression)
    const close = this.CONSUME(token.RightParenthesis)
    return this.ACTION(() => {
      this.depth--
      return { ...inner, span: { start: open.startOffset, end: spanOf(close).end } }
    })
  })

  private readonly window = this.RULE('window', (): { bound: Bound; end: number } => {
    this.CONSUME(token.LeftBracket)
    const bound = this.SUBRULE(this.bound)
    const close = this.CONSUME(token.RightBracket)
    return this.ACTION(() => ({ bound, end: spanOf(close).end }))
  })

  private readonly interval = this.RULE('interval', (): Interval => {
    const open = this.CONSUME(token.LeftBracket)
    const from = this.SUBRULE(this.bound)
    this.OR([{ ALT: () => this.CONSUME(token.Comma) }, { ALT: () => this.CONSUME(token.Colon) }])
    const end = this.OR2([
      {
        ALT: () => {
          this.CONSUME(token.Infinite)
          const close = this.OR3([
            { ALT: () => this.CONSUME(token.RightBracket) },
            { ALT: () => this.CONSUME(token.RightParenthesis) },
          ])
          return { to: null, close }
        },
      },
      { ALT: () => ({ to: this.SUBRULE2(this.bound), close: this.CONSUME2(token.RightBracket) }) },
    ])
    return this.ACTION(() => ({ from, to: end.to, span: { start: open.startOffset, end: spanOf(end.close).end } }))
  })

  private readonly bound = this.RULE('bound', (): Bound => {
    const sign = this.OPTION(() => this.CONSUME(token.Minus))
    const written = this.OR([{ ALT: () => this.CONSUME(token.NumberLiteral) }, { ALT: () => this.CONSUME(token.Name) }])
    const unit = this.OPTION2({
      GATE: () => Object.hasOwn(UNITS, this.LA(1).image),
      DEF: () => this.CONSUME2(token.Name),
    })
    return this.ACTION(() => {
      const isNumber = written.tokenType === token.NumberLiteral
      if (sign !== undefined && !isNumber) throw syntaxError(this.text, { token: written, expected: 'a number' })
      const number = isNumber ? this.numberOf(written) * (sign === undefined ? 1 : -1) : 0
      const value = isNumber ? number : written.image
      const span = { start: (sign ?? written).startOffset, end: spanOf(unit ?? written).end }
      return { value, unit: unit === undefined ? null : UNITS[unit.image], span }
    })
  })

  private numberOf(written: IToken): number {
    const value = Number(written.image)
    if (Number.isFinite(value)) return value
    const message = `Expected a number up to ${Number.MAX_VALUE}, found ${written.image}.`
    throw errorAt('SYNTAX', message, { text: this.text, span: spanOf(written) })
  }

  private enter(open: IToken): void {
    this.depth++
    if (this.depth <= DEPTH_MAX) return
    throw errorAt(
      'TOO_DEEP',
      `Parentheses and calls may be nested ${DEPTH_MAX} deep, found one more. Name parts of the formula: "part = ...; ... part ...".`,
      { text: this.text, span: spanOf(open) },
    )
  }
}

function specificationOf(text: string, parts: readonly { name: IToken | null; formula: Formula }[]): Specification {
  const last = parts[parts.length - 1]
  const names = new Set<string>()
  const definitions = parts.slice(0, -1).map(({ name, formula }): Definition => {
    if (name === null) {
      throw errorAt('SYNTAX', 'Expected a name ("part = ...") before every formula but the last, found none.', {
        text,
        span: formula.span,
      })
    }
    return { name: name.image, formula, span: spanOf(name) }
  })
  for (const { name } of parts) {
    if (name === null) continue
    if (names.has(name.image)) {
      const message = `"${name.image}" is defined twice. Give every definition a name of its own.`
      throw errorAt('DUPLICATE_NAME', message, { text, span: spanOf(name) })
    }
    names.add(name.image)
  }
  assertUsed(text, { definitions, formula: last.formula })
  return {
    text,
    definitions,
    formula: last.formula,
    name: last.name?.image ?? null,
    nameSpan: last.name === null ? null : spanOf(last.name),
  }
}

/** What is defined must be used: "x = 5; y > 0" is "x == 5 and y > 0" by mistake, and would say nothing about x. */
function assertUsed(text: string, { definitions, formula }: Pick<Specification, 'definitions' | 'formula'>): void {
  if (definitions.length === 0) return
  const used = new Set<string>()
  for (const part of [...definitions.map((definition) => definition.formula), formula]) addNames(part, used)
  const unused = definitions.find(({ name }) => !used.has(name))
  if (unused === undefined) return
  const message =
    `"${unused.name}" is defined, but nothing uses it, and only the last formula is what is meant. ` +
    `To compare write "${unused.name} == ...", to mean both join them with "and", or leave the definition out.`
  throw errorAt('UNUSED_DEFINITION', message, { text, span: unused.span })
}

function addNames(formula: Formula, names: Set<string>): void {
  foldFormula<null, null>(formula, {
    context: null,
    pass: () => null,
    combine: (node) => {
      if (node.kind === 'name') names.add(node.name)
      // An interval takes no definitions; that is said where intervals are read.
      const interval = node.kind === 'temporal' || node.kind === 'temporal-binary' ? node.interval : null
      const bounds = node.kind === 'statistic' ? [node.window] : [interval?.from, interval?.to]
      for (const bound of bounds) if (typeof bound?.value === 'string') names.add(bound.value)
      return null
    },
  })
}

function spanOf({ startOffset, image }: IToken): Span {
  return { start: startOffset, end: startOffset + image.length }
}

function tooLong(text: string, at: number, limit: string) {
  const message = `A formula may have ${limit}, found more. Write it as several formulas.`
  return errorAt('TOO_LONG', message, { text, span: { start: at, end: at + 1 } })
}

const lexer = new Lexer(token.TOKENS, { positionTracking: 'onlyOffset', ensureOptimizations: true })
const parser = new SpecificationParser()
