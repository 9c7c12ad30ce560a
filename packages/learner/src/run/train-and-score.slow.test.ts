import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveLabConfig } from '@vigil/config'
import { parsePipeline } from '@vigil/features'
import { runFolderAt } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { locker } from '../../../runs/src/lock.fixture.ts'
import { openRun } from './open-run.ts'
import { rememberingLoader, type Session } from './session.ts'
import { readScoredTraining, trainAndScore } from './train-and-score.ts'
import { trainRun } from './train-run.ts'

const SMALL = {
  ...{ rows: 2000, iterations: 3, rowsPerIteration: 256, rolloutSteps: 16, shards: 2, minibatchSize: 128, epochs: 1 },
  ...{ actors: 1, engineThreads: 1, engine: 'portable', policyHidden: [8], valueHidden: [8] },
  attribution: 'consensus',
}

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'vigil-scored-'))
})
afterAll(() => rmSync(root, { recursive: true }))

const configFor = (name: string) => {
  const out = join(root, name)
  return { ...resolveLabConfig({ ...SMALL, out }, 'test'), out }
}

const quietSession = {
  stream: { write: () => true },
  isTTY: false,
  stop: { requested: () => false, onRequest: () => () => undefined },
}

async function score(name: string, warns?: boolean) {
  let said = ''
  const stream = { write: (text: string) => (said += text) }
  const session = { ...quietSession, stream, ...(warns !== undefined && { warns }) } as Session
  const training = await trainAndScore(configFor(name), session)
  return { training: training!, said }
}

describe('a training with its scores', () => {
  it('is read where it is whole, and refused where lines are missing', async () => {
    const { training, said } = await score('whole')
    expect(said).toMatch(/^warning [A-Z_]+: /m)
    expect(existsSync(join(root, 'whole', '.lock'))).toBe(false)
    expect(await readScoredTraining(configFor('whole'))).toEqual(training)
    const { metrics } = runFolderAt(join(root, 'whole'))
    const kept = readFileSync(metrics, 'utf8')
    for (const lines of [kept.split('\n').slice(0, 2), kept.split('\n').slice(1, 3), []]) {
      writeFileSync(metrics, lines.map((line) => `${line}\n`).join(''))
      await expect(readScoredTraining(configFor('whole'))).rejects.toMatchObject({
        code: 'METRICS_INVALID',
        message: expect.stringContaining(`each of the 3 iterations of a finished training, but has ${lines.length}`),
      })
      await expect(score('whole')).rejects.toMatchObject({ code: 'METRICS_INVALID' })
    }
    writeFileSync(metrics, kept)
  })

  it.each(['{"split": "te', ''])('is scored again where the scores are torn: %j', async (torn) => {
    const before = await readScoredTraining(configFor('whole'))
    writeFileSync(runFolderAt(join(root, 'whole')).lastWeights, torn)
    expect(await readScoredTraining(configFor('whole'))).toBeNull()
    expect((await score('whole')).training).toEqual(before)
  })

  it('begins in a folder in which a process was killed before its run had begun, quietly where asked to', async () => {
    const path = join(root, 'claimed')
    mkdirSync(join(path, 'checkpoints'), { recursive: true })
    writeFileSync(join(path, 'config.json'), '{"dataset": "synth')
    writeFileSync(join(path, 'pipeline.json.123'), '{')
    const { training, said } = await score('claimed', false)
    expect(said).not.toContain('warning')
    expect(readdirSync(path).toSorted()).toEqual([
      ...['bundle', 'checkpoints', 'config.json', 'last-weights.json', 'metrics.jsonl', 'pipeline.json', 'run.json'],
    ])
    const whole = await readScoredTraining(configFor('whole'))
    expect(training.lastWeights).toEqual(whole!.lastWeights)
  })

  it('touches no folder that holds something else', async () => {
    const path = join(root, 'foreign')
    mkdirSync(path)
    writeFileSync(join(path, 'config.json'), '{}')
    await expect(score('foreign')).rejects.toMatchObject({ code: 'RUN_FOLDER' })
    expect(readdirSync(path)).toEqual(['config.json'])
  })

  it('keeps out of a folder in which another process trains', async () => {
    const other = locker(join(root, 'claimed'))
    await other.ready()
    expect(await other.tries()).toBe('has it')
    await expect(score('claimed')).rejects.toMatchObject({ code: 'IN_USE' })
    const { folder, config, pipeline } = await openRun(join(root, 'claimed'))
    const resumed = { kind: 'resume', config, folder, pipeline: parsePipeline(pipeline) } as const
    await expect(trainRun(resumed, quietSession)).rejects.toMatchObject({ code: 'IN_USE' })
    await other.ends()
    await expect(score('claimed')).resolves.toBeDefined()
  })
})

it('the data of the training before are remembered, and no others', async () => {
  const load = rememberingLoader()
  const quiet = () => undefined
  const config = configFor('any')
  const first = await load(config, undefined, quiet)
  expect(await load({ ...config, gamma: 0.5, seed: config.seed }, undefined, quiet)).toBe(first)
  const resumed = await load(config, first.pipeline, quiet)
  expect(resumed.dataset).not.toBe(first.dataset)
  expect(resumed.dataset).toEqual(first.dataset)
  for (const other of [{ seed: 2 }, { rows: 1000 }, { split: 'temporal' }, { splitSeed: 1 }, { features: 'full' }]) {
    const changed = { ...config, ...other } as typeof config
    const data = await load(changed, undefined, quiet)
    expect(data.dataset.fingerprint).not.toEqual(first.dataset.fingerprint)
    expect(await load(changed, undefined, quiet)).toBe(data)
  }
})
