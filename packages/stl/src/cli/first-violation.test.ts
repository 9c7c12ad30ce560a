import { describe, expect, it } from 'vitest'
import { checkFormula } from './check-formula.ts'

const trace = {
  samples: { x: Float64Array.of(0.1, 0.7, 0.2) },
  length: 3,
  lines: Float64Array.of(2, 3, 4),
  badCells: new Map(),
}

/** Each compilation of a formula, or of a part of it, asks once which signals there are. */
function check(formula: string, pointsOut: boolean) {
  let compilations = 0
  const counted = {
    ...trace,
    get names() {
      compilations++
      return ['x']
    },
  }
  const settings = { trace: counted, times: null, options: {}, online: false, pointsOut }
  const { verdict, violation } = checkFormula(formula, settings)
  return { verdict, violation, compilations }
}

describe('the first violation', () => {
  it('is not looked for where nobody asks for it', () => {
    expect(check('G (x < 0.5 and x > 0)', false)).toEqual({ verdict: 'violated', violation: null, compilations: 1 })
  })

  it('is found 100 levels down', () => {
    expect(check(`${'G '.repeat(100)}(x < 0.5)`, true).violation).toMatchObject({ step: 1, part: 'x < 0.5' })
  })

  it('is the part that was reached in a formula as deep as one may be', () => {
    const { violation, compilations } = check(`${'G '.repeat(3000)}(x < 0.5)`, true)
    expect(violation).toMatchObject({ step: 0, robustness: expect.closeTo(-0.2, 10) })
    expect(violation?.part.match(/always/g)).toHaveLength(2900)
    expect(compilations).toBeLessThan(210)
  })
})
