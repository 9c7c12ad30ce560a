import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { predictProbabilities } from '@vigil/boosting'
import { type ConfigInput, resolveConfig } from '@vigil/config'
import { beliefRatio } from '@vigil/env-wasm'
import { boostingInputs } from '@vigil/evaluation'
import { parsePipeline } from '@vigil/features'
import {
  readBundle,
  readEvaluation,
  readMetrics,
  readRunRecord,
  resultFiles,
  runFolderAt,
  type TreeBelief,
} from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PLAIN } from './composition.ts'
import { diagnoseRun } from './diagnose-run.ts'
import { evaluateFolder } from './evaluate-folder.ts'
import { startLearner } from './learner.ts'
import { openRun } from './open-run.ts'
import { resumePlan } from './resume-plan.ts'
import { loadData } from './session.ts'
import { trainAndScore } from './train-and-score.ts'
import { trainInFolder } from './train-in-folder.ts'
import { trainRun } from './train-run.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-respond-'))
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

const SMALL: ConfigInput = {
  dataset: 'quickest',
  rows: 12_000,
  policyHidden: [16],
  valueHidden: [16],
  iterations: 6,
  validateEvery: 2,
  rowsPerIteration: 2048,
  minibatchSize: 512,
  engine: 'portable',
  actors: 1,
  engineThreads: 1,
}

const quiet = { stream: { write: () => true }, isTTY: false }

async function evaluated(name: string, changes: ConfigInput = {}) {
  const out = join(root, name)
  const stop = { requested: () => false, onRequest: () => () => undefined }
  await trainRun({ kind: 'new', config: resolveConfig({ ...SMALL, ...changes, out }, 'test') }, { ...quiet, stop })
  return { out, evaluation: await readEvaluation(resultFiles({ path: out }, 'test').evaluation) }
}

const asked = { split: 'test', attacks: [], budgets: [], certify: false, settings: {} } as const

