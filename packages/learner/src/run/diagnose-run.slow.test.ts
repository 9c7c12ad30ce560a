import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '@vigil/config'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnoseRun } from './diagnose-run.ts'
import { trainRun } from './train-run.ts'

let root: string
let said = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-diagnosis-'))
  // The defaults, with smaller rollouts.
  const config = resolveConfig(
    {
      environment: 'triage',
      ...{ rows: 20_000, iterations: 16, rowsPerIteration: 2048, minibatchSize: 256, validateEvery: 4 },
      ...{ actors: 1, engineThreads: 1, out: join(root, 'good') },
    },
    'test',
  )
  const stop = { requested: () => false, onRequest: () => () => undefined }
  const stream = { write: (text: string) => (said += text) }
  await trainRun({ kind: 'new', config }, { stream, isTTY: false, stop })
})
afterAll(() => rm(root, { recursive: true }))

/** A copy of the run to do harm to. */
async function copyOfRun(name: string): Promise<string> {
  const path = join(root, name)
  await cp(join(root, 'good'), path, { recursive: true })
  return path
}

async function changeJson(path: string, change: object): Promise<void> {
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...change }))
}

/** What the command says of a folder that it cannot diagnose. */
async function refusal(path: string): Promise<string> {
  const error = await diagnoseRun(path, undefined).catch((error: unknown) => error)
  expect(error).toMatchObject({ name: 'VigilError' })
  return (error as Error).message
}

describe('diagnoseRun', () => {
  it('finds no problem in a training by the defaults, nor does the training warn of one', async () => {
    const diagnosis = await diagnoseRun(join(root, 'good'), undefined)
    expect(diagnosis.findings.filter(({ severity }) => severity === 'problem')).toEqual([])
    expect(diagnosis).toMatchObject({ iterations: 16, totalIterations: 16, isFinished: true, leftOut: [] })
    expect(diagnosis.checked).toEqual([
      expect.stringMatching(/^data/),
      expect.stringMatching(/^metrics .* of 16 iterations$/),
      'evaluation on the test split',
    ])
    expect(said).not.toContain('warning')
  })

  it('diagnoses a run that is still training, its last line torn, and one without a line', async () => {
    const path = await copyOfRun('training')
    for (const file of ['run.json', 'evaluation.json', 'checkpoints']) await rm(join(path, file), { recursive: true })
    const lines = (await readFile(join(path, 'metrics.jsonl'), 'utf8')).split('\n')
    await writeFile(join(path, 'metrics.jsonl'), [...lines.slice(0, 5), lines[5].slice(0, 80)].join('\n'))
    const diagnosis = await diagnoseRun(path, undefined)
    expect(diagnosis).toMatchObject({ iterations: 5, totalIterations: 16, isFinished: false, findings: [] })
    expect(diagnosis.leftOut.map(({ what }) => what)).toEqual(['evaluation'])
    await rm(join(path, 'metrics.jsonl'))
    expect((await diagnoseRun(path, undefined)).leftOut.map(({ what }) => what.split(' ')[0])).toEqual([
      'metrics',
      'evaluation',
    ])
  })

  it.each<[string, (path: string) => Promise<void>, RegExp]>([
    [
      'weights',
      (p) => writeFile(join(p, 'checkpoints', 'latest.checkpoint'), 'x'),
      /latest\.checkpoint is not a whole/,
    ],
    [
      'figures',
      async (p) => {
        await rm(join(p, 'run.json'))
        await changeLine(p, (line) => ({ ...line, entropy: 0.25 }))
      },
      /metrics\.jsonl is not as training left it: .*latest\.checkpoint remembers other figures/,
    ],
    [
      'figures after the checkpoints are gone',
      async (p) => {
        await rm(join(p, 'checkpoints'), { recursive: true })
        await changeLine(p, (line) => ({ ...line, entropy: 0.25 }))
      },
      /metrics\.jsonl is not as training left it: .*run\.json remembers/,
    ],
    ['settings', (p) => changeJson(join(p, 'config.json'), { learningRate: 0.1 }), /does not fit this run: .*settings/],
    [
      'settings after the checkpoints are gone',
      async (p) => {
        await rm(join(p, 'checkpoints'), { recursive: true })
        await changeJson(join(p, 'config.json'), { learningRate: 0.1 })
      },
      /config\.json is not what the run was trained with, says .*run\.json/,
    ],
  ])('believes no run whose %s were changed', async (name, harm, message) => {
    const path = await copyOfRun(`changed-${name.replaceAll(' ', '-')}`)
    await harm(path)
    await expect(diagnoseRun(path, undefined)).rejects.toThrow(message)
  })

  it('leaves the data out where they are gone, or are other data, and says so', async () => {
    const gone = await copyOfRun('gone')
    for (const file of ['run.json', 'evaluation.json', 'checkpoints']) await rm(join(gone, file), { recursive: true })
    await changeJson(join(gone, 'config.json'), { dataset: 'darpa-tc', data: 'no/such/data', rows: null })
    await changeJson(join(gone, 'pipeline.json'), { dataset: 'darpa-tc' })
    const [left] = (await diagnoseRun(gone, undefined)).leftOut
    expect(left.what).toMatch(/^data/)
    expect(left.reason).toContain('no/such/data')
    const other = await copyOfRun('other')
    await changeJson(join(other, 'run.json'), { datasetFingerprint: 'f'.repeat(64) })
    expect((await diagnoseRun(other, undefined)).leftOut[0].reason).toMatch(/not those that the run was trained on/)
  })
})

