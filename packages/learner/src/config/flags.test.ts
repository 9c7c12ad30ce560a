import { UsageError } from '@vigil/command-line'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeSettings, parseFlags } from './flags.ts'

describe('parseFlags', () => {
  it('reads values in every spelling', () => {
    const { settings, flags } = parseFlags(
      [
        '--seed=3',
        '--iterations',
        '12',
        '--learning-rate=1e-3',
        '--policyHidden=64,32',
        '--value-hidden=null',
        '--anneal=false',
        '--layer-norm',
        '--policy=lstm',
        '--lstm-hidden=32',
        '--features=full',
        '--out=2024',
        '--rewards.true-positive=5',
        '--rewards.falsePositive=-3',
        '--resume=runs/x=y',
      ],
      ['resume'],
    )
    expect(settings).toEqual({
      seed: 3,
      iterations: 12,
      learningRate: 1e-3,
      policyHidden: [64, 32],
      valueHidden: null,
      anneal: false,
      layerNorm: true,
      policy: 'lstm',
      lstmHidden: [32],
      features: 'full',
      out: '2024',
      rewards: { truePositive: 5, falsePositive: -3 },
    })
    expect(flags).toEqual({ resume: 'runs/x=y' })
  })

  it('takes a negative number for a value, not for a flag', () => {
    expect(parseFlags(['--rewards.false-negative', '-6'], []).settings).toEqual({ rewards: { falseNegative: -6 } })
  })

  it.each([
    ['--itterations=3', /Did you mean --iterations\?/],
    ['--resum=x', /Did you mean --resume\?/],
    ['--zzzzzzzzzz', /There is no flag --zzzzzzzzzz\./],
    ['train', /"train" is not a flag/],
    ['--out', /--out needs a value/],
    ['--resume=', /--resume needs a value/],
    ['--__proto__=1', /no flag/],
    ['--constructor=1', /no flag/],
  ])('refuses %s', (word, message) => {
    expect(() => parseFlags([word], ['resume'])).toThrow(message)
    expect(() => parseFlags([word], ['resume'])).toThrow(UsageError)
  })

  it('never fails otherwise', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        try {
          parseFlags(words, ['resume'])
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }),
    )
  })
})

describe('mergeSettings', () => {
  it('lets the command line overrule the file, key by key', () => {
    const file = { seed: 1, agents: 7, rewards: { truePositive: 5, trueNegative: 2 } }
    const merged = mergeSettings(file, { seed: 2, rewards: { truePositive: 6 } })
    expect(merged).toEqual({ seed: 2, agents: 7, rewards: { truePositive: 6, trueNegative: 2 } })
  })
})
