import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, type LabConfigInput, resolveLabConfig } from '@vigil/config'
import { parsePipeline } from '@vigil/features'
import { readEvaluation, readMetrics, resultFiles, runFolderAt } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRun } from './open-run.ts'
import { trainRun } from './train-run.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-recurrent-'))
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

const SMALL: LabConfigInput = {
  rows: 4000,
  episodes: 'stream',
  episodeSteps: 11,
  policy: 'lstm',
  policyHidden: [20],
  valueHidden: [12],
  lstmHidden: [16],
  layerNorm: true,
  iterations: 4,
  validateEvery: 2,
  rowsPerIteration: 1024,
  minibatchSize: 256,
  engine: 'portable',
  actors: 1,
  engineThreads: 1,
}

type Plan = Parameters<typeof trainRun>[0]

/** Runs a plan; asked to stop after `stopAfter` iterations if given. */
async function carryOut(plan: Plan, stopAfter = Number.POSITIVE_INFINITY): Promise<void> {
  let asked = 0
  const stop = { requested: () => ++asked >= stopAfter, onRequest: () => () => undefined }
  await trainRun(plan, { stream: { write: () => true }, isTTY: false, stop })
}

async function run(name: string, input: LabConfigInput, stopAfter?: number): Promise<void> {
  await carryOut(
    { kind: 'new', config: resolveLabConfig({ ...SMALL, ...input, out: join(root, name) }, 'test') },
    stopAfter,
  )
}

async function resume(name: string, change: Partial<Config> = {}): Promise<void> {
  const { folder, config, pipeline } = await openRun(join(root, name))
  await carryOut({ kind: 'resume', folder, config: { ...config, ...change }, pipeline: parsePipeline(pipeline) })
}

/** Everything that a run leaves behind, but for times. */
async function outcome(name: string) {
  const folder = runFolderAt(join(root, name))
  const metrics = (await readMetrics(folder.metrics)).map((line) => ({
    ...line,
    stepsPerSecond: 0,
    collectMs: 0,
    updateMs: 0,
  }))
  const bytes = async (path: string) => (await readFile(path)).toString('base64')
  return {
    metrics,
    evaluation: await readEvaluation(resultFiles(folder, 'test').evaluation),
    latest: await bytes(folder.latest),
    best: await bytes(folder.best),
    crossEntropy: await bytes(folder.crossEntropy),
    boosting: await bytes(folder.boosting),
  }
}

describe('a run of a recurrent team', () => {
  it('is the same with 1 and 3 actors, with other engine threads, and when it was stopped and resumed', async () => {
    await run('whole', {})
    await run('three', { actors: 3, engineThreads: 2 })
    await run('stopped', { actors: 2 }, 1)
    await resume('stopped')
    const expected = await outcome('whole')
    expect(await outcome('three')).toEqual(expected)
    expect(await outcome('stopped')).toEqual(expected)
    expect(expected.metrics.length).toBe(4)
  })

  it('begins every iteration with ratios of 1, also after a resume', async () => {
    // One minibatch and one pass: the figures of an iteration are those before its only step. A step is large enough that
    // the next iteration's lanes remember what other weights made of their past.
    const input = { minibatchSize: 1024, epochs: 1, learningRate: 0.02, clipEpsilon: 1e-5, anneal: false }
    await run('on-policy', input, 2)
    await resume('on-policy')
    const metrics = await readMetrics(runFolderAt(join(root, 'on-policy')).metrics)
    expect(metrics.length).toBe(4)
    for (const { approxKl, clipFraction, gradNormPolicy } of metrics) {
      expect(clipFraction).toBe(0)
      expect(Math.abs(approxKl!)).toBeLessThan(1e-7)
      expect(gradNormPolicy).toBeGreaterThan(0)
    }
    const [first, , , last] = metrics
    expect(last.entropy).toBeLessThan(first.entropy! - 0.01) // the policies did move
  })

  it.each([
    ['iid episodes', { episodes: 'iid' }],
    ['no critic', { valueHidden: null, baseline: 'counterfactual', gamma: 0 }],
    ['rollouts of one step', { rolloutSteps: 1 }],
    ['one lane in a minibatch', { rolloutSteps: 64, minibatchSize: 64 }],
    ['the wasm backend of TF.js', { engine: 'tfjs', backend: 'wasm', agents: 1, rowsPerIteration: 512 }],
  ] as [string, LabConfigInput][])('works with %s', async (name, input) => {
    await run(name, { ...input, iterations: 1, epochs: 2 })
    for (const line of await readMetrics(runFolderAt(join(root, name)).metrics)) {
      expect(line.policyLoss).not.toBeNull()
      expect(line.valueLoss === null).toBe(input.valueHidden === null)
    }
  })
})
