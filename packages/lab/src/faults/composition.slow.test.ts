import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, DEFECTS, type LabConfigInput, resolveLabConfig } from '@vigil/config'
import { loadData, PLAIN, trainAndScore, trainRun } from '@vigil/learner'
import { initialiseParameters } from '@vigil/policy-wasm'
import { readEvaluation, readMetrics, resultFiles, runFolderAt } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomMinibatch } from '../../../engine/src/team.fixture.ts'
import { LAB } from './composition.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-lab-'))
})
afterAll(() => rm(root, { recursive: true }))

const SMALL: LabConfigInput = {
  ...{ rows: 2000, policyHidden: [20], valueHidden: [12], iterations: 4, validateEvery: 2 },
  ...{ rowsPerIteration: 512, minibatchSize: 128, actors: 1, engineThreads: 1 },
}
const RECURRENT: LabConfigInput = {
  ...SMALL,
  ...{ policy: 'lstm', lstmHidden: [16], layerNorm: true, episodeSteps: 11 },
}

const configOf = (input: LabConfigInput) => resolveLabConfig({ ...SMALL, ...input }, 'test')

const quiet = (stopAfter = Number.POSITIVE_INFINITY) => {
  let asked = 0
  const stop = { requested: () => ++asked >= stopAfter, onRequest: () => () => undefined }
  return { stream: { write: () => true }, isTTY: false, stop }
}

/** Everything that a training leaves behind, but for times. */
async function outcome(name: string) {
  const { metrics, latest, best } = runFolderAt(join(root, name))
  const lines = await readMetrics(metrics)
  return {
    metrics: lines.map((line) => ({ ...line, stepsPerSecond: 0, collectMs: 0, updateMs: 0 })),
    checkpoints: await Promise.all([latest, best].map((path) => readFile(path, 'base64'))),
  }
}

describe('a training with all faults', () => {
  it.each([0, 1] as const)('is the same when it was stopped and resumed, staleness %i', async (staleness) => {
    const train = async (name: string, actors: number, stopAfter?: number) => {
      const out = join(root, name)
      const config = resolveLabConfig(
        {
          ...RECURRENT,
          ...{ defects: [...DEFECTS], sampling: 'balanced', stlMode: 'penalty', specifications: 'original' },
          ...{ staleness, actors, out },
        },
        'test',
      )
      return await trainAndScore({ ...config, out }, quiet(stopAfter), { composition: LAB })
    }
    const [whole, stopped] = [`whole-${staleness}`, `stopped-${staleness}`]
    await train(whole, 1)
    expect(await train(stopped, 2, 3)).toBeNull()
    await train(stopped, 3)
    const expected = await outcome(whole)
    expect(await outcome(stopped)).toEqual(expected)
    expect(expected.metrics.map(({ ratiosPerDecision }) => ratiosPerDecision)).toEqual(Array(4).fill(128))
    expect(expected.metrics.map((line) => line.staleness)).toEqual([0, ...Array(3).fill(staleness)])
  })
})

it.each(['penalty', 'fixed-target'] as const)('a run with the mode %s comes to its report', async (stlMode) => {
  const out = join(root, stlMode)
  await trainRun({ kind: 'new', config: configOf({ stlMode, iterations: 2, out }) }, quiet(), { composition: LAB })
  for (const { stl, costValueLoss } of await readMetrics(runFolderAt(out).metrics)) {
    expect(stl.map(({ lambda }) => lambda)).toEqual([null, null, null, null])
    expect(costValueLoss === null).toBe(stlMode === 'penalty')
  }
  const { stl } = await readEvaluation(resultFiles(runFolderAt(out), 'test').evaluation)
  expect(stl.length).toBe(4)
})

it.each<[string, LabConfigInput]>([
  ['faults', { defects: ['value-units'] }],
  ['a penalty', { stlMode: 'penalty' }],
  ['returns that end where they are cut', { bootstrap: false }],
])('the product does not train %s as if there were none', async (_, input) => {
  const config = configOf({ ...input, out: join(root, 'refused') })
  await expect(trainRun({ kind: 'new', config }, quiet())).rejects.toMatchObject({ code: 'CONFLICT' })
})

it('without an experiment learns and writes what the product does', async () => {
  for (const [name, composition] of Object.entries({ PLAIN, LAB })) {
    const out = join(root, name)
    await trainAndScore({ ...configOf({ stlMode: 'lagrangian', out }), out }, quiet(), { composition })
  }
  expect(await outcome('LAB')).toEqual(await outcome('PLAIN'))
})

describe('a team that drops hidden units while it acts', () => {
  const withTeam = async <T>(config: Config, use: (team: Awaited<ReturnType<typeof LAB.createTeam>>) => Promise<T>) => {
    const { dataset } = await loadData(config, undefined, () => undefined)
    const team = await LAB.createTeam(config, dataset)
    try {
      return await use(team)
    } finally {
      await team.pool.close()
    }
  }
  const acted = async (defects: LabConfigInput['defects']) =>
    await withTeam(configOf({ defects }), async (team) => {
      const parameters = Float32Array.from({ length: team.parameterCount }, (_, i) => Math.sin(i))
      team.publish(parameters, 0)
      const collected = await team.pool.collect()
      team.publish(parameters, 0)
      return { logProbs: collected.map(({ logProbs }) => logProbs), greedy: await team.pool.evaluate('validation') }
    })

  it('collects by other probabilities, and decides greedily as the whole network does', async () => {
    const [whole, dropping] = [await acted([]), await acted(['replay-mismatch'])]
    expect(dropping.logProbs).not.toEqual(whole.logProbs)
    expect(dropping.greedy).toEqual(whole.greedy)
    expect(await acted(['replay-mismatch'])).toEqual(dropping)
  })
})

it('fits the outputs for the specifications to 0 whatever has happened (fixed-target)', async () => {
  const config = configOf({ stlMode: 'fixed-target' })
  const spec = { agentCount: 2, denseSize: 3, vocabularySizes: [4], policyHidden: [8], valueHidden: [8] }
  const network = { ...spec, layerNorm: false, lstmHidden: [], constraintCount: 2 }
  const minibatch = randomMinibatch(network, 12, 1)
  const learnt = async ({ createEngine }: typeof LAB, costTargets: Float32Array) => {
    const engine = await createEngine(config, network, null)
    engine.loadParameters(initialiseParameters(network, 1))
    const stats = await engine.update({ ...minibatch, constraints: { costTargets } }, config)
    const parameters = await engine.storeParameters()
    engine.dispose()
    return { stats, parameters }
  }
  const { costTargets } = minibatch.constraints!
  const zeros = await learnt(
    PLAIN,
    costTargets.map(() => 0),
  )
  expect(await learnt(LAB, costTargets)).toEqual(zeros)
  expect(await learnt(PLAIN, costTargets)).not.toEqual(zeros)
})