describe('diagnoseRun', () => {
  it.each<[string, (path: string) => Promise<void>, RegExp]>([
    ['damaged', (p) => writeFile(p, '{'), /evaluation\.json is not JSON/],
    ['of another Vigil', (p) => changeJson(p, { curiosity: 1 }), /another version of Vigil/],
    ['a pipe', makePipe, /is not a file/],
  ])('refuses an evaluation that is %s: it says nothing that can be trusted', async (name, harm, reason) => {
    const path = await copyOfRun(`evaluation-${name.replaceAll(' ', '-')}`)
    await harm(join(path, 'evaluation.json'))
    expect(await refusal(path)).toMatch(reason)
  })

  it('has no use for data where the events were generated', async () => {
    const given = diagnoseRun(join(root, 'good'), 'some/data')
    await expect(given).rejects.toMatchObject({ name: 'VigilError', code: 'CONFLICT' })
    await expect(given).rejects.toThrow(/generated.*Leave --data out/)
  })
})

describe('diagnoseRun refuses', () => {
  it('what is no folder, an empty one, and a foreign one', async () => {
    expect(await refusal(join(root, 'nowhere'))).toMatch(/nowhere does not exist/)
    await mkdir(join(root, 'empty'))
    expect(await refusal(join(root, 'empty'))).toMatch(/empty is empty/)
    await mkdir(join(root, 'foreign'))
    await writeFile(join(root, 'foreign', 'notes.txt'), 'x')
    expect(await refusal(join(root, 'foreign'))).toMatch(/not the folder of a run: .*config\.json is missing/)
    for (const content of ['{"name": "another program", "seed": 1}', '[]', 'null', '3']) {
      await writeFile(join(root, 'foreign', 'config.json'), content)
      expect(await refusal(join(root, 'foreign'))).toMatch(/is not the config of one/)
    }
  })

  it.each<[string, (path: string) => Promise<void>, RegExp]>([
    ['a claimed folder', (p) => leaveOnly(p, 'checkpoints'), /half a run: it was ended before/],
    [
      'half a config',
      (p) => writeFile(join(p, 'config.json'), '{"dataset": "synth'),
      /half a run: .*config\.json is not whole JSON/,
    ],
    ['no pipeline', (p) => rm(join(p, 'pipeline.json')), /half a run: .*pipeline\.json is missing/],
    [
      'half a pipeline',
      (p) => writeFile(join(p, 'pipeline.json'), '{"version": 1'),
      /half a run: .*pipeline\.json is not whole/,
    ],
    [
      'another pipeline',
      (p) => changeJson(join(p, 'pipeline.json'), { version: 2 }),
      /pipeline\.json is damaged or of another version/,
    ],
    [
      'a newer config',
      (p) => changeJson(join(p, 'config.json'), { curiosity: 1 }),
      /no setting "curiosity".* another version of Vigil, or changed by hand: use that version/,
    ],
    [
      'a newer record',
      (p) => changeJson(join(p, 'run.json'), { versions: { vigil: '9.0.0', node: '30.0.0' } }),
      /newer Vigil: run\.json says version 9\.0\.0/,
    ],
    [
      'newer metrics',
      (p) => changeLine(p, (line) => ({ ...line, curiosity: 1 })),
      /another version of Vigil, or changed by hand: .*metrics\.jsonl, line 3/,
    ],
    [
      'older metrics',
      (p) => changeLine(p, ({ criticLoss: _gone, ...line }) => line),
      /older Vigil, or by hand: .*criticLoss/,
    ],
    [
      'damaged metrics',
      (p) => changeLine(p, (line) => ({ ...line, iteration: 1 })),
      /line 3: iteration must be above 2/,
    ],
    [
      'a key that no version has',
      (p) => changeText(join(p, 'config.json'), (text) => text.replace('{', '{"__proto__": {"a": 1},')),
      /no setting "__proto__".* changed by hand: use that version/,
    ],
    [
      'a finished run without its last lines',
      (p) => changeText(join(p, 'metrics.jsonl'), (text) => text.split('\n').slice(0, 10).join('\n')),
      /half a run: .*metrics\.jsonl has 10 of 16 iterations/,
    ],
    ['a finished run without metrics', (p) => rm(join(p, 'metrics.jsonl')), /half a run: .* has 0 of 16 iterations/],
    [
      'the pipeline of another run',
      (p) => changeJson(join(p, 'pipeline.json'), { features: 'seed7' }),
      /files of different runs: features is "behaviour" in config\.json and "seed7"/,
    ],
    ['a pipe in place of the metrics', (p) => makePipe(join(p, 'metrics.jsonl')), /metrics\.jsonl is not a file/],
    ['a folder in place of the record', (p) => makeFolder(join(p, 'run.json')), /run\.json is not a file/],
    [
      'nothing that can be looked at',
      async (p) => {
        for (const file of ['run.json', 'metrics.jsonl', 'evaluation.json', 'checkpoints']) {
          await rm(join(p, file), { recursive: true })
        }
        await changeJson(join(p, 'config.json'), { dataset: 'darpa-tc', data: 'no/such/data', rows: null })
        await changeJson(join(p, 'pipeline.json'), { dataset: 'darpa-tc' })
      },
      /nothing that could be looked at\. data .*no\/such\/data.*No iteration is complete yet\..*no evaluation\.json/s,
    ],
  ])('%s', async (name, harm, message) => {
    const path = await copyOfRun(name.replaceAll(' ', '-'))
    await harm(path)
    expect(await refusal(path)).toMatch(message)
  })
})

async function changeText(path: string, change: (text: string) => string): Promise<void> {
  await writeFile(path, change(await readFile(path, 'utf8')))
}

/** A pipe that nobody writes to: reading it would never end. */
async function makePipe(path: string): Promise<void> {
  await rm(path)
  expect(spawnSync('mkfifo', [path]).status).toBe(0)
}

async function makeFolder(path: string): Promise<void> {
  await rm(path)
  await mkdir(path)
}

async function leaveOnly(path: string, name: string): Promise<void> {
  for (const entry of await readdir(path)) if (entry !== name) await rm(join(path, entry), { recursive: true })
}

/** Changes the third line of the metrics. */
async function changeLine(path: string, change: (line: Record<string, unknown>) => object): Promise<void> {
  const file = join(path, 'metrics.jsonl')
  const lines = (await readFile(file, 'utf8')).split('\n')
  lines[2] = JSON.stringify(change(JSON.parse(lines[2])))
  await writeFile(file, lines.join('\n'))
}
