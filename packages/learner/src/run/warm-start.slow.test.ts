import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfigInput, resolveConfig } from '@vigil/config'
import { inputsOf } from '@vigil/features'
import { parameterLayout } from '@vigil/policy-wasm'
import { readBundle, readEvaluation, readMetrics, readRunRecord, resultFiles, runFolderAt } from '@vigil/runs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { repeatRun } from './repeat-run.ts'
import { resumePlan } from './resume-plan.ts'
import { trainRun } from './train-run.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-warm-'))
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

const SMALL: ConfigInput = {
  dataset: 'campaign',
  rows: 40_000,
  policyHidden: [32],
  valueHidden: [16],
  iterations: 2,
  validateEvery: 1,
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

it('a run that begins from a rule is the same when it is stopped, resumed or repeated', async () => {
  const { out, evaluation } = await evaluated('warm')
  const weights = (await readRunRecord(runFolderAt(out).record))!.weightsSha256
  const { best, references } = evaluation.response!
  // Two iterations teach nobody what the rule does.
  expect(evaluation.gain!.team).toBeGreaterThan((evaluation.gain!.allow + references[best].returnMean) / 2)

  // Beside a belief of their order, agents read of events what these show themselves, and what their stream is.
  const { network, parameters, pipeline } = await readBundle(out)
  const { slices } = parameterLayout(network)
  const embedding = slices.find(({ name }) => name === 'policy.embedding')!
  let row = 0
  const read = inputsOf(pipeline).categoricalColumns.filter(({ vocabularySize }) => {
    const from = embedding.offset + row * embedding.shape[1]
    row += vocabularySize
    return parameters.subarray(from, embedding.offset + row * embedding.shape[1]).some((weight) => weight !== 0)
  })
  expect(read.map(({ name }) => name)).toEqual(['role', 'activity'])

  const again = await repeatRun(out, {}, quiet)
  expect(again.difference).toBeNull()
  expect(again.repeated.weightsSha256).toBe(weights)

  // Stopped after its first iteration, and gone on with from its checkpoint.
  const parts = join(root, 'warm-in-parts')
  const config = resolveConfig({ ...SMALL, out: parts }, 'test')
  const stop = { requested: () => true, onRequest: () => () => undefined }
  await trainRun({ kind: 'new', config }, { ...quiet, stop })
  await trainRun(await resumePlan(parts, {}), { ...quiet, stop: { ...stop, requested: () => false } })
  expect((await readRunRecord(runFolderAt(parts).record))!.weightsSha256).toBe(weights)
  const cold = await evaluated('cold', { warmStart: 'none' })
  expect((await readRunRecord(runFolderAt(cold.out).record))!.weightsSha256).not.toBe(weights)
})

it('under a budget of alerts training begins from ladders that keep it, and alert', async () => {
  const game: ConfigInput = { dataset: 'quickest', rows: 60_000, iterations: 1 }
  const budget = { name: 'budget', formula: 'G (alert_rate[200] <= 0.01)', target: 0.9 }
  const { out: free } = await evaluated('free', { ...game, warmStart: 'rule' })
  const { out: budgeted } = await evaluated('budgeted', { ...game, stlMode: 'lagrangian', specifications: [budget] })
  const [{ actions: lax }] = await readMetrics(runFolderAt(free).metrics)
  const [{ actions: strict }] = await readMetrics(runFolderAt(budgeted).metrics)
  // Alerts that are tried at random, some 24 of them, are there in any case; the ladder that never alerts would leave it at these.
  expect(strict.alert).toBeGreaterThan(lax.alert / 4)
  expect(strict.alert).toBeLessThan((3 * lax.alert) / 4)
})
