import { describe, expect, it } from 'vitest'
import { UsageError } from './errors.ts'
import { choiceFlag, numberFlag, readFlags } from './flags.ts'

const NAMES = ['threat-rate', 'false-positive', 'json', 'seed']
const read = (...words: string[]) => Object.fromEntries(readFlags(words, NAMES))

describe('readFlags', () => {
  it('reads --name=value, --name value, --name, camelCase and negative numbers', () => {
    expect(read('--threatRate=0.1', '--false-positive', '-8', '--json')).toEqual({
      'threat-rate': '0.1',
      'false-positive': '-8',
      json: null,
    })
    expect(read('--json', '--seed=2')).toEqual({ json: null, seed: '2' })
    expect(read('--json=a=b')).toEqual({ json: 'a=b' })
    expect(read('--seed=1', '--seed=2')).toEqual({ seed: '2' })
  })

  it('names the flag that was meant', () => {
    expect(() => read('--treat-rate=1')).toThrow('There is no flag --treat-rate. Did you mean --threat-rate?')
    expect(() => read('--falsePositives=1')).toThrow('Did you mean --false-positive?')
  })

  it('names all flags when none is near', () => {
    expect(() => read('--agents=3')).toThrow('The flags are --threat-rate, --false-positive, --json, --seed.')
  })

  it('refuses words that are no flags', () => {
    expect(() => read('0.1')).toThrow('"0.1" is not a flag. Flags look like --threat-rate=VALUE.')
    expect(() => read('-s')).toThrow(UsageError)
  })
})

describe('numberFlag', () => {
  const number = (text: string | null, integer = false) =>
    numberFlag(new Map([['seed', text]]), 'seed', { min: -1, max: 10, integer })

  it('reads a number in its range', () => {
    expect(number('-1')).toBe(-1)
    expect(number('1e1')).toBe(10)
    expect(numberFlag(new Map(), 'seed', { min: 0, max: 1 })).toBeUndefined()
  })

  it.each(['', ' ', 'NaN', 'Infinity', '-Infinity', '1e999', '10.1', '-2', '8.9%', '1,5', 'true'])(
    'refuses "%s"',
    (text) => {
      expect(() => number(text)).toThrow(/^--seed must be a number from -1 to 10, but (is|has no value)/)
    },
  )

  it('refuses a flag without a value, and parts where a whole is wanted', () => {
    expect(() => number(null)).toThrow('--seed must be a number from -1 to 10, but has no value.')
    expect(() => number('1.5', true)).toThrow('--seed must be an integer from -1 to 10, but is "1.5".')
  })
})

describe('choiceFlag', () => {
  it('accepts a choice and refuses others', () => {
    expect(choiceFlag(new Map([['preset', 'b']]), 'preset', ['a', 'b'])).toBe('b')
    expect(() => choiceFlag(new Map([['preset', 'c']]), 'preset', ['a', 'b'])).toThrow(
      '--preset must be one of a, b, but is "c".',
    )
  })
})
