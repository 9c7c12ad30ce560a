import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beginningFrom, type LabConfigInput, resolveLabConfig, withSettings } from '@vigil/config'
import { parsePipeline } from '@vigil/features'
import { readCheckpoint } from '@vigil/ppo'
import { readBundle, readRunRecord, runFolderAt, weightsSha256 } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRun } from './open-run.ts'
import { readOrigin } from './origin.ts'
import { repeatRun } from './repeat-run.ts'
import { trainRun } from './train-run.ts'

let root: string
let said = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-from-'))
  await writeEvents('old', ['tcp', 'tcp', 'udp'])
  await writeEvents('new', ['tcp', 'tcp', 'udp', 'icmp'])
  await train('origin', { data: join(root, 'old.yaml') })
})
afterAll(async () => {
  await rm(root, { recursive: true })
})

/** Events of a host that are threats where much is sent by the last protocol. */
async function writeEvents(name: string, protocols: readonly string[]): Promise<void> {
  const rows = Array.from({ length: 1200 }, (_, row) => {
    const protocol = protocols[row % protocols.length]
    const bytes = (row * 7919) % 1000
    return `${protocol},${bytes},${protocol === protocols.at(-1) && bytes > 600 ? 1 : 0}`
  })
  await writeFile(join(root, `${name}.csv`), ['proto,bytes,label', ...rows, ''].join('\n'))
  await writeFile(
    join(root, `${name}.yaml`),
    [
      'version: 1',
      `files: { all: [${name}.csv] }`,
      'label: { column: label, threat: ["1"] }',
      'columns: { categorical: [proto], numeric: [bytes] }',
      'split: { by: stratified }',
      '',
    ].join('\n'),
  )
}

function session(stopAfter = Number.POSITIVE_INFINITY) {
  let asked = 0
  return {
    stream: {
      write(text: string) {
        said += text
        return true
      },
    },
    isTTY: false,
    stop: { requested: () => ++asked >= stopAfter, onRequest: () => () => undefined },
  }
}

function configOf(name: string, input: LabConfigInput) {
  const small = { iterations: 4, validateEvery: 2, policyHidden: [16], valueHidden: [8], rowsPerIteration: 1024 }
  const few = { minibatchSize: 256, actors: 1, engineThreads: 1 } as const
  return resolveLabConfig({ ...small, ...few, ...input, out: join(root, name) }, 'test')
}

async function train(name: string, input: LabConfigInput): Promise<void> {
  await trainRun({ kind: 'new', config: configOf(name, input) }, session())
}

async function fineTune(name: string, data: string, stopAfter?: number): Promise<void> {
  const origin = await readOrigin(join(root, 'origin'))
  const { run, weightsSha256 } = origin
  const config = beginningFrom(configOf(name, { data: join(root, data), seed: 3 }), { run, weightsSha256 })
  await trainRun({ kind: 'new', config, origin }, session(stopAfter))
}

async function firstWeightsOf(name: string): Promise<Float32Array> {
  const anything = { fingerprintAt: null, datasetFingerprint: null, sizes: null }
  return (await readCheckpoint(runFolderAt(join(root, name)).initial, anything)).parameters
}

describe('a training from a trained team', () => {
  it('begins with its best weights, and config.json has their hash', async () => {
    await fineTune('same', 'old.yaml')
    const { parameters } = await readBundle(join(root, 'origin'))
    expect(await firstWeightsOf('same')).toEqual(parameters)
    const { config } = await openRun(join(root, 'same'))
    expect(config.from).toEqual({ run: join(root, 'origin'), weightsSha256: weightsSha256(parameters) })
    expect(await readFile(join(root, 'same', 'pipeline.json'), 'utf8')).toBe(
      await readFile(join(root, 'origin', 'pipeline.json'), 'utf8'),
    )
  })

  it('learns new categories besides, which begin as what they were taken for', async () => {
    said = ''
    await fineTune('grown', 'new.yaml')
    expect(said).toMatch(/begins with the weights of .*origin after iteration [24], with 1 new categor/)
    const [old, grown] = [await readBundle(join(root, 'origin')), await readBundle(join(root, 'grown'))]
    const [before, after] = [old, grown].map(({ pipeline }) => pipeline.columns)
    const proto = before.findIndex(({ name }) => name === 'proto')
    expect(before[proto]).toMatchObject({ kind: 'vocabulary', tokens: ['tcp', 'udp'] })
    expect(after[proto]).toMatchObject({ kind: 'vocabulary', tokens: ['tcp', 'udp', 'icmp'] })
    expect(after.toSpliced(proto, 1)).toEqual(before.toSpliced(proto, 1))

    const first = await firstWeightsOf('grown')
    // Four agents; the policy's embedding [unknown, tcp, udp, icmp], 16 wide, is what each begins with.
    const [oldAgent, agent] = [old.parameters.length / 4, first.length / 4]
    for (let a = 0; a < 4; a++) {
      const row = (r: number) => first.slice(a * agent + 16 * r, a * agent + 16 * (r + 1))
      expect(first.slice(a * agent, a * agent + 48)).toEqual(old.parameters.slice(a * oldAgent, a * oldAgent + 48))
      expect(row(3)).toEqual(row(0))
    }
    // It has learnt since.
    expect(grown.parameters).not.toEqual(first)
  })

  it('comes to the same bytes when it was stopped, when its first checkpoint is lost, and when it is repeated', async () => {
    await fineTune('whole', 'new.yaml')
    const expected = await readRunRecord(runFolderAt(join(root, 'whole')).record)
    await fineTune('stopped', 'new.yaml', 1)
    const { folder, config, pipeline } = await openRun(join(root, 'stopped'))
    // As a process leaves it that is killed in its first iteration.
    await rm(folder.latest)
    const resumed = { config: withSettings(config, { actors: 2 }, 'test'), folder, pipeline: parsePipeline(pipeline) }
    await trainRun({ kind: 'resume', ...resumed }, session())
    expect(await readRunRecord(folder.record)).toEqual(expected)

    const { repeated, recorded, difference, samePipeline } = await repeatRun(join(root, 'whole'), {}, session())
    expect([repeated.weightsSha256, difference, samePipeline]).toEqual([recorded.weightsSha256, null, true])
  })

  it('is another run than one from fresh weights', async () => {
    await train('fresh', { data: join(root, 'old.yaml'), seed: 3 })
    const [fresh, same] = await Promise.all(
      ['fresh', 'same'].map((name) => readRunRecord(runFolderAt(join(root, name)).record)),
    )
    expect(same!.configFingerprint).not.toBe(fresh!.configFingerprint)
    expect(same!.weightsSha256).not.toBe(fresh!.weightsSha256)
  })

  it('refuses events that lack an input of the team', async () => {
    await writeFile(join(root, 'less.csv'), `proto,label\n${'tcp,0\nudp,1\n'.repeat(600)}`)
    const description = await readFile(join(root, 'old.yaml'), 'utf8')
    await writeFile(
      join(root, 'less.yaml'),
      description.replace('old.csv', 'less.csv').replace(', numeric: [bytes]', ''),
    )
    await expect(fineTune('less', 'less.yaml')).rejects.toMatchObject({
      code: 'PIPELINE_MISMATCH',
      message: expect.stringMatching(/bytes/),
    })
  })
})
