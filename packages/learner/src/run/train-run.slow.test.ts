import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type LabConfigInput, resolveLabConfig, withSettings } from '@vigil/config'
import { parsePipeline } from '@vigil/features'
import {
  createRunFolder,
  readBundle,
  readEvaluation,
  readMetrics,
  readRunRecord,
  resultFiles,
  runFolderAt,
} from '@vigil/runs'
import { tf } from '@vigil/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRun } from './open-run.ts'
import { trainRun } from './train-run.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-run-'))
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

const SMALL: LabConfigInput = {
  rows: 4000,
  iterations: 6,
  validateEvery: 2,
  policyHidden: [32],
  valueHidden: [16],
  rowsPerIteration: 1024,
  minibatchSize: 256,
  actors: 1,
  engineThreads: 1,
}

/** Trains into root/name; stops after `stopAfter` iterations if given. Returns what was said. */
async function run(name: string, input: LabConfigInput, stopAfter = Number.POSITIVE_INFINITY): Promise<string> {
  const config = resolveLabConfig({ ...SMALL, ...input, out: join(root, name) }, 'test')
  return await speak((session) => trainRun({ kind: 'new', config }, session), stopAfter)
}

async function resume(
  name: string,
  actors: number,
  more: { readonly iterations?: number } = {},
  stopAfter = Number.POSITIVE_INFINITY,
): Promise<string> {
  const { folder, config, pipeline } = await openRun(join(root, name))
  const plan = { kind: 'resume', config: withSettings(config, { actors }, 'test'), folder, ...more } as const
  return await speak((session) => trainRun({ ...plan, pipeline: parsePipeline(pipeline) }, session), stopAfter)
}

async function speak(
  work: (session: Parameters<typeof trainRun>[1]) => Promise<unknown>,
  stopAfter = Number.POSITIVE_INFINITY,
) {
  let text = ''
  let asked = 0
  const stream = {
    write(chunk: string) {
      text += chunk
      return true
    },
  }
  await work({
    stream,
    isTTY: false,
    stop: { requested: () => ++asked >= stopAfter, onRequest: () => () => undefined },
  })
  return text
}

/** Everything that a run leaves behind, but for times and threads. */
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
    record: { ...(await readRunRecord(folder.record))!, device: '' },
    evaluation: await readEvaluation(resultFiles(folder, 'test').evaluation),
    latest: await bytes(folder.latest),
    best: await bytes(folder.best),
    bundle: await readBundle(folder.path),
  }
}

/** Cuts metrics.jsonl to its first lines. */
async function keepLines(path: string, count: number): Promise<void> {
  const lines = (await readFile(path, 'utf8')).split('\n')
  await writeFile(
    path,
    lines
      .slice(0, count)
      .map((line) => `${line}\n`)
      .join(''),
  )
}

/** `others`: numbers of actors that are compared with the first run, which has one. */
const KINDS = [
  { episodes: 'iid', staleness: 0, others: [1, 2, 4] },
  { episodes: 'iid', staleness: 1, others: [4] },
  { episodes: 'stream', staleness: 0, others: [3] },
  { episodes: 'stream', staleness: 1, others: [1, 2, 4] },
  { episodes: 'stream', staleness: 1, others: [3], stlMode: 'lagrangian+direct', specifications: 'original' },
] as const

