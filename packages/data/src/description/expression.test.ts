import { describe, expect, it } from 'vitest'
import { cellValue, compileExpression } from './expression.ts'

type Cells = Readonly<Record<string, number | string | null>>

const isTrue = (text: string, cells: Cells) =>
  compileExpression(text, 'where').isTrue((name) => cellValue(cells[name] ?? null))

describe('an expression', () => {
  it.each([
    ['proto == "tcp" && flow.bytes > 3', { proto: 'tcp', 'flow.bytes': 5 }, true],
    ['bytes > 4000 || duration > 1.5', { bytes: 1, duration: 2 }, true],
    ['int == 1 && type == "x" && timestamp >= 0', { int: 1, type: 'x', timestamp: 0 }, true],
    ['row["Flow Bytes/s"] >= 2.5', { 'Flow Bytes/s': 3 }, true],
    ['name.startsWith("x") && size(name) == 2', { name: 'xy' }, true],
    ['name.endsWith("x")', { name: 'xy' }, false],
    ['["a", "b"].exists(p, p == proto)', { proto: 'b' }, true],
    ['proto in ["a", "b"]', { proto: 'c' }, false],
    ['flow.alerted', { 'flow.alerted': 'true' }, true],
    ['!flow.alerted', { 'flow.alerted': 'False' }, true],
    ['a.b.c == "1 or 2"', { 'a.b.c': '1 or 2' }, true],
    ['port == 80 ? proto == "tcp" : false', { port: 80, proto: 'tcp' }, true],
  ])('%s', (text, cells, result) => {
    expect(isTrue(text, cells as unknown as Cells)).toBe(result)
  })

  it('takes a missing cell for null, and is false where it cannot be computed for want of one', () => {
    expect(isTrue('a != null', {})).toBe(false)
    expect(isTrue('a == null', {})).toBe(true)
    expect(isTrue('a > 3', {})).toBe(false)
    expect(isTrue('a', {})).toBe(false)
    expect(isTrue('a == null || a > 3', {})).toBe(true)
  })

  it('names the columns that it looks at, each once, and no variable of its own', () => {
    expect(compileExpression('b.c == 1 || [1].exists(x, x == a && b.c > x)', 'where').columns).toEqual(['a', 'b.c'])
  })

  it.each([
    ['a +', /Unexpected token/],
    ['1 > 0', /looks at no column/],
    ['has(a.b)', /Write column != null/],
    ['a.matches("^(x+)+$")', /Use contains, startsWith or endsWith/],
    ['[1].all(x, [2].all(y, y > x))', /macro within a macro/],
    ['process.exit(1) > a', /fails/],
    ['a.constructor("return 1")() == a', /fails/],
  ])('refuses %s', (text, words) => {
    expect(() => isTrue(text, { a: 1, 'a.b': 1, process: 1 })).toThrow(
      expect.objectContaining({ code: 'EXPRESSION_INVALID', message: expect.stringMatching(words) }),
    )
  })

  it('says what is wrong where it fails on cells that are there', () => {
    expect(() => isTrue('a > "x"', { a: 3 })).toThrow(/"where": the expression 'a > "x"' fails: no such overload/)
    expect(() => isTrue('a', { a: 'x' })).toThrow(/needs true or false as its result, received 'x'/)
  })
})
