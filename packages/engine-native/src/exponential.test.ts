/** The functions of native/exponential.h beside those of JavaScript, in every family that runs here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Family } from './native-kernels.ts'
import { compileProgram, FAMILIES, HAS_COMPILER, type Program, WHY_SKIPPED } from './program.fixture.ts'

/** Both signs, from the least that counts to beyond all bounds, and the places where a range begins. */
const SIZES = [
  0, 2.5e-36, 1e-6, 1e-3, 0.1, 0.3, 0.6249, 0.6251, 1, 2.5, 4, 5.93, 6.88, 7.9, 7.91, 9, 20, 87.2, 88.2, 1e4,
]
const NUMBERS = SIZES.flatMap((size) => [Math.fround(size), Math.fround(-size)])

/** What e^x is clamped to. */
const [LEAST, MOST] = [Math.fround(-87.3), Math.fround(88.3)]

type Values = Readonly<Record<'exponential' | 'sigmoid' | 'tangent' | 'logarithm', number>>

describe.skipIf(!HAS_COMPILER)(`exponential.h${WHY_SKIPPED}`, () => {
  let program: Program
  beforeAll(() => {
    program = compileProgram('exponential-values')
  })
  afterAll(() => program.remove())

  const valuesOf = (family: Family, numbers: readonly number[]): Values[] =>
    program.run(family, numbers.map(String)).map((line) => {
      const [exponential, sigmoid, tangent, logarithm] = line.split(' ').map(Number)
      return { exponential, sigmoid, tangent, logarithm }
    })

  it.each(FAMILIES)('is as near as single precision lets it be: %s', (family) => {
    for (const [index, { exponential, sigmoid, tangent, logarithm }] of valuesOf(family, NUMBERS).entries()) {
      const x = NUMBERS[index]
      const clamped = Math.exp(Math.min(Math.max(x, LEAST), MOST))
      expect([x, Math.abs(exponential / clamped - 1) < 3e-7]).toEqual([x, true])
      expect([x, Math.abs(sigmoid * (1 + Math.exp(Math.min(-x, MOST))) - 1) < 4e-7]).toEqual([x, true])
      expect([x, Math.abs(tangent - Math.tanh(x)) <= 4e-7 * Math.abs(Math.tanh(x))]).toEqual([x, true])
      expect([x, Math.abs(tangent) <= 1]).toEqual([x, true])
      if (x > 0) expect([x, Math.abs(logarithm - Math.log(x)) <= 2e-7 * Math.abs(Math.log(x))]).toEqual([x, true])
    }
  })

  it.each(FAMILIES)('makes NaN of NaN: %s', (family) => {
    const [values] = valuesOf(family, [Number.NaN])
    expect(Object.values(values)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
  })
})