describe('a run whose actions have consequences', () => {
  it('ends with an evaluation by returns, the same every time', async () => {
    const { out, evaluation } = await evaluated('plain')
    const { response, gain, rows, cutOff, team } = evaluation
    expect(rows - cutOff!).toBe(team.tp + team.fn + team.fp + team.tn)
    expect(response!.members).toHaveLength(4)
    const names = new Set(response!.references.map(({ name, score }) => `${name} ${score}`))
    for (const name of ['always-quarantine null', 'per-event belief', 'ladder boosting', 'cusum team'])
      expect(names).toContain(name)
    // On the same streams nobody is above the optimum by more than luck; rules were tuned on others.
    expect(response!.bound.name).toBe('exact optimum')
    for (const { returnMean } of response!.references) expect(returnMean).toBeLessThan(gain!.bound + 0.5)
    expect(gain!.allow).toBeLessThan(gain!.bound)
    const beside = (gain!.team - gain!.boosting!.best).toFixed(3)
    expect(response!.sentence).toMatch(/^The team.* on boosting.* RL is (not )?needed here: the team/)
    expect(response!.sentence).toContain(`${beside} (${gain!.boosting!.low.toFixed(3)} to`)

    expect((await readBundle(out)).stopFactor).toBe(response!.stopFactor)

    const file = resultFiles({ path: out }, 'test').evaluation
    const before = await readFile(file)
    await evaluateFolder(out, asked, quiet)
    expect(await readFile(file)).toEqual(before)
  })

  it('knows no ratios with the history, and is held against the same optimum', async () => {
    const { evaluation } = await evaluated('history', { features: 'history', iterations: 2 })
    const plain = await readEvaluation(resultFiles({ path: join(root, 'plain') }, 'test').evaluation)
    expect(evaluation.response!.references.some(({ score }) => score === 'belief')).toBe(false)
    // Ratios are recovered from a posterior of 24 bits.
    expect(evaluation.gain!.bound).toBeCloseTo(plain.gain!.bound, 1)
  })

  it.each(['lagrangian', 'lagrangian+direct'] as const)('keeps an alert budget under %s', async (stlMode) => {
    const budget = { name: 'alert budget', formula: 'G (alert_rate[50] <= 0.02)', target: 0.9 }
    const stops = { name: 'stops', formula: 'G (fp_rate[50] <= 0.1)', target: 0.9 }
    const { out, evaluation } = await evaluated(stlMode, { stlMode, specifications: [budget, stops] })
    const metrics = await readMetrics(join(out, 'metrics.jsonl'))
    expect(metrics[0].stl.map(({ satisfiedRate }) => satisfiedRate < 1)).toContain(true)
    for (const { validation } of metrics.filter((line) => line.validation !== null))
      for (const rate of validation!.satisfied) expect(rate >= 0 && rate <= 1).toBe(true)
    expect(metrics.some(({ stl }) => stl[0].lambda! > 0)).toBe(true)
    expect(evaluation.stl.map(({ name }) => name)).toEqual(['alert budget', 'stops'])
    const { prices, rule } = evaluation.response!.alertBudget!
    expect([typeof prices[0], prices[1]]).toEqual(['number', null])
    expect(prices[0]!).toBeGreaterThan(0)
    // The rule was chosen on other streams.
    expect(rule!.isAsSatisfied).toBe(true)
    expect(rule!.satisfied[0]).toBeGreaterThan(evaluation.stl[0].satisfiedRate - 0.15)
    expect(evaluation.notes.join(' ')).toMatch(/an alert was charged .* Ladders on belief/)
  })

  it('shows by the doctor where the sequence does not matter', async () => {
    const { out, evaluation } = await evaluated('control', {
      response: { damage: 1, dwell: 0, blockedBenign: 0.2 },
      iterations: 2,
    })
    const { findings } = await diagnoseRun(out, undefined)
    // The optimum's beliefs stand on a grid: of all events one or two near its threshold may be decided otherwise.
    const { streams } = evaluation.response!
    expect(Math.abs(evaluation.gain!.rule - evaluation.gain!.bound) * streams).toBeLessThan(3)
    expect(findings.map(({ code }) => code)).toContain('SEQUENCE_DOES_NOT_MATTER')
    const plain = await diagnoseRun(join(root, 'plain'), undefined)
    expect(plain.findings.map(({ code }) => code)).not.toContain('SEQUENCE_DOES_NOT_MATTER')
  })

  it('bundles the trees that say what to believe, and covers what they said by its fingerprint', async () => {
    const changes: ConfigInput = { dataset: 'campaign', belief: 'filtered', rows: 8000, iterations: 2 }
    const { out } = await evaluated('campaign', changes)
    const { belief, stopFactor, datasetFingerprint } = await readBundle(out)
    expect(stopFactor).toBeGreaterThan(0)
    const { config, pipeline } = await openRun(out)
    const { dataset } = await loadData(config, parsePipeline(pipeline), () => undefined)
    expect(Buffer.from(dataset.fingerprint).toString('hex')).toBe(datasetFingerprint)
    const { rows } = dataset.splits.test
    const trees = belief as TreeBelief
    const probabilities = predictProbabilities(trees.trees, boostingInputs(dataset), rows)
    expect(Float32Array.from(probabilities, (probability) => beliefRatio(trees, probability))).toEqual(
      Float32Array.from(rows, (row) => dataset.consequences!.ratios![row]),
    )
    const blind = await loadData({ ...config, belief: 'none' }, parsePipeline(pipeline), () => undefined)
    expect(blind.dataset.fingerprint).not.toEqual(dataset.fingerprint)
  })

  it('keeps a limit on false containments, which its bundle then acts by and its rules keep', async () => {
    const out = join(root, 'plain')
    const evaluation = await readEvaluation(resultFiles({ path: out }, 'test').evaluation)
    const limited = join(root, 'limited')
    await evaluateFolder(out, { ...asked, maxFalseContainmentRate: 0.02, settings: { out: limited } }, quiet)
    const { response, notes } = await readEvaluation(resultFiles({ path: limited }, 'test').evaluation)
    const { containmentLimit, stopLevels, stopFactor, references, best } = response!
    const free = evaluation.response!
    expect(free).toMatchObject({ containmentLimit: null })
    const chosen = stopLevels.find(({ factor }) => factor === stopFactor)!.benignContained!
    const fewest = Math.min(...stopLevels.map(({ benignContained }) => benignContained!))
    expect(chosen).toBeLessThanOrEqual(Math.max(fewest, containmentLimit!.allowed))
    expect(references[best].isWithinLimit).toBe(true)
    expect((await readBundle(limited)).stopFactor).toBeCloseTo(stopFactor, 5)
    // So few streams are no evidence of a share of 2 %: 149 are.
    expect(containmentLimit).toMatchObject({ allowed: 0, isShown: false })
    expect(containmentLimit!.benign).toBeLessThan(149)
    expect(notes.some((note) => note.startsWith('At most 2\u00A0% false containments cannot be shown'))).toBe(true)
  })

  it('has a bundle that keeps the limit before it is evaluated, and says how the evaluation can be caught up on', async () => {
    const out = join(root, 'unevaluated')
    await cp(join(root, 'plain'), out, { recursive: true })
    let said = ''
    const stream = { write: (text: string) => (said += text) }
    const stop = { requested: () => true, onRequest: () => () => undefined }
    const session = { ...quiet, stream, stop }
    const trained = await trainRun(await resumePlan(out, {}), session, { maxFalseContainmentRate: 0.02 })
    // The evaluation that lies there is that of a training before.
    expect(trained).toEqual({ folder: out, evaluation: null })
    // Its bundle's stop level is the one that the limit was given to.
    const plan = await resumePlan(out, {})
    const data = await loadData(plan.config, plan.pipeline, () => undefined)
    const learner = await startLearner(plan.config, data, () => undefined, PLAIN, plan.config)
    try {
      const { stopLevel } = await trainInFolder(plan, learner, { ...quiet, stop }, 0.02)
      const { response } = await readEvaluation(resultFiles({ path: join(root, 'limited') }, 'test').evaluation)
      expect(stopLevel!.containmentLimit).toEqual(response!.containmentLimit)
      expect((await readBundle(out)).stopFactor).toBeCloseTo(stopLevel!.stopFactor, 5)
    } finally {
      await learner.team.pool.close()
    }
    expect(said).toMatch(
      /Stopped before the evaluation\. Go on with: .* --resume=\S+unevaluated --max-false-containment-rate=0\.02\n$/,
    )
  })

  it('plays a site: members, rules and attackers share its analysts, and evaluation repeats', async () => {
    const response = { layout: 'site', analystDelay: 20, tickets: 2, alertsPerShift: 3, shift: 200 } as const
    const { out, evaluation } = await evaluated('site', { dataset: 'campaign', rows: 8000, iterations: 2, response })
    const { costs, bound, references, returnMean, ledger } = evaluation.response!
    expect(costs).toMatchObject(response)
    expect(bound.name).toBe('clairvoyant')
    for (const own of references) expect(own.returnMean).toBeLessThanOrEqual(bound.returnMean + 1e-9)
    expect(Object.values(ledger).reduce((sum, entry) => sum + entry, 0)).toBeCloseTo(returnMean, 6)
    const file = resultFiles({ path: out }, 'test').evaluation
    const before = await readFile(file)
    await evaluateFolder(out, asked, quiet)
    expect(await readFile(file)).toEqual(before)
  })

  it('plays a site under specifications, beside a bound that knows how many analysts there are', async () => {
    const specifications = [
      { name: 'alerts', formula: 'G (alert_rate[50] <= 0.05)', target: 0.9 },
      { name: 'tickets', formula: 'G (open_tickets <= 1)', target: 0.9 },
    ]
    const response = { layout: 'site', analystDelay: 60 } as const
    const changes: ConfigInput = { rows: 20_000, response, stlMode: 'lagrangian', specifications, iterations: 2 }
    const { bound, hindsight, alertBudget } = (await evaluated('specified', changes)).evaluation.response!
    expect(bound.name).toBe('Lagrangian bound')
    expect(bound.returnMean).toBeLessThan(hindsight - 0.5)
    const { satisfied, returnMean } = alertBudget!.rule!
    expect(returnMean).toBeLessThan(bound.returnMean)
    expect(satisfied[1]).toBe(1)
  })

  it('is scored by what its last weights do with the streams of the test split', async () => {
    const out = join(root, 'scored')
    const config = { ...resolveConfig({ ...SMALL, iterations: 2, validateEvery: 2, out }, 'test'), out }
    const stop = { requested: () => false, onRequest: () => () => undefined }
    const { lastWeights } = (await trainAndScore(config, { ...quiet, stop }))!
    const { evaluation } = await evaluated('same', { iterations: 2, validateEvery: 2 })
    // The only validation is that of the last iteration.
    expect(lastWeights.team).toEqual(evaluation.team)
    expect(lastWeights.rows).toBe(evaluation.rows - evaluation.cutOff!)
  })

  it('learns on exact expected returns where nobody answers, and comes to the same after a stop', async () => {
    const exact: ConfigInput = { response: { analystDelay: 10_000 }, valueHidden: [64, 64], iterations: 4 }
    const { out } = await evaluated('exact', exact)
    const stopped = join(root, 'exact-stopped')
    const config = resolveConfig({ ...SMALL, ...exact, out: stopped }, 'test')
    expect(config.credit).toBe('exact')
    let asked = 0
    const stop = { requested: () => ++asked >= 2, onRequest: () => () => undefined }
    await trainRun({ kind: 'new', config }, { ...quiet, stop })
    await trainRun(await resumePlan(stopped, {}), { ...quiet, stop: { ...stop, requested: () => false } })
    const [whole, resumed] = await Promise.all([out, stopped].map((path) => readRunRecord(runFolderAt(path).record)))
    expect(resumed!.weightsSha256).toBe(whole!.weightsSha256)
    const metrics = await readMetrics(runFolderAt(out).metrics)
    expect(metrics.at(-1)!.rewardMean).toBeGreaterThan(metrics[0].rewardMean)
    expect(metrics.every(({ valueLoss }) => valueLoss === null)).toBe(true)
  })

  it('refuses to certify, attacks that are not its own, and budgets of a threshold', async () => {
    const out = join(root, 'plain')
    await expect(evaluateFolder(out, { ...asked, certify: true }, quiet)).rejects.toMatchObject({ code: 'CONFLICT' })
    await expect(evaluateFolder(out, { ...asked, attacks: ['drift'] }, quiet)).rejects.toThrow(/--attack=drift/)
    const budgets = [{ measure: 'falsePositiveRate', max: 0.01 }] as const
    await expect(evaluateFolder(out, { ...asked, budgets }, quiet)).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})
