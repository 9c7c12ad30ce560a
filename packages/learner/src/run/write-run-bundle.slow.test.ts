import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTeam } from '@vigil/actors'
import { type ConfigInput, resolveConfig } from '@vigil/config'
import { loadDataset } from '@vigil/data'
import { decideSplit } from '@vigil/evaluation'
import { readCheckpoint } from '@vigil/ppo'
import { bundleFiles, readBundle, readEvaluation, resultFiles, runFolderAt, weightsSha256 } from '@vigil/runs'
import { decideBatch } from '@vigil/vote'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createForwardPass } from '../../../policy-wasm/src/forward.fixture.ts'
import { evaluationSettingsOf, teamSettingsOf } from '../settings.ts'
import { evaluateFolder } from './evaluate-folder.ts'
import { openRun } from './open-run.ts'
import { identityOf } from './session.ts'
import { trainRun } from './train-run.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-bundled-'))
})
afterAll(async () => await rm(root, { recursive: true }))

const SMALL: ConfigInput = {
  environment: 'triage',
  ...{ rows: 3000, iterations: 4, validateEvery: 2, policyHidden: [16], valueHidden: [16] },
  ...{ rowsPerIteration: 1024, minibatchSize: 256, actors: 1, engineThreads: 1 },
}
const REQUEST = { dataset: 'synthetic', path: null, features: 'behaviour', split: 'stratified' } as const

const silent = {
  ...{ stream: { write: () => true }, isTTY: false },
  stop: { requested: () => false, onRequest: () => () => undefined },
}

async function train(name: string, input: ConfigInput): Promise<string> {
  const out = join(root, name)
  await trainRun({ kind: 'new', config: resolveConfig({ ...SMALL, ...input, out }, 'test') }, silent)
  return out
}

/** What the run decides on its test split with its own config and checkpoint. */
async function decisionsOf(out: string) {
  const { folder, config } = await openRun(out)
  const { dataset } = await loadDataset({ ...REQUEST, splitSeed: config.splitSeed, seed: config.seed, rows: 3000 })
  const team = await createTeam(teamSettingsOf(config), dataset)
  try {
    const { parameters } = await readCheckpoint(folder.best, identityOf(config, team))
    team.publish(parameters, 0)
    return await decideSplit(team, evaluationSettingsOf(config), 'test')
  } finally {
    await team.pool.close()
  }
}

const dataOf = async ({ pipeline, environment: { seed } }: Awaited<ReturnType<typeof readBundle>>) =>
  (await loadDataset({ ...REQUEST, splitSeed: 42, seed, rows: 3000, pipeline })).dataset

describe('whoever has a bundle and no config', () => {
  it.each(['quorum', 'weighted', 'trimmed-median'] as const)('decides as the evaluation did, by %s', async (rule) => {
    const out = await train(rule, { rule })
    const bundle = await readBundle(out)
    const { splits, dense, categorical, denseNames, categoricalColumns } = await dataOf(bundle)
    const { rows } = splits.test
    const D = denseNames.length
    const C = categoricalColumns.length
    const inputs = {
      rows: rows.length,
      dense: Float32Array.from({ length: rows.length * D }, (_, i) => dense[rows[Math.floor(i / D)] * D + (i % D)]),
      categories: Uint16Array.from(
        { length: rows.length * C },
        (_, i) => categorical[rows[Math.floor(i / C)] * C + (i % C)],
      ),
    }
    const { network, parameters, vote } = bundle
    const { greedy, scores } = (await createForwardPass())({ spec: network, parameters, inputs })
    const decided = decideBatch({ actions: greedy, scores, agentCount: network.agentCount, ...vote })
    const expected = await decisionsOf(out)
    expect(decided.actions).toEqual(expected.actions)
    expect(new Set(decided.actions).size).toBeGreaterThan(1)
    const [allow, block, quarantine, alert] = [0, 1, 2, 3].map(
      (action) => decided.actions.filter((own) => own === action).length,
    )
    const { actions } = await readEvaluation(resultFiles(runFolderAt(out), 'test').evaluation)
    expect(actions).toEqual({ allow, block, quarantine, alert })
  })

  it('decides on streams with a memory and observed specifications as the evaluation did', async () => {
    const out = await train('stream', {
      ...{ episodes: 'stream', policy: 'lstm', lstmHidden: [8], rolloutSteps: 16 },
      ...{ stlMode: 'lagrangian', specifications: 'original' },
    })
    const bundle = await readBundle(out)
    const { network, environment, parameters, vote } = bundle
    const steps = { sampling: 'natural', shards: 3, lanesPerShard: 2, rolloutSteps: 4, actors: 1 } as const
    const team = await createTeam({ environment, network, ...steps }, await dataOf(bundle))
    try {
      expect(team.network).toEqual(network)
      team.publish(parameters, 0)
      const votes = await team.pool.evaluate('test')
      const decided = decideBatch({ ...votes, agentCount: network.agentCount, ...vote })
      expect(decided.actions).toEqual((await decisionsOf(out)).actions)
    } finally {
      await team.pool.close()
    }
  })
})

describe('a bundle', () => {
  it('holds the weights of the best checkpoint, its iteration and the specifications with their targets', async () => {
    const out = await train('best', {})
    const { folder, config } = await openRun(out)
    const anybody = { fingerprintAt: null, datasetFingerprint: null, sizes: null }
    const best = await readCheckpoint(folder.best, anybody)
    const bundle = await readBundle(out)
    expect(bundle.iteration).toBe(best.iteration)
    expect(weightsSha256(bundle.parameters)).toBe(weightsSha256(best.parameters))
    expect(bundle.specifications).toEqual(config.specifications)
  })

  it('is written beside results that go elsewhere, with the same bytes', async () => {
    const out = join(root, 'best')
    const results = join(root, 'results')
    await rm(join(out, 'bundle'), { recursive: true })
    const wanted = { split: 'test', attacks: [], budgets: [], certify: false, settings: { out: results } } as const
    await evaluateFolder(out, wanted, silent)
    const [first, second] = [results, join(root, 'quorum')].map(bundleFiles)
    for (const name of ['settings', 'pipeline', 'weights'] as const) {
      expect(await readFile(first[name], 'base64'), name).toBe(await readFile(second[name], 'base64'))
    }
    await expect(readBundle(out)).rejects.toMatchObject({ code: 'BUNDLE_MISSING' })
  })
})
