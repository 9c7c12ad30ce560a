import { describe, expect, it, vi } from 'vitest'
import { compile } from '../program/compile.ts'
import { checkFormula } from './check-formula.ts'

vi.mock('../program/compile.ts', { spy: true })

const trace = {
  samples: { x: Float64Array.of(0.1, 0.7, 0.2) },
  names: ['x'],
  length: 3,
  lines: Float64Array.of(2, 3, 4),
  badCells: new Map(),
}

function check(formula: string, pointsOut: boolean) {
  vi.mocked(compile).mockClear()
  const { verdict, violation } = checkFormula(formula, { trace, times: null, options: {}, online: false, pointsOut })
  return { verdict, violation, compilations: vi.mocked(compile).mock.calls.length }
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
