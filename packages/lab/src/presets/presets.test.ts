import { readdirSync } from 'node:fs'
import { resolveLabConfig } from '@vigil/config'
import { VigilError } from '@vigil/errors'
import { describe, expect, it } from 'vitest'
import { presetNames, readPreset } from './presets.ts'

describe('the presets', () => {
  it('are the files of the folder', () => {
    const files = readdirSync(new URL('../../presets', import.meta.url)).map((file) => file.replace(/\.json$/, ''))
    expect(presetNames().toSorted()).toEqual(files.toSorted())
  })

  it.each(presetNames())('%s resolves to a config that differs from what it extends in what it says', (name) => {
    const { settings, purpose } = readPreset(name)
    const config = resolveLabConfig(settings, name) as unknown as Record<string, unknown>
    for (const [key, value] of Object.entries(settings)) {
      if (key === 'specifications') continue // a preset of its own, resolved to formulas
      expect(config[key], key).toEqual(value)
    }
    expect(purpose).not.toContain('\n')
  })

  it('change one thing after another', () => {
    const difference = (name: string, from: string) => {
      const [a, b] = [readPreset(name).settings, readPreset(from).settings]
      return Object.keys({ ...a, ...b }).filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]))
    }
    expect(difference('batch-norm', 'stratified')).toEqual(['returnNormalisation'])
    expect(difference('value-coef-5', 'batch-norm')).toEqual(['valueCoef'])
    expect(difference('monte-carlo', 'value-coef-5')).toEqual(['returns'])
    expect(difference('no-norm', 'monte-carlo')).toEqual(['returnNormalisation'])
    expect(difference('running-norm', 'no-norm')).toEqual(['returnNormalisation'])
    expect(difference('td-lambda', 'running-norm')).toEqual(['bootstrap', 'returns'])
    expect(readPreset('default').settings).toEqual({})
  })
})

describe('readPreset', () => {
  const FILES = {
    first: {
      purpose: 'p',
      recorded: 'r',
      settings: { seed: 1, agents: 3, rewards: { truePositive: 5, trueNegative: 2 } },
    },
    second: { purpose: 'q', extends: 'first', settings: { seed: 2, rewards: { truePositive: 10 } } },
    third: { purpose: 's', extends: 'second', settings: { seed: 3 } },
    lost: { purpose: 'x', extends: 'frist', settings: {} },
    circle: { purpose: 'x', extends: 'round', settings: {} },
    round: { purpose: 'x', extends: 'circle', settings: {} },
    wordy: { purpose: 'x', setings: {}, settings: {} },
  }

  it('has what it inherits, the nearest last', () => {
    expect(readPreset('third', FILES)).toEqual({
      name: 'third',
      purpose: 's',
      recorded: null,
      settings: { seed: 3, agents: 3, rewards: { truePositive: 10, trueNegative: 2 } },
    })
    expect(readPreset('first', FILES)).toMatchObject({ recorded: 'r', settings: { seed: 1 } })
  })

  it.each([
    ['thrid', 'There is no preset "thrid". Did you mean "third"?'],
    ['toString', 'There is no preset "toString". The presets are first, second,'],
    ['lost', 'There is no preset "frist" that "lost" extends. Did you mean "first"?'],
    ['circle', 'The presets circle -> round -> circle extend each other in a circle.'],
    ['wordy', 'The preset "wordy" is not one (the file: Unrecognized key: "setings").'],
  ])('refuses %s', (name, message) => {
    expect(() => readPreset(name, FILES)).toThrow(VigilError)
    expect(() => readPreset(name, FILES)).toThrow(message)
  })
})
