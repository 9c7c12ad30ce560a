import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extremesOf, type Parameter, parseSpace, unitOf, valueAt, wordOf } from './space.ts'

const read = (text: string) => parseSpace(text, 'space.yaml')

describe('a space', () => {
  it('is read setting by setting, in the order of the file', () => {
    const text = `
learningRate: { from: 0.0005, to: 0.01, scale: log }
epochs: { from: 1, to: 8, step: 1 }
policyHidden: { choices: [[64, 64], [128]] }
pid.integral: { from: 0, to: 1 }`
    expect(read(text)).toEqual([
      { key: 'learningRate', kind: 'range', from: 0.0005, to: 0.01, scale: 'log', step: null },
      { key: 'epochs', kind: 'range', from: 1, to: 8, scale: 'linear', step: 1 },
      { key: 'policyHidden', kind: 'choices', values: [[64, 64], [128]] },
      { key: 'pid.integral', kind: 'range', from: 0, to: 1, scale: 'linear', step: null },
    ])
  })

  it.each([
    ['', /space\.yaml must give each setting/],
    ['learningRate: 0.1', /must give each setting/],
    ['{', /is not YAML/],
    ['a: &a { choices: [1] }\nb: *a', /is not YAML/],
    ['learningRte: { from: 1, to: 2 }', /no setting "learningRte"\. Did you mean "learningRate"\?/],
    ['learningRate: { from: 2, to: 1 }', /from must be below to/],
    ['learningRate: { from: 0, to: 1, scale: log }', /begins above 0/],
    ['epochs: { from: 1, to: 8, scale: log, step: 1 }', /has no step/],
    ['epochs: { from: 1, to: 2, step: 5 }', /step must fit/],
    ['epochs: { choices: [] }', /must give each setting/],
    ['seed: { from: 1, to: 9, step: 1 }', /"seed" cannot be varied/],
    ['rewards.alertCost: { from: 0, to: 9 }', /"rewards\.alertCost" cannot be varied.*--rewards\.alert-cost/],
  ])('refuses %j', (text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'SWEEP_SPACE' }))
    expect(() => read(text)).toThrow(message)
  })
})

describe('valueAt', () => {
  const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const range = (changes: Partial<Extract<Parameter, { kind: 'range' }>>): Parameter => ({
    ...{ key: 'x', kind: 'range', from: 1, to: 100, scale: 'linear', step: null },
    ...changes,
  })

  it('lies within the ends, and rises with the place', () => {
    fc.assert(
      fc.property(unit, unit, fc.constantFrom('linear' as const, 'log' as const), (a, b, scale) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((at) => valueAt(range({ scale }), at) as number)
        expect(low).toBeGreaterThanOrEqual(1)
        expect(high).toBeLessThanOrEqual(100)
        expect(low).toBeLessThanOrEqual(high)
      }),
    )
  })

  it('of a logarithmic range is the geometric mean half way, and of a linear one the arithmetic', () => {
    expect(valueAt(range({ scale: 'log' }), 0.5)).toBe(10)
    expect(valueAt(range({}), 0.5)).toBe(50.5)
  })

  it('takes every step as often as any other', () => {
    const values = Array.from({ length: 400 }, (_, i) => valueAt(range({ from: 1, to: 4, step: 1 }), (i + 0.5) / 400))
    for (const value of [1, 2, 3, 4]) expect(values.filter((other) => other === value)).toHaveLength(100)
    expect(extremesOf(range({ from: 0.1, to: 0.3, step: 0.1 }))).toEqual([0.1, 0.3])
  })

  it('becomes a word that learner:train reads', () => {
    expect(wordOf('policyHidden', [64, 64])).toBe('--policy-hidden=[64,64]')
    expect(wordOf('targetKl', null)).toBe('--target-kl=none')
    expect(wordOf('rule', 'majority')).toBe('--rule=majority')
  })
})

describe('unitOf', () => {
  const PARAMETERS: readonly Parameter[] = [
    { key: 'x', kind: 'range', from: 0.001, to: 0.1, scale: 'log', step: null },
    { key: 'x', kind: 'range', from: -2, to: 3, scale: 'linear', step: null },
    { key: 'x', kind: 'range', from: 0.1, to: 0.7, scale: 'linear', step: 0.1 },
    { key: 'x', kind: 'choices', values: [[64, 64], [128], 'majority', null, 4] },
  ]

  it('is a place at which the parameter has the value', () => {
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(fc.constantFrom(...PARAMETERS), unit, (parameter, at) => {
        const value = valueAt(parameter, at)
        const found = unitOf(parameter, value)
        expect(found).not.toBeNull()
        expect(valueAt(parameter, found!)).toEqual(value)
      }),
    )
    for (const parameter of PARAMETERS) {
      for (const value of extremesOf(parameter)) expect(valueAt(parameter, unitOf(parameter, value)!)).toEqual(value)
    }
  })

  it.each([
    [0, 0.2],
    [0, 0.0009],
    [0, -1],
    [0, 0],
    [1, 'auto'],
    [1, undefined],
    [2, 0.15],
    [2, 0.8],
    [2, 0],
    [3, [64]],
    [3, '4'],
  ])('of parameter %i is none for %j, which it cannot have', (index, value) => {
    expect(unitOf(PARAMETERS[index], value)).toBeNull()
  })
})