describe.each(KINDS)('a run in $episodes episodes, staleness $staleness, $stlMode', ({ others, ...kind }) => {
  const named = (name: string) => `${name}-${kind.episodes}-${kind.staleness}${'stlMode' in kind ? '-stl' : ''}`

  it(`is the same again with ${others} actors, and when it was stopped and resumed`, async () => {
    const whole = await run(named('whole'), kind)
    for (const actors of others) await run(named(`${actors}`), { ...kind, actors, engineThreads: actors === 4 ? 2 : 1 })
    const stopped = await run(named('stopped'), { ...kind, actors: 2 }, 3)
    expect(stopped).toMatch(/Stopped after iteration 3 of 6\. Go on with: .*--resume=/)
    const { latest } = runFolderAt(join(root, named('stopped')))
    await writeFile(`${latest}.123456`, 'what a crash leaves of a checkpoint')
    const rest = await resume(named('stopped'), 3)
    expect(await readdir(dirname(latest))).toEqual([
      'best.checkpoint',
      'boosting.json',
      'cross-entropy.checkpoint',
      'latest.checkpoint',
    ])
    expect(rest).toMatch(/going on after iteration 3 of 6/)

    const expected = await outcome(named('whole'))
    for (const name of [...others, 'stopped']) expect(await outcome(named(`${name}`)), `${name}`).toEqual(expected)
    const hash = /weights SHA-256 [0-9a-f]{64}/.exec(whole)?.[0]
    expect(hash).toBeDefined()
    expect(rest).toContain(hash)
  })

  it('begins on policy, and then is as stale as it says', async () => {
    const metrics = await readMetrics(runFolderAt(join(root, named('whole'))).metrics)
    const [first] = metrics
    expect(metrics.map(({ policyVersion }) => policyVersion)).toEqual(
      kind.staleness === 0 ? [0, 1, 2, 3, 4, 5] : [0, 0, 1, 2, 3, 4],
    )
    expect(metrics.map(({ staleness }) => staleness)).toEqual([0, ...Array(5).fill(kind.staleness)])
    // Four minibatches, each after a step: KL and clipping stay small, and the entropy is that of a fresh policy.
    expect(first.entropy).toBeGreaterThan(1.2)
    expect(first.approxKl).toBeGreaterThanOrEqual(0)
    expect(first.approxKl).toBeLessThan(0.05)
  })
})

describe('a run that is made longer', () => {
  it.each([0, 1] as const)(
    'is annealed anew from where it stood, the same however often it was stopped, staleness %i',
    async (staleness) => {
      const name = (way: string) => `${way}-longer-${staleness}`
      const kind: LabConfigInput = { staleness, validateEvery: 4 }
      await run(name('finished'), kind)
      const { record, config } = runFolderAt(join(root, name('finished')))
      const before = await readRunRecord(record)
      expect(await resume(name('finished'), 1, { iterations: 10 })).toContain(
        'the run is made longer: 10 iterations instead of 6. Learning rate and entropy coefficient go on at 40 % of their first values instead of 0 %, and fall to 0 at iteration 10',
      )
      const expected = await outcome(name('finished'))
      expect(expected.metrics.map(({ learningRate }) => Math.round((1000 * learningRate) / 0.002))).toEqual([
        1000, 833, 667, 500, 333, 167, 400, 300, 200, 100,
      ])
      expect(expected.metrics.flatMap(({ iteration, validation }) => (validation ? [iteration] : []))).toEqual([
        4, 6, 8, 10,
      ])
      expect(JSON.parse(await readFile(config, 'utf8'))).toMatchObject({
        iterations: 10,
        earlierLengths: [{ upTo: 6, iterations: 6 }],
      })
      expect(expected.record!.weightsSha256).not.toBe(before!.weightsSha256)

      // The same again: stopped before its first end, made longer when that was reached, and stopped on the way.
      await run(name('stopped'), kind, 3)
      await resume(name('stopped'), 2)
      expect(await resume(name('stopped'), 1, { iterations: 10 }, 2)).toMatch(/Stopped after iteration 8 of 10/)
      expect(await readRunRecord(runFolderAt(join(root, name('stopped'))).record)).toBeNull()
      expect(await resume(name('stopped'), 1)).toMatch(/going on after iteration 8 of 10/)
      expect(await outcome(name('stopped'))).toEqual(expected)
    },
  )

  it('that had no checkpoint yet is as if it had been meant to be so long', async () => {
    await run('early', {}, 1)
    const { latest, metrics, config } = runFolderAt(join(root, 'early'))
    await rm(latest)
    await keepLines(metrics, 1)
    await resume('early', 1, { iterations: 8 })
    await run('meant', { iterations: 8 })
    expect(await outcome('early')).toEqual(await outcome('meant'))
    expect(JSON.parse(await readFile(config, 'utf8'))).toMatchObject({ iterations: 8, earlierLengths: [] })
  })
})

