import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VigilError } from '@vigil/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mergeSettings, parseFlags, readSpecifications } from './flags.ts'
import { labConfigSchema } from './lab-config-schema.ts'

const OWN = { resume: { value: 'FOLDER', about: 'a run' } }

describe('parseFlags', () => {
  it.each([
    ['--gamma=.9', { gamma: 0.9 }],
    ['--learning-rate=.001', { learningRate: 0.001 }],
    ['--entropy-coef=1.', { entropyCoef: 1 }],
    ['--seed=+3', { seed: 3 }],
    ['--target-kl=none', { targetKl: null }],
    ['--rows=NULL', { rows: null }],
    ['--value-hidden=None', { valueHidden: null }],
    ['--return-normalisation=none', { returnNormalisation: 'none' }],
    ['--anneal=False', { anneal: false }],
    ['--layer-norm=yes', { layerNorm: true }],
    ['--out=none', { out: 'none' }],
    ['--policy-hidden=[64, 32]', { policyHidden: [64, 32] }],
    // Not numbers: the schema refuses them by name.
    ['--seed=0x10', { seed: '0x10' }],
    ['--policy-hidden=64;32', { policyHidden: '64;32' }],
    ['--seed=\u22125', { seed: '\u22125' }],
  ])('reads %s as people mean it', (word, settings) => {
    expect(parseFlags([word], OWN, labConfigSchema).settings).toEqual(settings)
  })

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
      OWN,
      labConfigSchema,
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
    expect([...flags]).toEqual([['resume', 'runs/x=y']])
  })

  it('reads a list of names, which may be empty', () => {
    const read = (word: string) => parseFlags([word], {}, labConfigSchema).settings.defects
    expect(read('--defects=joint-clip,vote-reward')).toEqual(['joint-clip', 'vote-reward'])
    expect(read('--defects= joint-clip, vote-reward ')).toEqual(['joint-clip', 'vote-reward'])
    expect(read('--defects=["joint-clip"]')).toEqual(['joint-clip'])
    expect(read('--defects=none')).toEqual([])
  })

  it('takes a negative number for a value, not for a flag', () => {
    expect(parseFlags(['--rewards.false-negative', '-6'], {}).settings).toEqual({ rewards: { falseNegative: -6 } })
  })

  it.each([
    ['--itterations=3', /Did you mean --iterations\?/],
    ['--resum=x', /Did you mean --resume\?/],
    ['--zzzzzzzzzz', /There is no flag --zzzzzzzzzz\./],
    ['train', /"train" is not a flag/],
    ['--out', /--out needs a value/],
    ['--anneal=', /--anneal needs a value/],
    ['--__proto__=1', /no flag/],
    ['--constructor=1', /no flag/],
  ])('refuses %s', (word, message) => {
    expect(() => parseFlags([word], OWN)).toThrow(message)
    expect(() => parseFlags([word], OWN)).toThrow(VigilError)
  })

  it('never fails otherwise', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        try {
          parseFlags(words, OWN)
        } catch (error) {
          expect(error).toBeInstanceOf(VigilError)
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

describe('readSpecifications', () => {
  it('takes a preset, a formula or a file', async () => {
    const { settings } = parseFlags(['--specifications=G (cpu < 1)', '--pid.integral=0.5'], {})
    expect(settings).toEqual({ specifications: 'G (cpu < 1)', pid: { integral: 0.5 } })
    expect(await readSpecifications('original')).toBe('original')
    expect(await readSpecifications('auto')).toBe('auto')
    expect(await readSpecifications('G (cpu < 1)')).toEqual([{ name: 'specification', formula: 'G (cpu < 1)' }])
    const folder = await mkdtemp(join(tmpdir(), 'vigil-rules-'))
    const path = join(folder, 'rules.json')
    const rules = [{ name: 'a', formula: 'cpu < 1', target: 0.9 }]
    await writeFile(path, JSON.stringify(rules))
    expect(await readSpecifications(path)).toEqual(rules)
    await writeFile(path, '{}')
    await expect(readSpecifications(path)).rejects.toThrow(/must hold a JSON list/)
    await writeFile(path, '[')
    await expect(readSpecifications(path)).rejects.toMatchObject({ code: 'CONFIG_FILE' })
    await rm(folder, { recursive: true })
    await expect(readSpecifications(path)).rejects.toThrow(/cannot be read/)
  })
})
