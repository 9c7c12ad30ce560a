import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StlError } from '../errors.ts'
import { arbitraryFormula, asSpecification } from '../formula.arbitrary.ts'
import type { Formula } from './formula.ts'
import { parse } from './parse.ts'
import { print, printFormula } from './print.ts'

/** The shape of a tree: everything but where it was written. */
const shape = (value: unknown) => JSON.parse(JSON.stringify(value, (key, part) => (key === 'span' ? undefined : part)))
const printed = (text: string) => print(parse(text))

function failure(text: string): StlError {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof StlError) return error
    throw error
  }
  throw new Error(`${text} was parsed`)
}

describe('precedence', () => {
  it.each([
    ['a and b or c', '(a and b) or c'],
    ['a or b and c', 'a or (b and c)'],
    ['not a and b', '(not a) and b'],
    ['not a <= b', 'not (a <= b)'],
    ['always a <= b', 'always (a <= b)'],
    ['G a and b', '(G a) and b'],
    ['a until b and c', '(a until b) and c'],
    ['next a until b', '(next a) until b'],
    ['a -> b <-> c', '(a -> b) <-> c'],
    ['a <-> b xor c', '(a <-> b) xor c'],
    ['a or b -> c', '(a or b) -> c'],
    ['a + b * c - d / e', '(a + (b * c)) - (d / e)'],
    ['-a * b', '(-a) * b'],
    ['a + 1 > b', '(a + 1) > b'],
    ['a - b - c', '(a - b) - c'],
    ['a until b until c', '(a until b) until c'],
    ['a * not b <= c and d', '(a * (not (b <= c))) and d'],
    ['! G F a', 'not (always (eventually (a)))'],
  ])('%s is %s', (text, explicit) => {
    expect(shape(parse(text).formula)).toEqual(shape(parse(explicit).formula))
  })

  it('reads a chain of implications as the profile does', () => {
    const rtamt = shape(parse('a -> b -> c').formula)
    const stlcgpp = shape(parse('a -> b -> c', { profile: 'stlcgpp' }).formula)
    expect(rtamt).toEqual(shape(parse('(a -> b) -> c').formula))
    expect(stlcgpp).toEqual(shape(parse('a -> (b -> c)').formula))
  })
})

describe('spellings', () => {
  it.each([
    ['G F H O a', 'always eventually historically once a'],
    ['a U b', 'a until b'],
    ['a W b', 'a unless b'],
    ['a R b', 'a release b'],
    ['a S b', 'a since b'],
    ['X a & Y b', 'next a and prev b'],
    ['sX a | sY b', 's_next a or s_prev b'],
    ['!a && b || c', 'not a and b or c'],
    ['a -> b <-> c', 'a implies b iff c'],
    ['a != b', 'a !== b'],
    ['G[0:5] a', 'always[0,5] a'],
    ['G[2,inf) a', 'always[2,inf] a'],
    ['F[0, 5 s] a', 'eventually[0,5s] a'],
    ['min(a, b, c) < .5e1', 'min(min(a, b), c) < 5'],
    ['"S" > 1 /* a signal */ // called S', '"S" > 1'],
  ])('%s is %s', (text, other) => {
    expect(printed(text)).toBe(printed(other))
  })

  it('has names for parts and for the whole', () => {
    const { definitions, name, formula } = parse('calm = x < 0.5;\nquick = y > 1; out = G (calm -> F[0,5] quick);')
    expect(definitions.map((definition) => definition.name)).toEqual(['calm', 'quick'])
    expect(name).toBe('out')
    expect(printFormula(formula)).toBe('always(calm implies eventually[0, 5](quick))')
  })

  it('knows signals that have a window in their name', () => {
    expect(parse('fp_rate[100]').formula).toMatchObject({ kind: 'name', name: 'fp_rate[100]' })
    expect(printed('fp_rate[100] <= 0.05')).toBe('fp_rate[100] <= 0.05')
  })
})

describe('print', () => {
  it('is read as what was printed, under both profiles', () => {
    const anything = arbitraryFormula({ unboundedFuture: true, unboundedPast: true })
    fc.assert(
      fc.property(anything, fc.constantFrom('rtamt', 'stlcgpp'), (formula, profile) => {
        const text = print(asSpecification(formula))
        expect(shape(parse(text, { profile }).formula)).toEqual(shape(formula))
      }),
      { seed: 1, numRuns: 1000 },
    )
  })

  it('is read as what was printed for what random formulas do not have', () => {
    const text =
      'limit = pow(2, abs(sqrt(x / 3)) - exp(-y)); G[1 ms, N s] ("my signal" >= limit -> F[2, inf] "G") and fp_rate[9] < 1e-7'
    expect(printed(printed(text))).toBe(printed(text))
    expect(shape({ ...parse(printed(text)), text: '' })).toEqual(shape({ ...parse(text), text: '' }))
  })
})

