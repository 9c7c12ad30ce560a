import { DEFAULT_REWARDS, REWARD_PRESETS } from '@vigil/env-wasm'
import { describe, expect, it } from 'vitest'
import { HELP, parseOptions } from './options.ts'

describe('parseOptions', () => {
  it('has a default for everything', () => {
    expect(parseOptions([])).toEqual({
      threatRate: 0.1093,
      right: 0.85,
      rewards: DEFAULT_REWARDS,
      preset: 'default',
      samples: 1_000_000,
      seed: 1,
      output: { to: 'table' },
    })
  })

  it('starts from a preset and replaces single rewards', () => {
    expect(parseOptions(['--preset=earlier'])).toMatchObject({ preset: 'earlier', rewards: REWARD_PRESETS.earlier })
    expect(
      parseOptions([
        '--preset=earlier',
        '--false-positive=-4',
        '--restrictive-cost=0',
        '--alert-cost=1',
        '--alerted-threat=0.25',
      ]),
    ).toMatchObject({
      preset: null,
      rewards: { ...REWARD_PRESETS.earlier, falsePositive: -4, restrictiveCost: 0, alertCost: 1, alertedThreat: 0.25 },
    })
  })

  it('sends JSON to stdout or to a file', () => {
    expect(parseOptions(['--json'])).toMatchObject({ output: { to: 'stdout' } })
    expect(parseOptions(['--json=out/a.json'])).toMatchObject({ output: { to: 'file', path: 'out/a.json' } })
    expect(() => parseOptions(['--json='])).toThrow('--json= has no value')
  })

  it.each([
    '--threat-rate=1.01',
    '--threat-rate=-0.1',
    '--right=2',
    '--true-positive=1e7',
    '--false-negative=-Infinity',
    '--restrictive-cost=NaN',
    '--alert-cost=NaN',
    '--alerted-threat=1.5',
    '--alerted-threat=-0.1',
    '--samples=0',
    '--samples=1e9',
    '--seed=4294967296',
    '--preset=old',
  ])('refuses %s', (word) => {
    expect(() => parseOptions([word])).toThrow(word.slice(0, word.indexOf('=')))
  })

  it('gives help, which names every flag', () => {
    for (const flag of [
      'threat-rate',
      'right',
      'preset',
      'true-negative',
      'restrictive-cost',
      'alert-cost',
      'alerted-threat',
      'samples',
      'seed',
      'json',
    ]) {
      expect(HELP.groups[0].flags.map(({ name }) => name)).toContain(flag)
    }
  })
})