describe('a finished run', () => {
  it('leaves the files of the contract, and counts that add up', async () => {
    const folder = runFolderAt(join(root, 'whole-iid-0'))
    expect((await readdir(folder.path)).sort()).toEqual([
      'bundle',
      'checkpoints',
      'config.json',
      'evaluation.json',
      'metrics.jsonl',
      'pipeline.json',
      'report.html',
      'run.json',
    ])
    const { evaluation: file, report } = resultFiles(folder, 'test')
    const evaluation = await readEvaluation(file)
    expect(evaluation.rows).toBe(600)
    expect(evaluation.agents.length).toBe(4)
    expect(evaluation.bayes!.f1).toBeGreaterThan(evaluation.team.f1 - 0.1)
    // There a figure keeps its per cent sign, and the first sentence stands alone.
    const words = (await readFile(report, 'utf8')).replace(/<[^>]+>/g, '').replace(/\s+/g, ' ')
    expect(words).toContain(evaluation.verdict)
  })

  it.each([0, 1] as const)('has learnt under staleness %i: better than every constant policy', async (staleness) => {
    const name = `learnt-${staleness}`
    await run(name, { iterations: 30, rows: 6000, learningRate: 4e-3, staleness })
    const { team, baselines } = await readEvaluation(resultFiles(runFolderAt(join(root, name)), 'test').evaluation)
    for (const { name, rewardMean } of baselines.filter(({ name }) => name.startsWith('always'))) {
      expect(team.rewardMean, name).toBeGreaterThan(rewardMean)
    }
  })
})

describe('a run that was killed', () => {
  it.each([
    ['before its first validation', 1, []],
    ['with the line of the first validation written', 2, []],
    ['between its best checkpoint and the latest', 2, ['best']],
  ] as const)('%s begins again', async (_, lineCount, kept) => {
    const name = 'stopped-stream-1'
    const expected = await outcome(name)
    const folder = runFolderAt(join(root, name))
    for (const file of ['latest', 'best', 'record'] as const) {
      if (!(kept as readonly string[]).includes(file)) await rm(folder[file])
    }
    await keepLines(folder.metrics, lineCount)
    expect(await resume(name, 2)).toMatch(/no checkpoint yet: beginning again at iteration 1 of 6/)
    expect(await outcome(name)).toEqual(expected)
  })

  it.each([
    ['run.json is there', { removed: ['latest', 'metrics'], lineCount: 0, says: /run\.json says/ }],
    [
      'later iterations are there',
      { removed: ['latest', 'best', 'record'], lineCount: 3, says: /has iteration 3, and/ },
    ],
    ['the best one is there', { removed: ['latest', 'record'], lineCount: 1, says: /best\.checkpoint is there/ }],
  ] as const)('does not begin again when a checkpoint has been lost: %s', async (_, { removed, lineCount, says }) => {
    const path = join(root, 'lost')
    await cp(join(root, 'whole-iid-0'), path, { recursive: true })
    const folder = runFolderAt(path)
    await keepLines(folder.metrics, lineCount)
    for (const file of removed) await rm(folder[file])
    const before = await readdir(path, { recursive: true })
    const refusal = resume('lost', 1)
    await expect(refusal).rejects.toMatchObject({ code: 'MISSING', message: expect.stringContaining(folder.latest) })
    await expect(refusal).rejects.toThrow(says)
    expect(await readdir(path, { recursive: true })).toEqual(before)
    await rm(path, { recursive: true })
  })

  it('does not begin again when its checkpoint cannot be read, or its folder of checkpoints is gone', async () => {
    const path = join(root, 'unreadable')
    await cp(join(root, 'whole-iid-0'), path, { recursive: true })
    const { latest, metrics, record } = runFolderAt(path)
    const before = await readFile(metrics, 'utf8')
    await rm(record)
    await rm(latest)
    await mkdir(latest)
    await expect(resume('unreadable', 1)).rejects.toMatchObject({ code: 'UNREADABLE' })
    await rm(dirname(latest), { recursive: true })
    await expect(resume('unreadable', 1)).rejects.toMatchObject({ code: 'MISSING' })
    expect(await readFile(metrics, 'utf8')).toBe(before)
  })

  it('while its folder was made says what to do, and a trained one without its pipeline something else', async () => {
    const path = join(root, 'claimed')
    const { config } = runFolderAt(path)
    await mkdir(join(path, 'checkpoints'), { recursive: true })
    await writeFile(config, '{}')
    await expect(openRun(path)).rejects.toThrow(/ended before it could begin.* Remove the folder and train again/)
    await writeFile(runFolderAt(path).latest, 'weights')
    await expect(openRun(path)).rejects.toThrow(/is not the folder of a run: .*pipeline\.json is missing/)
  })
})

