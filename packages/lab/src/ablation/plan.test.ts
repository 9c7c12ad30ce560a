import { VigilError } from '@vigil/errors'
import { describe, expect, it } from 'vitest'
import { presetNames } from '../presets/presets.ts'
import { parseOptions } from './options.ts'
import { planOf } from './plan.ts'

async function plan(...words: string[]) {
  return planOf(await parseOptions(words))
}

describe('planOf', () => {
  it('has every preset for every seed, each in a folder of its own', async () => {
    const { runs, omitted } = await plan('--seeds=1,2', '--out=here')
    expect(runs).toHaveLength(2 * presetNames().length)
    expect(new Set(runs.map(({ config }) => config.out)).size).toBe(runs.length)
    expect(runs[1]).toMatchObject({ name: 'original', preset: 'original', seed: 2, folder: 'original-seed2' })
    expect(runs[1].config).toMatchObject({ seed: 2, out: 'here/original-seed2', lstmHidden: [256, 256] })
    expect(omitted).toEqual([])
  })

  it('takes one cause away at a time, or some together, and nothing else', async () => {
    const causes = 'ratio-matrix,joint-clip,vote-reward,replay-mismatch,partial-metrics,discount,time-to-go,penalty'
    const { runs } = await plan('--presets=original', `--without=${causes},no-faults,inputs,sampling,joint-clip+inputs`)
    const [original, ...others] = runs.map(({ config }) => config as unknown as Record<string, unknown>)
    const changed = others.map((config) =>
      Object.keys(config).filter(
        (key) => key !== 'out' && JSON.stringify(config[key]) !== JSON.stringify(original[key]),
      ),
    )
    expect(changed.map((keys) => keys.toSorted())).toEqual([
      ['defects'],
      ['defects'],
      ['attribution', 'defects'],
      ['defects'],
      ['defects'],
      ['gamma'],
      ['bootstrap'],
      ['stlMode'],
      ['agents', 'faults'],
      ['features'],
      ['sampling'],
      ['defects', 'features'],
    ])
    expect(runs.at(-1)).toMatchObject({
      name: 'original without joint-clip + inputs',
      folder: 'original-without-joint-clip+inputs-seed1',
      config: {
        defects: ['partial-metrics', 'ratio-matrix', 'replay-mismatch', 'value-units', 'vote-reward'],
        features: 'behaviour',
      },
    })
  })

  it('takes a cause away where it is at work, above what the command line says', async () => {
    const { runs, omitted } = await plan('--presets=original', '--agents=7', '--without=no-faults,inputs')
    expect(runs.map(({ config }) => [config.agents, config.faults])).toEqual([
      [7, 2],
      [7, 2],
    ])
    expect(omitted).toEqual(['original without no-faults is original itself and is left out.'])
    const none = await plan('--presets=original', '--agents=7', '--faults=0', '--without=no-faults')
    expect(none.runs[1].config).toMatchObject({ agents: 7, faults: 2 })
    const causes = 'discount,time-to-go,penalty,no-faults,inputs,sampling'
    const well = await plan('--presets=default', '--features=full', '--stl-mode=lagrangian', `--without=${causes}`)
    expect(well.runs.map(({ name }) => name)).toEqual(['default'])
    expect(well.omitted).toHaveLength(6)
  })

  it('trains the same variant once', async () => {
    const words = ['--without=inputs+discount,discount+inputs,discount', '--with=joint-clip+vote-reward,joint-clip']
    const { runs, omitted } = await plan('--presets=original', ...words)
    expect(runs.map(({ name }) => name)).toEqual([
      ...['original', 'original without inputs + discount', 'original without discount'],
    ])
    expect(omitted).toEqual([
      'original without discount + inputs is original without inputs + discount again and is left out.',
      'original with joint-clip + vote-reward is original itself and is left out.',
      'original with joint-clip is original itself and is left out.',
    ])
  })

  it('switches a defect on, and leaves out what would change nothing', async () => {
    const { runs, omitted } = await plan('--presets=default,original', '--with=joint-clip', '--without=penalty')
    expect(runs.map(({ name }) => name)).toEqual([
      'default',
      'default with joint-clip',
      'original',
      'original without penalty',
    ])
    expect(runs[1].config.defects).toEqual(['joint-clip'])
    expect(omitted).toEqual([
      'default without penalty is default itself and is left out.',
      'original with joint-clip is original itself and is left out.',
    ])
  })

  it('gives the command line the last word, and widths of LSTM layers to those that have some', async () => {
    const { runs } = await plan('--quick', '--presets=original,default', '--lstm-hidden=16', '--iterations=7')
    expect(runs[0].config).toMatchObject({ lstmHidden: [16], iterations: 7, policyHidden: [64], rows: 20_000 })
    expect(runs[1].config).toMatchObject({ policy: 'mlp', iterations: 7, policyHidden: [64] })
    const quick = await plan('--quick', '--dataset=darpa-tc', '--data=somewhere', '--presets=original,default')
    expect(quick.runs[0].config).toMatchObject({ rows: null, iterations: 100 })
    expect(quick.runs[1].config.iterations).toBe(60)
  })

  it('says whose settings cannot hold together', async () => {
    await expect(plan('--agents=2', '--faults=1')).rejects.toThrow(/^original: 2 agents cannot tolerate/)
    await expect(plan('--agents=2', '--faults=1')).rejects.toThrow(VigilError)
    await expect(plan('--minibatch-size=many')).rejects.toThrow('original: minibatchSize must be auto or a number')
  })
})
