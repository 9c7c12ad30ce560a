import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VigilError } from '@vigil/errors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ablation, readAblation, writeAblation } from './ablation-file.ts'
import { LOSS_ITERATIONS } from './figures.ts'
import { ablationMarkdown, ablationTable } from './table.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-ablation-file-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const FIGURES = {
  losses: LOSS_ITERATIONS.map((iteration) => ({
    iteration,
    criticLoss: iteration > 100 ? null : 49_328,
    valueLoss: iteration > 100 ? null : 0.987,
  })),
  ...{ explainedVariance: 0.01, explainableVarianceCeiling: 0.02, timeToGoShare: 0.96 },
  ...{ rewardMean: -7.9, entropy: 0.2, restrictiveShare: 1 },
  ...{ tp: 100, fp: 900, tn: 0, fn: 0, f1: 2 / 11, accuracy: 0.1, learningSeconds: 61 },
  ...{ alertRate: 0, undecidedRate: 0 },
}
const RUN = { name: 'original', preset: 'original', iterations: 100, failure: null, ...FIGURES }
const NO_SCORES = {
  ...{ tp: null, fp: null, tn: null, fn: null },
  ...{ f1: null, accuracy: null, alertRate: null, undecidedRate: null },
}
const DIVERGED = { ...RUN, name: 'batch-norm', preset: 'batch-norm', seed: 1, folder: 'batch-norm-seed1', ...NO_SCORES }
const SAMPLE: Ablation = {
  quick: null,
  overrides: { dataset: 'darpa-tc' },
  planned: 4,
  runs: [
    { ...RUN, seed: 1, folder: 'original-seed1' },
    { ...RUN, seed: 2, folder: 'original-seed2' },
    { ...DIVERGED, iterations: 60, failure: 'returns must be finite' },
  ],
  means: [
    { name: 'original', preset: 'original', seeds: 2, ...FIGURES },
    { name: 'batch-norm', preset: 'batch-norm', seeds: 1, ...FIGURES, ...NO_SCORES },
  ],
}

describe('ablation.json', () => {
  it('comes back as it was written, and leaves nothing else', async () => {
    const path = join(folder, 'ablation.json')
    await writeAblation(path, SAMPLE)
    expect(await readAblation(path)).toEqual(SAMPLE)
    expect(readdirSync(folder)).toEqual(['ablation.json'])
  })

  it.each([
    ['not JSON', '{"runs": [', /is not JSON/],
    ['another field', JSON.stringify({ ...SAMPLE, note: 1 }), /Unrecognized key: "note"/],
    ['an F1 of other counts', JSON.stringify({ ...SAMPLE, runs: [{ ...SAMPLE.runs[0], f1: 0.9 }] }), /runs\.0\.f1/],
    ['a mean of other runs', JSON.stringify({ ...SAMPLE, runs: [SAMPLE.runs[0]] }), /means\.0\.seeds: must be 1/],
    ['a run without counts', JSON.stringify({ ...SAMPLE, runs: [{ ...DIVERGED, failure: null }] }), /runs\.0\.failure/],
    ['a lost iteration', JSON.stringify(SAMPLE).replace('"iteration":50', '"iteration":51'), /losses\.1\.iteration/],
  ])('refuses %s', async (_, text, message) => {
    const path = join(folder, 'ablation.json')
    writeFileSync(path, text)
    await expect(readAblation(path)).rejects.toThrow(VigilError)
    await expect(readAblation(path)).rejects.toThrow(message)
  })

  it('that is missing is said to be', async () => {
    await expect(readAblation(join(folder, 'none.json'))).rejects.toThrow(/none\.json cannot be read/)
  })
})

describe('the table', () => {
  it('has every run and the mean, without columns of iterations that no run came to', () => {
    const text = ablationTable(SAMPLE, { isTTY: false, environment: {} })
    expect(text).toMatch(/^original +1 +-7\.90 +100 +900 +0 +0 +0\.182 +0 % +0 % +0\.100 +61 s +stops all +yes$/m)
    expect(text).toMatch(/^original +mean of 2 .* 61 s +2 of 2 collapse +2 of 2$/m)
    expect(text).toMatch(/^batch-norm +1 +-7\.90 +- +- +- +- +- +- +- +- +61 s +no end +no$/m)
    expect(text).toMatch(/^original +mean of 2 +49,328 +49,328 +49,328$/m)
    expect(text).toMatch(/^ +seed +10 +50 +100 +explained +ceiling +time-to-go$/m)
  })

  it('has no part of iterations that no run came to, and asks the record of presets alone', () => {
    const losses = FIGURES.losses.map(({ iteration }) => ({ iteration, criticLoss: null, valueLoss: null }))
    const name = 'original without inputs'
    const run = { ...SAMPLE.runs[0], name, iterations: 7, losses }
    const text = ablationMarkdown({ ...SAMPLE, runs: [run], means: [{ ...SAMPLE.means[0], name, seeds: 1, losses }] })
    expect(text.match(/^### .*/gm)).toEqual([
      '### Decisions of the last weights on the test split',
      '### Value loss over the variance of the returns, at iterations',
    ])
    expect(text).not.toContain('recorded')
  })

  it('as Markdown says what was asked for and what failed', () => {
    const text = ablationMarkdown(SAMPLE)
    expect(text).toContain('For all presets: dataset "darpa-tc".')
    expect(text).toContain('3 of 4 trainings are done.')
    expect(text).toContain('batch-norm, seed 1 came to no end after iteration 60: returns must be finite')
    expect(text).toContain('| **original** | **mean of 2** | **-7.90** |')
    const lines = text.split('\n').filter((line) => line.startsWith('|'))
    expect(new Set(lines.slice(0, 5).map((line) => line.split('|').length))).toEqual(new Set([16]))
  })
})
