import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Experiment, type SeedRun, summaryOf } from '@vigil/experiments'
import { planSeeds } from '@vigil/learner'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'
import { benchTable, benchVerdict } from './table.ts'
import { dataWords, missingOf, quickWords, TASKS, type Task } from './tasks.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-bench-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const taskOf = (name: string): Task => TASKS.find((task) => task.name === name)!

describe('the tasks', () => {
  it.each(TASKS)('$name has settings that learner:train takes, in full and quick', async (task) => {
    const data = task.data === null ? [] : ['--data=events.yaml']
    for (const smaller of [[], quickWords(task)]) {
      const plan = await planSeeds([...task.words, ...data, ...smaller], { out: 'x', seeds: [1, 5], parallel: 1 })
      expect(plan.trainings.map(({ training }) => [training.config.seed, training.config.out])).toEqual([
        [1, 'x/seed-1'],
        [5, 'x/seed-5'],
      ])
    }
  })

  it('are absent with the first thing that is missing', async () => {
    const nsl = taskOf('nsl-kdd')
    expect(await missingOf(taskOf('quickest'), null)).toBeNull()
    expect(await missingOf(nsl, null)).toBe('nsl-kdd (give --data-dir)')
    expect(await missingOf(nsl, folder)).toBe(join(folder, 'nsl-kdd'))
    mkdirSync(join(folder, 'nsl-kdd'))
    writeFileSync(join(folder, 'nsl-kdd', 'KDDTrain+.txt.gz'), '')
    expect(await missingOf(nsl, folder)).toBe(join(folder, 'nsl-kdd', 'KDDTest+.txt.gz'))
    writeFileSync(join(folder, 'nsl-kdd', 'KDDTest+.txt.gz'), '')
    expect(await missingOf(nsl, folder)).toBeNull()
  })

  it('have their description beside links to the data, again and again', async () => {
    const out = join(folder, 'out')
    mkdirSync(join(out, 'data/nsl-kdd/KDDTest+.txt.gz'), { recursive: true })
    for (let i = 0; i < 2; i++) {
      expect(await dataWords(taskOf('nsl-kdd'), folder, out)).toEqual([
        `--data=${join(out, 'data/nsl-kdd/nsl-kdd.yaml')}`,
      ])
    }
    expect(existsSync(join(out, 'data/nsl-kdd/nsl-kdd.yaml'))).toBe(true)
    expect(lstatSync(join(out, 'data/nsl-kdd/KDDTrain+.txt.gz')).isSymbolicLink()).toBe(true)
    expect(await dataWords(taskOf('darpa-tc'), folder, out)).toEqual([`--data=${join(folder, 'darpa-tc-trace-e5')}`])
    expect(await dataWords(taskOf('campaign'), folder, out)).toEqual([])
  })
})

describe('the words of tools:vigil-bench', () => {
  it('are all datasets and five seeds where nothing is said', () => {
    expect(parseOptions([])).toEqual({
      ...{ dataDir: null, tasks: TASKS, seeds: [1, 2, 3, 4, 5], parallel: 1, budget: 'full', out: 'vigil-bench/full' },
    })
    expect(parseOptions(['--only=campaign,synthetic']).tasks.map(({ name }) => name)).toEqual(['synthetic', 'campaign'])
    expect(() => parseOptions(['--only=campain'])).toThrow('Did you mean campaign?')
    expect(() => parseOptions(['--budget=big'])).toThrow('--budget must be one of full, quick')
  })
})

describe('the table', () => {
  /** A run that earns so much beside a rule, and trees that earn 2. */
  const runOf = (seed: number, rewardMean: number, rule: number): SeedRun => ({
    ...{ seed, folder: `seed-${seed}`, weightsSha256: 'a'.repeat(64), learningSeconds: 1 },
    measures: {
      ...{ rewardMean, gainShare: null, f1: 0.5, alertRate: 0.01, undecidedRate: 0 },
      ...{ precision: 1, recall: 1, falsePositiveRate: 0, prAuc: 1 },
    },
    rivals: [
      { name: 'always-allow', learns: false, rewardMean: rule },
      { name: 'boosting', learns: true, rewardMean: 2 },
    ],
  })
  const experimentOf = (rewards: readonly number[], rule: number): Experiment => {
    const runs = rewards.map((reward, i) => runOf(i + 1, reward, rule))
    return {
      ...{ dataset: 'x', features: 'behaviour', split: 'stratified', environment: 'triage' },
      ...{ configFingerprint: 'b'.repeat(64), seeds: runs.map(({ seed }) => seed), unfinished: [] },
      ...{ runs, ...summaryOf(runs) },
    }
  }
  const entries = [
    { name: 'one', experiment: experimentOf([1, 1, 1], 0), absent: null },
    { name: 'two', experiment: experimentOf([1, 3], 2), absent: null },
    { name: 'three', experiment: null, absent: 'absent: data' },
  ]

  it('has figures with intervals, alert and undecided rate beside F1, and names what is absent', () => {
    const { rows } = benchTable(entries)
    expect(rows[0].slice(0, 8)).toEqual([
      ...['one', '3', '+1.000 (+1.000 to +1.000)', '0.500 (0.500 to 0.500)', '1.0 % (1.0 % to 1.0 %)'].map((text) =>
        text.replaceAll(' %', '\u00A0%'),
      ),
      ...['0\u00A0% (0\u00A0% to 0\u00A0%)', 'always-allow, 0.000', '+1.000 (+1.000 to +1.000), 3 of 3'],
    ])
    expect(rows[1][8]).toBe('+2.000, 0.000 (−1.000 to +1.000), 1 of 2')
    expect(rows[2]).toEqual(['three', ...Array<string>(8).fill('–'), 'absent: data'])
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([benchTable(entries).columns.length]))
  })

  it('says in one sentence how the team does over all datasets, each counting alike', () => {
    expect(benchVerdict(entries).replaceAll('\u00A0', ' ')).toMatch(
      /^Over 2 datasets, each .* on 75\.0 % of the seeds \(50\.0 % to 100 %\), ties half\.$/,
    )
    expect(benchVerdict([entries[2]])).toBe('')
  })
})
