import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { resolveConfig } from '@vigil/config'
import {
  bundleFiles,
  createRunFolder,
  curvesFolder,
  lockRunFolder,
  readTags,
  resultFiles,
  runFolderAt,
  writeTags,
} from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deleteRuns } from './delete-runs.ts'
import { expanded, findRuns, knownRun, stateOf } from './known-run.ts'
import { differenceTable, listTable } from './tables.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-runs-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const at = (...path: string[]) => join(folder, ...path)

/** A run that has begun. */
async function begin(path: string, settings: Record<string, unknown> = {}) {
  const config = resolveConfig({ dataset: 'synthetic', out: path, ...settings }, 'test')
  return await createRunFolder({ ...config, out: path }, { version: 1 })
}

describe('runs', () => {
  it('are found in folders inside, in order, through no link, and an experiment stands for its seeds', async () => {
    for (const path of ['b', 'a', 'group/seed-10', 'group/seed-9']) await begin(at('found', path))
    writeFileSync(at('found', 'group', 'experiment.json'), '{}')
    mkdirSync(at('found', 'empty'))
    symlinkSync(at('found'), at('found', 'again'))
    const names = (paths: readonly string[]) => paths.map((path) => path.slice(at('found').length + 1))
    expect(names(await findRuns(at('found')))).toEqual(['a', 'b', 'group/seed-10', 'group/seed-9'])
    expect(names(await expanded([at('found', 'group'), at('found', 'a'), at('found', 'group', 'seed-9')]))).toEqual([
      ...['group/seed-9', 'group/seed-10', 'a'],
    ])
  })

  it('say how far they are, what is wrong with them, and in which settings they differ', async () => {
    await begin(at('x'), { seed: 3, iterations: 7 })
    await begin(at('y'), { seed: 4, iterations: 7, rewards: { alertCost: 5 } })
    mkdirSync(at('broken', 'checkpoints'), { recursive: true })
    writeFileSync(at('broken', 'config.json'), '{ "dataset": "synthetic", "no": 1 }')
    writeFileSync(at('broken', 'pipeline.json'), '{}')
    const [x, y, broken] = await Promise.all(['x', 'y', 'broken'].map((name) => knownRun(at(name))))
    expect([stateOf(x), stateOf(broken)]).toEqual(['iteration 0 of 7', 'cannot be read'])
    expect(broken.problem).toMatch(/there is no setting "no"/)
    expect(differenceTable([x, y]).rows).toEqual([
      ['rewards.alertCost', '2', '5'],
      ['seed', '3', '4'],
    ])
    expect(listTable([x, broken]).rows.map((row) => row.slice(1, 4))).toEqual([
      ['synthetic', '3', 'iteration 0 of 7'],
      ['–', '–', 'cannot be read'],
    ])
  })

  it('have tags, each once, in order, which a file with anything else does not pass for', async () => {
    const run = await begin(at('tagged'))
    expect(await readTags(run)).toEqual([])
    await writeTags(run, ['small', 'best', 'small'])
    expect(await readTags(run)).toEqual(['best', 'small'])
    writeFileSync(at('tagged', 'tags.json'), '{ "tags": ["../up"] }')
    await expect(readTags(run)).rejects.toMatchObject({ code: 'TAGS_INVALID' })
    expect(await knownRun(at('tagged'))).toMatchObject({ config: null, problem: expect.stringMatching(/tags\.json/) })
  })
})

describe('a folder that cannot be listed', () => {
  it.skipIf(process.getuid?.() === 0)('stands for itself, with what is wrong', async () => {
    mkdirSync(at('closed', 'inner'), { recursive: true })
    chmodSync(at('closed', 'inner'), 0)
    const found = await findRuns(at('closed'))
    chmodSync(at('closed', 'inner'), 0o755)
    expect(found).toEqual([at('closed', 'inner')])
  })
})

