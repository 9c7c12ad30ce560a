import { homedir, userInfo } from 'node:os'
import { VigilError } from '@vigil/errors'
import { describe, expect, it, vi } from 'vitest'
import { choiceFlag, type FlagTable, flagsOf, numberFlag, numberOf, readFlags, switchFlag, textFlag } from './flags.ts'

const FLAGS: FlagTable = {
  'threat-rate': { value: 'SHARE', about: 'of threats' },
  'false-positive': { value: 'REWARD', about: 'of a benign event stopped' },
  json: { value: 'FILE', about: 'results' },
  seed: { value: 'N', about: 'of the events' },
}
const read = (...words: string[]) => Object.fromEntries(readFlags(words, FLAGS))

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
    expect(() => read('--agents=3')).toThrow(
      'The flags are --threat-rate, --false-positive, --json, --seed, --verbose.',
    )
  })

  it.each([
    ['quite', 'quiet'],
    ['verbos', 'verbose'],
    ['josn', 'json'],
  ])('knows the flags that every command has: --%s', (written, meant) => {
    const table = { seed: { value: 'N', about: 'of the events' } }
    expect(() => readFlags([`--${written}`], table)).toThrow(`Did you mean --${meant}?`)
    expect(() => readFlags(['--agents=3'], table)).toThrow('The flags are --seed, --json, --quiet, --verbose.')
  })

  it('offers a command that writes data as long as it runs only what it has', () => {
    const message = 'There is no flag --josn. The flags are --seed, --verbose.'
    const table = { seed: { value: 'N', about: 'of the events' } }
    expect(() => readFlags(['--josn'], table, { isStreaming: true })).toThrow(message)
  })

  it('reads what stands behind --', () => {
    expect(read('--', '--seed=1')).toEqual({ seed: '1' })
    expect(() => read('--seed=1', '--')).toThrow('"--" is not a flag')
  })

  it('expands ~ where a path is wanted, as a shell does', () => {
    expect(read('--json=~/x y.json', '--seed=~/x')).toEqual({ json: `${homedir()}/x y.json`, seed: '~/x' })
    expect(read('--json=~', '--threat-rate=a~b')).toEqual({ json: homedir(), 'threat-rate': 'a~b' })
    expect(() => read('--json=~other/x')).toThrow('--json is "~other/x": only ~/ is known here.')
  })

  it('takes an empty HOME for none, and not for the root', () => {
    vi.stubEnv('HOME', '')
    try {
      expect(read('--json=~/x')).toEqual({ json: `${userInfo().homedir}/x` })
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('says how to turn off what is on', () => {
    expect(() => read('--no-json')).toThrow('There is no flag --no-json. Give --json=false.')
  })

  it('bounds what it echoes, and shows no control characters', () => {
    const huge = 'x'.repeat(1_000_000)
    for (const word of [huge, `--${huge}`, `--json=~${huge}`]) {
      const error = attempt(() => read(word))
      expect(error.length).toBeLessThan(600)
    }
    expect(attempt(() => read('\x1b[2Jx'))).toContain('"\\x1b[2Jx" is not a flag')
  })

  it('refuses words that are no flags', () => {
    expect(() => read('0.1')).toThrow('"0.1" is not a flag. Flags look like --threat-rate=VALUE; --help lists them.')
    expect(() => read('-s')).toThrow(VigilError)
  })
})

function attempt(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was refused')
}

describe('numberOf', () => {
  it.each([
    ['.9', 0.9],
    ['1.', 1],
    ['+3', 3],
    ['-8', -8],
    ['1E-3', 0.001],
    [' 5 ', 5],
    ['007', 7],
  ])('reads "%s"', (text, value) => {
    expect(numberOf(text)).toBe(value)
  })

  // The last three: a minus sign, Arabic and full-width digits.
  it.each([
    '',
    '.',
    '0x10',
    '0b1',
    'Infinity',
    'NaN',
    '1,5',
    '1_000',
    '1 000',
    '--1',
    '1e',
    '\u22125',
    '\u0661',
    '\uff11',
  ])('refuses "%s"', (text) => {
    expect(numberOf(text)).toBeNaN()
  })
})

describe('switchFlag', () => {
  it('is on alone, and reads true and false as people spell them', () => {
    const on = (text: string | null) => switchFlag(new Map([['json', text]]), 'json')
    expect([on(null), on('true'), on('True'), on('yes'), on('on')]).toEqual([true, true, true, true, true])
    expect([on('false'), on('No'), on('off'), switchFlag(new Map(), 'json')]).toEqual([false, false, false, false])
    expect(() => on('maybe')).toThrow('--json must be true or false, but is "maybe". Give --json alone.')
    expect(() => on('')).toThrow('--json must be true or false, but has no value.')
  })
})

describe('textFlag', () => {
  it('wants a value where the flag is given', () => {
    expect(textFlag(new Map([['run', 'x']]), 'run')).toBe('x')
    expect(textFlag(new Map(), 'run')).toBeUndefined()
    for (const text of ['', null]) {
      expect(() => textFlag(new Map([['run', text]]), 'run', 'runs/NAME')).toThrow(
        '--run needs a value, as in --run=runs/NAME.',
      )
    }
  })
})

describe('flagsOf', () => {
  it('shows the range that is checked and the choices', () => {
    const table: FlagTable = {
      runs: { value: 'N', about: 'how many', default: 20, number: { min: 1, max: 9, integer: true } },
      only: { value: 'LIST', about: 'which', choices: ['a', 'b'] },
    }
    expect(flagsOf(table)).toMatchObject([
      { name: 'runs', range: 'whole, 1 to 9', default: '20' },
      { name: 'only', range: 'a, b' },
    ])
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
      /^--preset must be one of a, b, but is "c"\.$/,
    )
    expect(() => choiceFlag(new Map([['preset', 'quik']]), 'preset', ['full', 'quick'])).toThrow(
      /^--preset must be one of full, quick, but is "quik"\. Did you mean quick\?$/,
    )
  })
})