describe('errors', () => {
  it.each([
    ['', 'SYNTAX', 1, 1, 'Expected a signal, a number, "(", or an operator such as not or always, found the end'],
    ['x <', 'SYNTAX', 1, 4, 'found the end of the formula.'],
    ['x < 1)', 'SYNTAX', 1, 6, 'Expected an operator, ";" or the end, found ")".'],
    ['(x < 1', 'SYNTAX', 1, 7, 'Expected an operator or ")", found the end of the formula.'],
    ['a and\n  or b', 'SYNTAX', 2, 3, 'found "or". If "or" is a signal, put its name in double quotes'],
    ['G[1 x', 'SYNTAX', 1, 5, 'Expected "," or ":", found "x".'],
    ['G[,2] x', 'SYNTAX', 1, 3, 'Expected a number, a constant, or inf, found ",".'],
    ['G[0,-N] x', 'SYNTAX', 1, 6, 'Expected a number, found "N".'],
    ['x # 3', 'SYNTAX', 1, 3, 'Expected a word of the language, found "#".'],
    ["x > 'a'", 'SYNTAX', 1, 5, 'needs double quotes'],
    ['x > 1e999', 'SYNTAX', 1, 5, 'Expected a number up to'],
    ['a; b', 'SYNTAX', 1, 1, 'Expected a name ("part = ...")'],
    ['foo(x)', 'UNKNOWN_FUNCTION', 1, 1, '"foo" is no function.'],
    ['averge(x)[3]', 'UNKNOWN_FUNCTION', 1, 1, 'The functions are abs'],
    ['x > abs(1, 2)', 'ARGUMENTS', 1, 5, 'abs takes 1 argument, found 2.'],
    ['min(x)', 'ARGUMENTS', 1, 1, 'min takes 2 arguments or more, found 1.'],
    ['mean(x)', 'WINDOW', 1, 1, 'mean needs a window'],
    ['abs(x)[3]', 'WINDOW', 1, 8, 'abs takes no window'],
    ['a < b < c', 'CHAINED_COMPARISON', 1, 7, 'write "a < b and b < c"'],
    ['a = x; a = y; a', 'DUPLICATE_NAME', 1, 8, '"a" is defined twice'],
  ])('%j: %s at %i:%i, %s', (text, code, line, column, message) => {
    const error = failure(text)
    expect(error).toMatchObject({ code, line, column })
    expect(error.message).toContain(message)
  })

  it('shows the place with a caret, in long lines too', () => {
    expect(failure('x < 1 and\n  y > > 2').excerpt).toBe('  y > > 2\n      ^')
    const { excerpt, column } = failure(`${'x and '.repeat(1000)} ) ${' and x'.repeat(1000)}`)
    expect(column).toBe(6002)
    const [line, caret] = excerpt!.split('\n')
    expect(line.length).toBeLessThan(140)
    expect(line[caret.indexOf('^')]).toBe(')')
  })
})

describe('hostile text', () => {
  it.each([
    ['parentheses', `${'('.repeat(10_000)}x${')'.repeat(10_000)}`, 101],
    ['calls', `${'abs('.repeat(10_000)}x${')'.repeat(10_000)}`, 404],
    ['operators', `${'always('.repeat(10_000)}x${')'.repeat(10_000)}`, 707],
    ['unclosed parentheses', '('.repeat(10_000), 101],
  ])('10,000 %s deep is a typed error at the first that is too deep', (_what, text, column) => {
    expect(failure(text)).toMatchObject({ code: 'TOO_DEEP', line: 1, column })
  })

  it.each([
    ['not ', 'x'],
    ['- ', 'x'],
    ['always ', 'x'],
    ['x and ', 'x'],
    ['x -> ', 'x'],
    ['x - ', 'x'],
  ])('10,000 times %j is a tree like any other', (repeated, end) => {
    const text = repeated.repeat(10_000) + end
    expect(print(parse(text)).length).toBeGreaterThan(10_000)
    expect(print(parse(text, { profile: 'stlcgpp' })).length).toBeGreaterThan(10_000)
  })

  it('has limits that are said', () => {
    expect(failure('x'.repeat(1_000_001))).toMatchObject({ code: 'TOO_LONG' })
    expect(failure('x and '.repeat(30_000))).toMatchObject({ code: 'TOO_LONG', column: 150_001 })
  })

  it('is a formula or a typed error with a place, whatever it is', () => {
    const words =
      'x y G F U W R S H O X Y and or not -> <-> xor ( ) [ ] , : ; = < <= >= == !== + - * / 1 0.5 inf true "q" min( rate( rise( s ms [0,2] [1:3 ms] )[5]'.split(
        ' ',
      )
    const soup = fc.array(fc.constantFrom(...words), { maxLength: 25 }).map((parts) => parts.join(' '))
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ maxLength: 60, unit: 'binary' })), (text) => {
        let formula: Formula
        try {
          formula = parse(text).formula
        } catch (error) {
          if (!(error instanceof StlError)) throw error
          expect(error.line).toBeGreaterThan(0)
          expect(error.column).toBeGreaterThan(0)
          return
        }
        expect(printFormula(formula)).not.toBe('')
      }),
      { seed: 1, numRuns: 3000 },
    )
  })
})
