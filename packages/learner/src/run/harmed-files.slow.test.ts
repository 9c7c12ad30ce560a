import { spawnSync } from 'node:child_process'
import { cp, lstat, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resolveLabConfig } from '@vigil/config'
import { VigilError } from '@vigil/errors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diagnoseRun } from './diagnose-run.ts'
import { evaluateFolder } from './evaluate-folder.ts'
import { repeatRun } from './repeat-run.ts'
import { resumePlan } from './resume-plan.ts'
import { readScoredTraining, trainAndScore } from './train-and-score.ts'
import { trainRun } from './train-run.ts'

/** Every file of a run folder, harmed in every way, before every command that reads a run folder. */
let root: string
let good: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-harmed-'))
  good = join(root, 'good')
  await trainAndScore(config(good), quiet)
  await trainRun(await resumePlan(good, {}), quiet) // evaluates
  await writeFile(join(root, 'elsewhere'), 'mine')
}, 240_000)
afterAll(() => rm(root, { recursive: true }))

const quiet = {
  stream: { write: () => true },
  isTTY: false,
  warns: false,
  stop: { requested: () => false, onRequest: () => () => undefined },
}

function config(out: string) {
  const small = { rows: 1000, iterations: 2, validateEvery: 1, rowsPerIteration: 256, minibatchSize: 256, shards: 2 }
  const network = { policyHidden: [4], valueHidden: [4], engine: 'portable', actors: 1, engineThreads: 1 } as const
  return { ...resolveLabConfig({ ...small, ...network, out }, 'test'), out }
}

type Command = keyof typeof COMMANDS
const COMMANDS = {
  resume: async (path: string) => trainRun(await resumePlan(path, {}), quiet),
  evaluate: (path: string) =>
    evaluateFolder(path, { split: 'test', attacks: [], budgets: [], certify: false, settings: {} }, quiet),
  doctor: (path: string) => diagnoseRun(path, undefined),
  /** Answers that something differs where it can be compared. */
  replay: async (path: string) => {
    const { difference, samePipeline, ...run } = await repeatRun(path, {}, quiet)
    const weights = [run.latestSha256, run.recorded.weightsSha256, run.repeated.weightsSha256]
    const same = new Set(weights).size === 1 && run.bestSha256 === run.repeatedBestSha256
    const isSame = same && difference === null && samePipeline
    if (!isSame || run.recorded.metricsSha256 !== run.repeated.metricsSha256) throw new Differs('the files differ')
  },
  /** As tools:ablation asks whether a training is done. */
  scored: async (path: string) => {
    if ((await readScoredTraining(config(path))) === null) throw new Differs('is trained and scored again')
  },
} as const

/** An answer, and no error. */
class Differs extends Error {}

const ALL: readonly Command[] = ['resume', 'evaluate', 'doctor', 'replay', 'scored']

