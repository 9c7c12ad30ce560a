import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleResponseEvaluation } from '../../runs/src/sample-response.fixture.ts'
import { sampleEvaluation } from '../../runs/src/sample-run.fixture.ts'
import { bestRule, type SeedRun, summaryOf } from './experiment.ts'
import { type Experiment, readExperiment, writeExperiment } from './experiment-file.ts'
import { measuresOf, rivalsOf } from './measures.ts'
import { experimentTables, experimentVerdict, markdownTable } from './table.ts'

const HASH = 'a'.repeat(64)

/** A run whose reward and F1 are given, beside a rule that earns 1 and trees that earn 3. */
function runOf(seed: number, rewardMean: number, f1 = 0.9): SeedRun {
  const { team, gain } = sampleEvaluation()
  const rivals = [
    { name: 'always-allow', learns: false, rewardMean: 1 },
    { name: 'boosting', learns: true, rewardMean: 3 },
  ]
  const measures = measuresOf({ team: { ...team, rewardMean, f1 }, gain })
  return { seed, folder: `seed-${seed}`, weightsSha256: HASH, learningSeconds: 61, measures, rivals }
}

const RUNS = [runOf(1, 0.5), runOf(2, 2), runOf(3, 2.5), runOf(4, 4), runOf(5, 9)]

function experimentOf(runs: readonly SeedRun[], seeds = runs.map(({ seed }) => seed)): Experiment {
  return {
    ...{ dataset: 'synthetic', features: 'behaviour', split: 'stratified', environment: 'triage' as const },
    ...{ configFingerprint: HASH, seeds, runs, unfinished: [] },
    ...summaryOf(runs),
  }
}

describe('summaryOf', () => {
  it('has mean, interquartile mean and ends of every measure that all runs have', () => {
    const { measures } = summaryOf(RUNS)
    expect(measures[0]).toMatchObject({
      ...{ measure: 'rewardMean', mean: 3.6, least: 0.5, greatest: 9 },
      interquartileMean: (2 + 2.5 + 4) / 3,
    })
    expect(measures.map(({ measure }) => measure)).not.toContain('gainShare')
    for (const { low, high, interquartileMean } of measures) {
      expect(low).toBeLessThanOrEqual(interquartileMean)
      expect(high).toBeGreaterThanOrEqual(interquartileMean)
    }
  })

  it('compares with every rival, and the best rule is none that learns', () => {
    const { rivals } = summaryOf(RUNS)
    expect(rivals.map(({ name, difference, better }) => [name, difference, better])).toEqual([
      ['always-allow', 3.6 - 1, 4],
      ['boosting', expect.closeTo(3.6 - 3, 12), 2],
    ])
    expect(bestRule(rivals)?.name).toBe('always-allow')
  })

  it('takes a small gain on every seed for sure, however far the seeds are apart', () => {
    const paired = Array.from({ length: 10 }, (_, i) => {
      const run = runOf(i + 1, i + 0.05)
      return { ...run, rivals: [{ name: 'always-allow', learns: false, rewardMean: i }] }
    })
    const [{ difference, low, high, better }] = summaryOf(paired).rivals
    expect(better).toBe(10)
    for (const figure of [difference, low, high]) expect(figure).toBeCloseTo(0.05, 12)
  })

  it('leaves out a rival that some run did not meet', () => {
    const { rivals } = summaryOf([...RUNS.slice(1), { ...RUNS[0], rivals: RUNS[0].rivals.slice(1) }])
    expect(rivals.map(({ name }) => name)).toEqual(['boosting'])
  })
})

describe('rivalsOf', () => {
  it('are baselines, of which networks and trees learn, or rules where actions have consequences', () => {
    const { baselines } = sampleEvaluation()
    const learnt = [...baselines, { ...baselines[0], name: 'boosting' }]
    expect(rivalsOf({ baselines: learnt, gain: null }).map(({ name, learns }) => [name, learns])).toEqual([
      ['always-allow', false],
      ['always-block', false],
      ['supervised', false],
      ['boosting', true],
    ])
    const evaluation = sampleResponseEvaluation()
    expect(rivalsOf(evaluation).map(({ rewardMean }) => rewardMean)).toEqual([
      ...[evaluation.gain!.allow, evaluation.gain!.rule, evaluation.gain!.best],
    ])
    expect(measuresOf(evaluation).gainShare).toBe(evaluation.gain!.share)
  })
})

describe('experiment.json', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vigil-experiment-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('comes back as it was written, also before the first run is finished', async () => {
    const path = join(folder, 'experiment.json')
    for (const experiment of [
      experimentOf(RUNS),
      { ...experimentOf([], [7]), unfinished: [{ seed: 7, reason: 'not begun' }] },
    ]) {
      await writeExperiment(path, experiment)
      expect(await readExperiment(path)).toEqual(experiment)
    }
  })

  const whole = experimentOf(RUNS)
  it.each([
    ['not JSON', '{', /is not JSON/],
    ['another field', JSON.stringify({ ...whole, note: 1 }), /Unrecognized key: "note"/],
    [
      'a figure that does not follow',
      JSON.stringify(whole).replace('"mean":3.6', '"mean":3.7'),
      /measures: must follow/,
    ],
    ['a lost run', JSON.stringify({ ...whole, runs: RUNS.slice(1) }), /seeds: must be those of runs and unfinished/],
    [
      'too many seeds',
      JSON.stringify({ ...whole, seeds: Array.from({ length: 1001 }, (_, i) => i) }),
      /seeds: Too big: expected array to have <=1000 items/,
    ],
    ['runs in another order', JSON.stringify({ ...whole, runs: RUNS.toReversed() }), /order of the seeds/],
  ])('refuses %s', async (_, text, message) => {
    const path = join(folder, 'experiment.json')
    writeFileSync(path, text)
    await expect(readExperiment(path)).rejects.toMatchObject({ code: 'EXPERIMENT_INVALID' })
    await expect(readExperiment(path)).rejects.toThrow(message)
  })
})

describe('the tables', () => {
  it('show alert and undecided rate beside F1, seed by seed, and the rivals best first', () => {
    const [summary, seeds, rivals] = experimentTables(experimentOf(RUNS))
    expect(summary.rows.map(([name]) => name)).toEqual([
      ...['reward', 'F1', 'alerts', 'undecided', 'precision', 'recall', 'FPR', 'PR-AUC'],
    ])
    expect(seeds.columns.slice(0, 5)).toEqual(['seed', 'reward', 'F1', 'alerts', 'undecided'])
    expect(seeds.rows[4].slice(0, 3)).toEqual(['5', '+9.000', '0.900'])
    expect(rivals.rows.map(([name, learns]) => [name, learns])).toEqual([
      ['boosting', 'yes'],
      ['always-allow', 'no'],
    ])
    expect(markdownTable(rivals).split('\n')[4]).toMatch(
      /^\| boosting \| yes \| \+3\.000 \| \+3\.000 \| \+0\.600 \(.* \| 2 of 5 \|$/,
    )
  })

  it('say in one sentence how the team does beside the best rule', () => {
    expect(experimentVerdict(experimentOf(RUNS))).toMatch(
      /^Beside always-allow, the best rule without learning, the team earns \+2\.600 \(.*\) on the same events, and more on 4 of 5 seeds\.$/,
    )
    expect(experimentVerdict(experimentOf([], [1]))).toBe('')
  })
})