describe('deleting', () => {
  it('takes whole runs and whole experiments, and nothing else', async () => {
    await begin(at('gone'))
    await begin(at('all', 'seed-1'))
    writeFileSync(at('all', 'experiment.json'), '{}')
    await begin(at('kept', 'seed-1'))
    writeFileSync(at('kept', 'experiment.json'), '{}')
    writeFileSync(at('kept', 'thesis.txt'), 'mine')
    await expect(deleteRuns([at('gone'), at('kept')], true)).rejects.toMatchObject({ code: 'EXPERIMENT_FOLDER' })
    expect(existsSync(at('gone', 'config.json'))).toBe(true)
    expect(await deleteRuns([at('gone'), at('all')], true)).toHaveLength(2)
    expect([at('gone'), at('all'), at('kept', 'thesis.txt')].map((path) => existsSync(path))).toEqual([
      false,
      false,
      true,
    ])
  })

  it('refuses a link, a folder without a run, what is not there, and to go on unasked', async () => {
    await begin(at('real'))
    symlinkSync(at('real'), at('link'))
    mkdirSync(at('photos'))
    writeFileSync(at('photos', 'one.jpg'), '')
    for (const path of ['link', 'photos', 'nowhere']) {
      await expect(deleteRuns([at(path)], true)).rejects.toMatchObject({ code: 'RUN_FOLDER' })
    }
    await expect(deleteRuns([at('real')], false)).rejects.toThrow('Give --yes to be sure.')
    expect(existsSync(at('real', 'config.json')) && existsSync(at('photos', 'one.jpg'))).toBe(true)
  })

  it.each([
    ['a file', 'thesis.txt'],
    ['a folder', 'photos/one.jpg'],
    ['another run', 'inner/config.json'],
    ['a file among the checkpoints', 'checkpoints/thesis.txt'],
    ['a folder called as a file', 'config.json.1/one.jpg'],
  ])('refuses a run, and an experiment, with %s of somebody else in a run folder', async (_, path) => {
    const name = path.replaceAll('/', '-')
    for (const run of [`run-${name}`, `experiment-${name}/seed-1`]) {
      await begin(at(run))
      mkdirSync(dirname(at(run, path)), { recursive: true })
      writeFileSync(at(run, path), 'mine')
    }
    writeFileSync(at(`experiment-${name}`, 'experiment.json'), '{}')
    for (const folder of ['run', 'experiment'].map((kind) => at(`${kind}-${name}`))) {
      await expect(deleteRuns([folder], true)).rejects.toMatchObject({ code: 'RUN_FOLDER' })
    }
    for (const run of [`run-${name}`, `experiment-${name}/seed-1`]) expect(existsSync(at(run, path))).toBe(true)
  })

  it('refuses an experiment with a seed that is no run, or a link', async () => {
    await begin(at('mixed', 'seed-1'))
    writeFileSync(at('mixed', 'experiment.json'), '{}')
    mkdirSync(at('mixed', 'seed-9', 'photos'), { recursive: true })
    await expect(deleteRuns([at('mixed')], true)).rejects.toThrow('seed-9/photos is of no run')
    rmSync(at('mixed', 'seed-9'), { recursive: true })
    symlinkSync(at('mixed', 'seed-1'), at('mixed', 'seed-9'))
    await expect(deleteRuns([at('mixed')], true)).rejects.toMatchObject({ code: 'EXPERIMENT_FOLDER' })
  })

  it('takes all that commands write into a run folder, half-written files too', async () => {
    const run = await begin(at('full'))
    const { path: _path, ...files } = run
    const results = [...Object.values(resultFiles(run, 'test')), ...Object.values(resultFiles(run, 'validation'))]
    const curves = join(curvesFolder(run), 'events.out.tfevents.0000000001.vigil')
    for (const file of [...Object.values(files), ...results, ...Object.values(bundleFiles(run.path)), curves]) {
      mkdirSync(dirname(file), { recursive: true })
      if (!existsSync(file)) writeFileSync(file, '')
    }
    await writeTags(run, ['old'])
    writeFileSync(`${run.best}.4711`, '')
    await deleteRuns([at('full')], true)
    expect(existsSync(at('full'))).toBe(false)
  })

  it('leaves no lock behind', async () => {
    await begin(at('again'))
    await deleteRuns([at('again')], true)
    const unlock = await lockRunFolder(at('again'))
    await unlock()
    expect(existsSync(runFolderAt(at('again')).path)).toBe(false)
  })
})