const edits: Readonly<Record<string, (text: string) => string>> = {
  'config.json': (text) => text.replace('"learningRate": 0.002', '"learningRate": 0.003'),
  'pipeline.json': (text) => text.replace(/(\d)\.(\d{3,})/, '$1.9$2'),
  'metrics.jsonl': (text) => text.replace(/"entropy":[\d.]+/, '"entropy":0.125'),
  'run.json': (text) => text.replace(/"metricsSha256": "\w/, '"metricsSha256": "0'),
  'evaluation.json': (text) => text.replace(/"rows": \d+/, '"rows": 151'),
  'last-weights.json': (text) => text.replace(/"rows": \d+/, '"rows": 151'),
}

const HARMS: Readonly<Record<string, (file: string, name: string) => Promise<unknown>>> = {
  missing: (file) => rm(file),
  empty: (file) => writeFile(file, ''),
  cut: async (file) => {
    const bytes = await readFile(file)
    await writeFile(file, bytes.subarray(0, bytes.length / 2))
  },
  edited: async (file, name) => {
    const bytes = await readFile(file)
    const text = edits[name]?.(bytes.toString('utf8'))
    if (text !== undefined) expect(text).not.toBe(bytes.toString('utf8'))
    else bytes[Math.floor(bytes.length / 2)] ^= 1
    await writeFile(file, text ?? bytes)
  },
  'a folder': async (file) => {
    await rm(file)
    await mkdir(file)
  },
  'a link elsewhere': async (file) => {
    await rm(file)
    await symlink(join(root, 'elsewhere'), file)
  },
  'a link to the same': async (file) => {
    const moved = join(root, 'moved')
    await rename(file, moved)
    await symlink(moved, file)
  },
}

/** Of a baseline: what cannot be written is refused, all else is put right. */
const TRAINED_AGAIN: Readonly<Record<string, readonly Command[]>> = {
  ...{ missing: [], empty: [], cut: [], edited: [] },
  ...{ 'a folder': ['resume', 'evaluate'], 'a link elsewhere': ['resume', 'evaluate'] },
  'a link to the same': ['resume', 'evaluate'],
}

/** Commands that do not do their work; the others do it as if nothing were. */
const REFUSALS: Readonly<Record<string, Readonly<Record<string, readonly Command[]>>>> = {
  'config.json': {
    ...{ missing: ALL, empty: ALL, cut: ALL, edited: ALL, 'a folder': ALL, 'a link elsewhere': ALL },
    'a link to the same': ['resume'],
  },
  'pipeline.json': {
    ...{ missing: ALL, empty: ALL, cut: ALL, 'a folder': ALL, 'a link elsewhere': ALL },
    // The features are nothing that a finished training is asked for; the doctor leaves out data that are not the run's.
    edited: ['resume', 'evaluate', 'replay'],
    'a link to the same': [],
  },
  'metrics.jsonl': {
    ...{ missing: ALL, empty: ALL, cut: ALL, edited: ALL, 'a folder': ALL, 'a link elsewhere': ALL },
    'a link to the same': ['resume'],
  },
  'run.json': {
    missing: ['replay', 'scored'],
    ...{ empty: ['resume', 'doctor', 'replay', 'scored'], cut: ['resume', 'doctor', 'replay', 'scored'] },
    edited: ['doctor', 'replay', 'scored'],
    ...{ 'a folder': ['resume', 'doctor', 'replay', 'scored'] },
    ...{ 'a link elsewhere': ['resume', 'doctor', 'replay', 'scored'], 'a link to the same': ['resume'] },
  },
  'evaluation.json': {
    // It can be made again.
    ...{ missing: [], empty: ['doctor'], cut: ['doctor'], edited: ['doctor'] },
    ...{ 'a folder': ['resume', 'evaluate', 'doctor'], 'a link elsewhere': ['resume', 'evaluate', 'doctor'] },
    'a link to the same': ['resume', 'evaluate'],
  },
  'last-weights.json': {
    ...{ missing: ['scored'], empty: ['scored'], cut: ['scored'], edited: ['scored'] },
    ...{ 'a folder': ['resume', 'scored'], 'a link elsewhere': ['resume', 'scored'], 'a link to the same': ['resume'] },
  },
  'checkpoints/latest.checkpoint': {
    ...{ missing: ['resume', 'replay'], empty: ['resume', 'doctor', 'replay'], cut: ['resume', 'doctor', 'replay'] },
    ...{ edited: ['resume', 'doctor', 'replay'], 'a folder': ['resume', 'doctor', 'replay'] },
    ...{ 'a link elsewhere': ['resume', 'doctor', 'replay'], 'a link to the same': ['resume'] },
  },
  'checkpoints/best.checkpoint': {
    missing: ['resume', 'evaluate', 'replay'],
    ...{ empty: ['resume', 'evaluate', 'doctor', 'replay'], cut: ['resume', 'evaluate', 'doctor', 'replay'] },
    ...{ edited: ['resume', 'evaluate', 'doctor', 'replay'], 'a folder': ['resume', 'evaluate', 'doctor', 'replay'] },
    ...{ 'a link elsewhere': ['resume', 'evaluate', 'doctor', 'replay'], 'a link to the same': ['resume'] },
  },
  'checkpoints/cross-entropy.checkpoint': TRAINED_AGAIN,
  'checkpoints/boosting.json': TRAINED_AGAIN,
}

/** Why a command did not do its work; null where it did. */
async function refusalOf(command: Command, path: string): Promise<Error | null> {
  return await COMMANDS[command](path).then(
    () => null,
    (error: unknown) => error as Error,
  )
}

describe.each(Object.keys(REFUSALS))('%s', (name) => {
  it.each(Object.keys(HARMS))(
    '%s',
    async (harm) => {
      const refused: Command[] = []
      for (const command of ALL) {
        const path = join(root, 'harmed')
        await cp(good, path, { recursive: true })
        await HARMS[harm](join(path, name), name)
        const error = await refusalOf(command, path)
        await rm(path, { recursive: true })
        await rm(join(root, 'moved'), { force: true })
        if (error === null) continue
        refused.push(command)
        if (error instanceof Differs) continue
        // A mistake that a person can put right, told in a few words, and never a stack.
        const isKnown = isForPeople(error)
        expect(isKnown, `${command}: ${error.stack}`).toBe(true)
        expect(error.message.length, error.message).toBeLessThan(1200)
      }
      expect(refused).toEqual(REFUSALS[name][harm])
      expect(await readFile(join(root, 'elsewhere'), 'utf8')).toBe('mine')
    },
    240_000,
  )
})

function isForPeople(error: unknown): boolean {
  return error instanceof VigilError && (error.kind !== 'failure' || error.code === 'FILE_UNWRITABLE')
}

/** A shell that mounts for itself alone. */
const NAMESPACE = ['unshare', '--mount', 'sh', '-c']

describe('a run folder that is read-only', () => {
  const hasMounts =
    spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'mount --bind /tmp /tmp && mount -o remount,ro,bind /tmp'])
      .status === 0

  it.runIf(hasMounts)(
    'can be evaluated elsewhere, and says so before it works',
    async () => {
      const path = join(root, 'read-only')
      await cp(good, path, { recursive: true })
      const script = (name: string) => fileURLToPath(new URL(`../cli/${name}.ts`, import.meta.url))
      const command = (words: readonly string[]) => {
        const shell = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && shift 0 && exec "$@"'
        const { VIGIL_NX_COMMAND_LINE: _words, VIGIL_NX_EXIT_CODE_FILE: _file, ...env } = process.env
        const spawned = spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), shell, path, process.execPath, ...words], {
          ...{ cwd: root, env, encoding: 'utf8' },
        })
        return { status: spawned.status, stdout: spawned.stdout, stderr: spawned.stderr }
      }
      const refused = command([script('evaluate'), `--run=${path}`, '--certify'])
      expect(refused.status).toBe(3)
      expect(refused.stderr).toMatch(/^error RUN_FILE_UNWRITABLE: .*could not be written: .*--out=FOLDER/)
      expect(refused.stdout).toBe('')
      const elsewhere = command([script('evaluate'), `--run=${path}`, '--certify', '--out=results'])
      expect(elsewhere, elsewhere.stderr).toMatchObject({ status: 0, stderr: '' })
      const before = await readFile(join(path, 'evaluation.json'), 'utf8')
      expect(await readFile(join(root, 'results', 'evaluation.json'), 'utf8')).toBe(before)
      expect((await lstat(join(root, 'results', 'certificates.bin'))).isFile()).toBe(true)
      const resumed = command([script('train'), `--resume=${path}`])
      expect(resumed.status).toBe(3)
      expect(resumed.stderr).toMatch(/^error RUN_FILE_UNWRITABLE: .*Training writes to its run folder/)
      expect(resumed.stdout).toBe('')
    },
    240_000,
  )

  it('is refused as the place for the results of another run', async () => {
    const other = join(root, 'other')
    await cp(good, other, { recursive: true })
    const asked = { split: 'test', attacks: [], budgets: [], certify: false, settings: { out: other } } as const
    await expect(evaluateFolder(good, asked, quiet)).rejects.toMatchObject({ code: 'RUN_FOLDER' })
  })
})
