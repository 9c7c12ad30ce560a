import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConfigInput, resolveConfig } from '@vigil/config'
import { curvesFolder, readMetrics, runFolderAt } from '@vigil/runs'
import { curvesOf, histogramsOf } from '@vigil/tensorboard/event-reader.fixture'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { resumePlan } from './resume-plan.ts'
import { trainRun } from './train-run.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'vigil-curves-'))
})
afterAll(async () => await rm(root, { recursive: true }))

const SMALL: ConfigInput = {
  ...{ dataset: 'synthetic', rows: 3000, policyHidden: [16], valueHidden: [8], iterations: 5, validateEvery: 2 },
  ...{ rowsPerIteration: 512, minibatchSize: 128, engine: 'portable', actors: 1, engineThreads: 1 },
  ...{
    specifications: [{ name: 'few alarms', formula: 'G (fp_rate[50] <= 0.1)', target: 0.9 }],
    stlMode: 'lagrangian',
  },
}

/** Asks for a stop after some iterations; Infinity = never. */
function session(stopAfter: number, tensorboard: boolean) {
  let asked = 0
  const stop = { requested: () => ++asked >= stopAfter, onRequest: () => () => undefined }
  return { stream: { write: () => true }, isTTY: false, stop, tensorboard }
}

const begin = async (name: string, stopAfter: number, tensorboard: boolean) => {
  const config = resolveConfig({ ...SMALL, out: join(root, name) }, 'test')
  await trainRun({ kind: 'new', config }, session(stopAfter, tensorboard))
  return runFolderAt(join(root, name))
}

/** Holds every point of the curves against metrics.jsonl. */
async function compare(run: ReturnType<typeof runFolderAt>) {
  const lines = await readMetrics(run.metrics)
  const curves = curvesOf(curvesFolder(run))
  const points = (figure: (line: (typeof lines)[number]) => number | null | undefined) =>
    lines.flatMap((line) => {
      const value = figure(line) ?? null
      return value === null ? [] : [[line.iteration, Math.fround(value)]]
    })
  expect(lines.map(({ iteration }) => iteration)).toEqual([1, 2, 3, 4, 5])
  expect(curves.get('train/entropy')).toEqual(points(({ entropy }) => entropy))
  expect(curves.get('train/stepsPerSecond')).toEqual(points(({ stepsPerSecond }) => stepsPerSecond))
  expect(curves.get('actions/block')).toEqual(points(({ actions }) => actions.block))
  expect(curves.get('validation/f1')).toEqual(points(({ validation }) => validation?.f1))
  expect(curves.get('validation/satisfied/few alarms')).toEqual(points(({ validation }) => validation?.satisfied[0]))
  expect(curves.get('stl/few alarms/lambda')).toEqual(points(({ stl }) => stl[0].lambda))
  expect(curves.get('validation/f1')!.length).toBeGreaterThan(1)
}

it('curves are the figures of metrics.jsonl, each iteration once, also after an end behind the last checkpoint', async () => {
  const run = runFolderAt(join(root, 'ended'))
  const config = resolveConfig({ ...SMALL, out: run.path }, 'test')
  // Ends in the third iteration, behind its line and its points, and in front of its checkpoint.
  const ending = session(Number.POSITIVE_INFINITY, true)
  let iterations = 0
  const requested = () => {
    if (++iterations === 3) throw new Error('ended')
    return false
  }
  await expect(trainRun({ kind: 'new', config }, { ...ending, stop: { ...ending.stop, requested } })).rejects.toThrow(
    'ended',
  )
  expect(curvesOf(curvesFolder(run)).get('train/entropy')).toHaveLength(3)
  await trainRun(await resumePlan(run.path, {}), session(Number.POSITIVE_INFINITY, false))
  expect(await readdir(curvesFolder(run))).toHaveLength(2)
  await compare(run)
})

it('a run without curves gets those of all its iterations when it is resumed with them', async () => {
  const run = await begin('late', 3, false)
  expect(await readdir(run.path)).not.toContain('tensorboard')
  await trainRun(await resumePlan(run.path, {}), session(Number.POSITIVE_INFINITY, true))
  await compare(run)
  // Weights are those of the iterations that are validated now: 4 and 5.
  const [file] = await readdir(curvesFolder(run))
  const heads = histogramsOf(await readFile(join(curvesFolder(run), file))).get('weights/policy.head')!
  expect(heads.map(([step]) => step)).toEqual([4, 5])
  // Four agents, 16 units, four actions.
  for (const [, fields] of heads) expect(fields.get(3)).toEqual([4 * 16 * 4])
})

it('nothing is written through a link in the place of the folder', async () => {
  const run = await begin('linked', 2, false)
  await symlink(root, curvesFolder(run))
  await expect(resumePlan(run.path, {})).rejects.toMatchObject({ code: 'RUN_FILE_UNWRITABLE' })
})
