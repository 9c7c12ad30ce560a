import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Evaluation, parseEvaluation, readEvaluation, writeEvaluation } from './evaluation.ts'
import {
  sampleCurve,
  sampleEvaluation,
  samplePoint,
  sampleScores,
  sampleSpecification,
  sampleThreshold,
} from './sample-run.fixture.ts'
import type { UnderAttack } from './under-attack.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigil-evaluation-'))
  path = join(folder, 'evaluation.json')
})
afterEach(() => rm(folder, { recursive: true }))

/** An attack by one agent, changed. */
const attacked = (changes: Partial<UnderAttack>) => ({
  ...sampleEvaluation().byzantine.find(({ f }) => f === 1)!,
  ...changes,
})

describe('evaluation.json', () => {
  it('gives back what was written, with and without a Bayes optimum', async () => {
    for (const evaluation of [
      sampleEvaluation(),
      sampleEvaluation({ bayes: null, perClass: sampleEvaluation().perClass }),
    ]) {
      await writeEvaluation(path, evaluation)
      expect(await readEvaluation(path)).toEqual(evaluation)
    }
  })

  const wrong: [string, Partial<Evaluation> | Record<string, unknown>, RegExp][] = [
    [
      'rows that differ from the counts',
      { rows: 1001 },
      /tp \+ fn \+ fp \+ tn \(the rows\) must be 1001, received 1000/,
    ],
    ['threats that differ', { threats: 99 }, /team: tp \+ fn \(the threats\) must be 99, received 100/],
    [
      'an agent with other rows',
      { agents: [sampleScores({ tp: 100, fn: 0, fp: 0, tn: 899 })] },
      /agents\.0: tp \+ fn \+ fp/,
    ],
    [
      'a baseline with other threats',
      { baselines: [{ name: 'x', ...sampleScores({ tp: 0, fn: 101, fp: 0, tn: 899 }) }] },
      /baselines\.0: tp \+ fn/,
    ],
    [
      'actions that do not add up',
      { actions: { allow: 1, block: 60, quarantine: 38, alert: 22 } },
      /sum of the actions/,
    ],
    [
      'actions that contradict the counts',
      { actions: { allow: 881, block: 59, quarantine: 38, alert: 22 } },
      /block \+ quarantine \(tp \+ fp of the team\) must be 98, received 97/,
    ],
    [
      'alerts that contradict the counts',
      { actions: { allow: 881, block: 60, quarantine: 38, alert: 21 } },
      /alert \(threatAlerts \+ benignAlerts of the team\) must be 22, received 21/,
    ],
    [
      'more alerts on threats than threats that were let through',
      { baselines: [{ name: 'x', ...sampleScores({ tp: 90, fn: 10, fp: 0, tn: 900, threatAlerts: 11 }) }] },
      /baselines\.0\.threatAlerts: must be at most fn \(10\), received 11/,
    ],
    [
      'more alerts on benign events than such that were let through',
      { bayes: sampleScores({ tp: 100, fn: 0, fp: 899, tn: 1, benignAlerts: 2 }) },
      /bayes\.benignAlerts: must be at most tn \(1\), received 2/,
    ],
    [
      'an alert rate changed by hand',
      { team: { ...sampleEvaluation().team, alertRate: 0 } },
      /team\.alertRate: must follow from the counts \(0\.022\), received 0/,
    ],
    [
      'a no-decision rate changed by hand',
      { team: { ...sampleEvaluation().team, undecidedRate: 0 } },
      /team\.undecidedRate: must follow from the counts \(0\.015\), received 0/,
    ],
    [
      'a reward that does not follow from the counts',
      { team: { ...sampleEvaluation().team, rewardMean: 1.7 } },
      /team\.rewardMean: must follow from the counts and the rewards \(1\.5\d+\), received 1\.7/,
    ],
    [
      'another reward table',
      { rewards: { ...sampleEvaluation().rewards, alertCost: 0 } },
      /rewardMean: must follow from the counts and the rewards/,
    ],
    ['a reward table without a price of alerts', { rewards: { truePositive: 1 } }, /rewards/],
    ['classes that do not add up', { perClass: [] }, /perClass: the sum of the rows of the classes must be 1000/],
    [
      'a class twice',
      { perClass: [1, 2].map(() => ({ name: 'benign', rows: 500, recall: 1, trainRows: 1, validationRows: 1 })) },
      /class names must differ/,
    ],
    [
      'a share changed by hand',
      { team: { ...sampleEvaluation().team, f1: 0.999 } },
      /team\.f1: must follow from the counts/,
    ],
    [
      'an attack with other rows',
      { byzantine: [attacked({ team: sampleScores({ tp: 100, fn: 0, fp: 0, tn: 899 }) })] },
      /byzantine\.0\.team: tp \+ fn \+ fp/,
    ],
    ['an attack twice', { byzantine: [attacked({}), attacked({})] }, /byzantine\.1\.attack: .*must differ/],
    [
      'an attack by nobody',
      { byzantine: [attacked({ f: 0, agents: [] })] },
      /f: must be 0 for the attack "none" alone/,
    ],
    ['more faulty agents than agents', { byzantine: [attacked({ f: 5, agents: null })] }, /f: must be at most 4/],
    ['a faulty agent of another team', { byzantine: [attacked({ agents: [4] })] }, /agents: must be 1 numbers/],
    ['faulty agents that are one', { byzantine: [attacked({ f: 2, agents: [1, 1] })] }, /agents: must be 2 numbers/],
    [
      'another team without an attack',
      { byzantine: [attacked({ attack: 'none', f: 0, agents: [] })] },
      /must have the counts of the team/,
    ],
    [
      'a pair of agents less',
      { diversity: { ...sampleEvaluation().diversity, pairs: sampleEvaluation().diversity.pairs.slice(1) } },
      /diversity\.pairs: must be the 6 pairs/,
    ],
    [
      'another best agent',
      { diversity: { ...sampleEvaluation().diversity, bestAgentF1: 0.5 } },
      /bestAgentF1: must follow from the agents/,
    ],
    ['an unknown field', { extra: 1 }, /extra/],
    [
      'an infinite reward',
      { team: { ...sampleEvaluation().team, rewardMean: Number.POSITIVE_INFINITY } },
      /rewardMean/,
    ],
    ['an empty verdict', { verdict: '' }, /verdict/],
    ['half a specification', { stl: [{ name: 'x' }] }, /stl\.0/],
    ['an interval beside its share', { stl: [sampleSpecification({ satisfiedRate: 0.93 })] }, /stl\.0.*enclose/],
    ['a tail above the mean', { stl: [sampleSpecification({ robustnessTail5: 0.5 })] }, /stl\.0.*ascend/],
    [
      'a threshold without a share for each specification',
      { stl: [sampleSpecification()], thresholds: [sampleThreshold([])] },
      /thresholds\.0\.satisfied: the number of shares \(the specifications\) must be 1, received 0/,
    ],
    [
      'a curve that falls',
      { curves: [sampleCurve({ points: sampleCurve().points.toReversed() })] },
      /curves\.0\.points\.1: its threshold must be below/,
    ],
    [
      'an operating point of other events',
      { operatingPoints: [samplePoint({ evaluated: { ...samplePoint().evaluated, tn: 883 } })] },
      /operatingPoints\.0: tp \+ fn \+ fp \+ tn \(the rows\) must be 1000, received 1001/,
    ],
    [
      'an operating point whose rate was changed by hand',
      { operatingPoints: [samplePoint({ validation: { ...samplePoint().validation, falsePositiveRate: 0.001 } })] },
      /operatingPoints\.0\.validation\.falsePositiveRate: must follow from the counts \(0\.01\), received 0\.001/,
    ],
    [
      'an operating point without a share for each class',
      { operatingPoints: [samplePoint({ recallByClass: [1] })] },
      /the number of classes in recallByClass must be 3, received 1/,
    ],
    ['half a strip', { stl: [sampleSpecification({ strip: { min: [], mean: [1] } })] }, /stl\.0.*equally long/],
  ]
  it.each(wrong)('refuses %s', (_, changes, message) => {
    const evaluation = { ...sampleEvaluation(), ...changes }
    expect(() => parseEvaluation(evaluation)).toThrowError(message)
    expect(() => parseEvaluation(evaluation)).toThrowError(expect.objectContaining({ code: 'EVALUATION_INVALID' }))
  })

  it('refuses another value altogether', () => {
    expect(() => parseEvaluation(null)).toThrowError(/the whole value/)
  })

  it('names the file that is missing or not JSON', async () => {
    await expect(readEvaluation(path)).rejects.toMatchObject({ code: 'RUN_FILE_UNREADABLE' })
    await writeFile(path, '{"rows": 1')
    await expect(readEvaluation(path)).rejects.toThrowError(/evaluation\.json is not JSON/)
  })

  it('keeps the old file when the new evaluation is wrong', async () => {
    await writeEvaluation(path, sampleEvaluation())
    await expect(writeEvaluation(path, sampleEvaluation({ rows: 1 }))).rejects.toMatchObject({
      code: 'EVALUATION_INVALID',
    })
    expect(await readEvaluation(path)).toEqual(sampleEvaluation())
  })
})
