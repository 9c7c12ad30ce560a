import { VigilError } from '@vigil/errors'
import { describe, expect, it } from 'vitest'
import { presetNames } from '../presets/presets.ts'
import { HELP, parseOptions } from './options.ts'

describe('parseOptions', () => {
  it('is every preset with seed 1 when nothing is said', async () => {
    expect(await parseOptions([])).toEqual({
      presets: presetNames(),
      seeds: [1],
      quick: false,
      out: 'ablations/full',
      without: [],
      with: [],
      overrides: {},
    })
    expect((await parseOptions(['--quick']))?.out).toBe('ablations/quick')
  })

  it('reads lists, groups and settings', async () => {
    const words = ['--presets=no-norm,default', '--seeds=3,1', '--without=inputs+discount,penalty', '--with=joint-clip']
    expect(await parseOptions([...words, '--lstm-hidden=64,64', '--iterations=100', '--out=x'])).toEqual({
      presets: ['no-norm', 'default'],
      seeds: [3, 1],
      quick: false,
      out: 'x',
      without: [['inputs', 'discount'], ['penalty']],
      with: [['joint-clip']],
      overrides: { lstmHidden: [64, 64], iterations: 100 },
    })
  })

  it('explains itself', () => {
    for (const word of ['original', 'time-to-go', 'ratio-matrix', 'quick']) expect(JSON.stringify(HELP)).toContain(word)
  })

  it.each([
    ['--presets=no-nrom', '--presets does not know "no-nrom". Did you mean "no-norm"?'],
    ['--presets=', '--presets needs a value'],
    ['--without=zzzzzzzz', '--without does not know "zzzzzzzz". They are'],
    ['--without=inputs+', '--without does not know "".'],
    ['--with=inputs', '--with does not know "inputs".'],
    ['--seeds=1,,2', '--seeds must be whole numbers from 0 to 4294967295 or ascending ranges'],
    ['--seeds=-1', '--seeds must be whole numbers'],
    ['--seed=2', '--seed is one; give --seeds=1,2,3.'],
    ['--quick=maybe', '--quick must be true or false, but is "maybe".'],
    ['--preset=original', 'There is no flag --preset. Did you mean --presets?'],
  ])('refuses %s', async (word, message) => {
    await expect(parseOptions([word])).rejects.toThrow(VigilError)
    await expect(parseOptions([word])).rejects.toThrow(message)
  })
})
