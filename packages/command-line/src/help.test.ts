import { describe, expect, it } from 'vitest'
import { type Help, helpText, wantsHelp } from './help.ts'

const HELP: Help = {
  command: 'x:y',
  file: 'packages/x/y.ts',
  purpose: 'Does x with all the care that x deserves, and then y, which nobody has asked for.',
  groups: [
    {
      title: 'Flags',
      flags: [
        { name: 'runs', value: 'N', about: 'how many', range: 'whole, 1 to 9', default: '2' },
        { name: 'a-name-that-is-too-long-for-its-column', value: 'PATH', about: 'where' },
        { name: 'quick', about: 'less' },
      ],
    },
  ],
  examples: ['', '--runs=3'],
}

describe('helpText', () => {
  it('has purpose, usage, flags with range and default, examples and exit codes', () => {
    expect(helpText(HELP, 100)).toBe(`Does x with all the care that x deserves, and then y, which nobody has asked for.

Usage: npx nx run x:y --flag=value ...
       npx node packages/x/y.ts --flag=value ...

Flags:
  --runs=N                        how many (whole, 1 to 9; default 2)
  --a-name-that-is-too-long-for-its-column=PATH
                                  where
  --quick                         less

Examples:
  npx nx run x:y
  npx nx run x:y --runs=3

Exit codes: 0 done, 1 failed, 2 bad usage, 3 bad data, 128 + the number of the signal that ended it.
`)
  })

  it.each([20, 40, 79, 200, 0, undefined])('follows the width of the terminal: %s', (columns) => {
    const text = helpText(HELP, columns)
    const width = Math.min(120, Math.max(20, columns || 100))
    const words = text.split('\n').filter((line) => !/^(Usage:| {7}npx| {2}(npx|--))/.test(line))
    for (const line of words) expect(line.length).toBeLessThanOrEqual(width)
    expect(text.split(/\s+/).join(' ')).toContain('how many (whole, 1 to 9; default 2)')
  })
})

describe('wantsHelp', () => {
  it.each([[['--help']], [['-h']], [['help']], [['--runs=3', '--help']]])('is asked by %j', (words) => {
    expect(wantsHelp(words)).toBe(true)
  })

  it.each([[[]], [['--config=--help']], [['--helper']], [['--runs', 'help']]])('is not asked by %j', (words) => {
    expect(wantsHelp(words)).toBe(false)
  })
})
