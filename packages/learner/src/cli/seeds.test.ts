import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { seedsOf } from './seeds.ts'
import { trainSeedsAsked } from './train-seeds-asked.ts'

const seeds = (text: string | null) => seedsOf(new Map([['seeds', text]]))

describe('--seeds', () => {
  it.each([
    ['1..5', [1, 2, 3, 4, 5]],
    ['1,2,7', [1, 2, 7]],
    ['3..4, 1,4', [3, 4, 1]],
    ['0', [0]],
    ['4294967294..4294967295', [4294967294, 4294967295]],
  ])('takes %s', (text, expected) => {
    expect(seeds(text)).toEqual(expected)
  })

  it.each([null, '', ',', '5..1', '1..', '1.5', '-1', '4294967296', '1;2', '1..2..3', 'all'])('refuses %j', (text) => {
    expect(() => seeds(text)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }))
  })

  it('refuses more than a thousand, before it makes them', () => {
    expect(seeds('1..1000')).toHaveLength(1000)
    expect(() => seeds('1..1001')).toThrow('at most 1,000 seeds')
    expect(() => seeds('1..1000,0')).toThrow('at most 1,000 seeds')
    expect(() => seeds('0..4294967295')).toThrow('at most 1,000 seeds')
  })

  it('is undefined where it is not given', () => {
    expect(seedsOf(new Map())).toBeUndefined()
  })
})

describe('--seeds beside a flag of one run', () => {
  const stop = { requested: () => false, onRequest: () => () => undefined }
  const session = { stream: { write: () => undefined }, isTTY: false, stop }
  const asked = (name: string, settings = {}) =>
    trainSeedsAsked({ words: [], settings, flags: new Map([[name, '1']]), seeds: [1, 2] }, session)

  it.each(['resume', 'pause-after', 'skip-evaluation', 'transport', 'hosts-only'])('refuses --%s', async (name) => {
    await expect(asked(name)).rejects.toThrow(`--${name} is of one run, --seeds of several.`)
  })

  it.each(['out', 'seed'])('refuses a config file with the setting %s', async (key) => {
    const folder = mkdtempSync(join(tmpdir(), 'vigil-seeds-'))
    const file = join(folder, 'config.json')
    writeFileSync(file, JSON.stringify({ [key]: key === 'out' ? 'runs/x' : 7 }))
    const words = [`--config=${file}`, '--seeds=1']
    const refused = trainSeedsAsked({ words, settings: {}, flags: new Map([['config', file]]), seeds: [1] }, session)
    await expect(refused).rejects.toThrow(`has the setting "${key}" of one run`)
    rmSync(folder, { recursive: true })
  })

  it('refuses --seed, and a number of processes that is none', async () => {
    await expect(asked('seeds', { seed: 3 })).rejects.toThrow('--seed is of one run')
    const none = { words: [], settings: {}, flags: new Map([['parallel', '0']]), seeds: [1] }
    await expect(trainSeedsAsked(none, session)).rejects.toThrow('--parallel must be an integer from 1')
  })
})