describe('a run that fails', () => {
  it('frees what its engine holds', async () => {
    const config = resolveLabConfig({ ...SMALL, engine: 'tfjs', backend: 'cpu', out: join(root, 'failed') }, 'test')
    const before = tf.memory().numTensors
    const stop = {
      requested: () => {
        expect(tf.memory().numTensors).toBeGreaterThan(before)
        throw new Error('asked')
      },
      onRequest: () => () => undefined,
    }
    const run = trainRun({ kind: 'new', config }, { stream: { write: () => true }, isTTY: false, stop })
    await expect(run).rejects.toThrow('asked')
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('two runs at once', () => {
  it('never share a folder', async () => {
    const config = resolveLabConfig({ ...SMALL, out: join(root, 'wanted') }, 'test')
    const claims = await Promise.allSettled([1, 2, 3].map(() => createRunFolder(config, {})))
    expect(claims.filter(({ status }) => status === 'fulfilled').length).toBe(1)
    for (const claim of claims)
      if (claim.status === 'rejected') expect(claim.reason).toMatchObject({ code: 'RUN_FOLDER' })

    const before = process.cwd()
    process.chdir(root)
    const free = await Promise.all([1, 2, 3].map(() => createRunFolder({ ...config, out: null }, {})))
    process.chdir(before)
    expect(new Set(free.map(({ path }) => path)).size).toBe(3)
  })
})

describe('the algorithm', () => {
  it.each([
    ['td-lambda and batch normalisation', { returns: 'td-lambda', returnNormalisation: 'batch' }],
    ['gae and no normalisation', { returns: 'gae', returnNormalisation: 'none' }],
    ['consensus attribution, a bonus and a KL limit', { attribution: 'consensus', teamBonus: 0.2, targetKl: 1e-6 }],
    ['no critic', { valueHidden: null, baseline: 'counterfactual' }],
    ['specifications that are only measured', { specifications: 'default' }],
    ['multipliers for specifications that agents see', { stlMode: 'lagrangian', observeConstraints: 'team' }],
    [
      'specifications in a recurrent team',
      { stlMode: 'lagrangian', policy: 'lstm', lstmHidden: [8], episodes: 'stream' },
    ],
    ['a discount over truncated episodes', { gamma: 0.9, episodeSteps: 5, rule: 'majority' }],
  ] as [string, LabConfigInput][])('runs with %s', async (name, input) => {
    await run(name, { ...input, iterations: 2 })
    const metrics = await readMetrics(runFolderAt(join(root, name)).metrics)
    expect(metrics.length).toBe(2)
    for (const line of metrics) {
      expect(line.policyLoss).not.toBeNull()
      expect(line.valueLoss === null).toBe(input.valueHidden === null)
      const hasSpecifications = input.stlMode !== undefined || input.specifications !== undefined
      expect(line.stl.map(({ name }) => name)).toEqual(
        hasSpecifications ? ['response', 'follow-up', 'posture', 'resources'] : [],
      )
      for (const { lambda } of line.stl) expect(lambda === null).toBe(input.stlMode !== 'lagrangian')
    }
    const { evaluation, report } = resultFiles(runFolderAt(join(root, name)), 'test')
    for (const { name, satisfiedRate, strip } of (await readEvaluation(evaluation)).stl) {
      expect(await readFile(report, 'utf8')).toContain(name)
      expect(strip.min.length).toBe(240)
      expect(strip.min.some((value) => value < 0)).toBe(satisfiedRate < 1)
    }
  })
})
