import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readExperiment } from '@vigil/experiments'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-seeds-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const TRAIN = new URL('./train.ts', import.meta.url).pathname
const SMALL = [
  ...['--environment=triage', '--rows=1000', '--policy-hidden=8', '--value-hidden=8', '--rows-per-iteration=128'],
  ...['--minibatch-size=128', '--shards=1', '--actors=1', '--engine-threads=1'],
]

/** Trains to the end, or until a line is said, when it is asked to stop. */
async function train(words: readonly string[], stopAt?: RegExp) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VIGIL_NX_')))
  const child = spawn(process.execPath, [TRAIN, ...SMALL, ...words], { cwd: folder, env })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => {
    stdout += text
    if (stopAt?.test(stdout) && !child.killed) child.kill('SIGINT')
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const [status] = await once(child, 'close')
  return { status, stdout, stderr }
}

const at = (...path: string[]) => join(folder, ...path)

/** What came of the seeds, times aside. */
async function resultsOf(out: string) {
  const { runs, ...rest } = await readExperiment(at(out, 'experiment.json'))
  return { ...rest, runs: runs.map(({ learningSeconds: _time, ...run }) => run) }
}

describe('--seeds', () => {
  it('trains each seed as learner:train alone does, and leaves figures, Markdown and a page', async () => {
    const { status, stdout, stderr } = await train(['--seeds=1,3', '--parallel', '2', '--iterations=3', '--out=whole'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^seed 3: iteration 3\/3 /m)
    expect(stdout).toMatch(/^Test split, 2 seeds\n +mean +interquartile mean/m)
    const { seeds, runs, unfinished } = await readExperiment(at('whole', 'experiment.json'))
    expect({ seeds, unfinished }).toEqual({ seeds: [1, 3], unfinished: [] })
    expect((await train(['--seed=3', '--iterations=3', '--out=alone'])).status).toBe(0)
    const { weightsSha256 } = JSON.parse(readFileSync(at('alone', 'run.json'), 'utf8'))
    expect(runs.map(({ weightsSha256 }) => weightsSha256)[1]).toBe(weightsSha256)
    const { team } = JSON.parse(readFileSync(at('alone', 'evaluation.json'), 'utf8'))
    expect(runs[1].measures).toMatchObject({ rewardMean: team.rewardMean, f1: team.f1, alertRate: team.alertRate })
    const page = readFileSync(at('whole', 'experiment.html'), 'utf8')
    expect(page.match(/<svg /g)!.length).toBeGreaterThan(5)
    expect(page).not.toMatch(/<script|https?:/)
    expect(readFileSync(at('whole', 'experiment.md'), 'utf8')).toContain('| reward |')
  })

  it('goes on with what is left: a finished seed is kept, one that was deleted is trained again', async () => {
    const before = await resultsOf('whole')
    const weights = at('whole', 'seed-1', 'checkpoints', 'latest.checkpoint')
    const { mtimeMs } = statSync(weights)
    rmSync(at('whole', 'seed-3'), { recursive: true })
    const { status, stdout } = await train(['--seeds=1,3', '--iterations=3', '--out=whole'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^1 of 2 seeds are finished already\.$/m)
    expect(stdout).not.toMatch(/^seed 1: iteration/m)
    expect(statSync(weights).mtimeMs).toBe(mtimeMs)
    expect(await resultsOf('whole')).toEqual(before)
  })

  it('that was interrupted and goes on comes to the same figures', async () => {
    const words = ['--iterations=200', '--validate-every=200']
    const stopped = await train([...words, '--seeds=1,2', '--out=stopped'], /^seed 1: iteration +\d+\/200/m)
    expect(stopped.status).toBe(130)
    expect(stopped.stdout).toMatch(/^seed 1: stopped$/m)
    const { unfinished } = await readExperiment(at('stopped', 'experiment.json'))
    expect(unfinished).toEqual([
      { seed: 1, reason: 'stopped' },
      { seed: 2, reason: 'not begun' },
    ])
    expect((await train([...words, '--seeds=1', '--out=stopped'])).status).toBe(0)
    const { stdout } = await train([...words, '--seeds=1', '--out=straight', '--json'])
    const { folder: named, files } = JSON.parse(stdout).result
    const written = ['json', 'md', 'html'].map((ending) => `straight/experiment.${ending}`)
    expect({ named, files }).toMatchObject({ named: 'straight', files: written.map((path) => ({ path })) })
    expect(files.map(({ bytes }: { bytes: number }) => bytes)).toEqual(written.map((path) => statSync(at(path)).size))
    expect(await resultsOf('stopped')).toEqual(await resultsOf('straight'))
  })

  it('refuses a folder with other settings or something else, before anything is trained', async () => {
    const other = await train(['--seeds=1,3', '--iterations=4', '--out=whole'])
    expect(other.status).toBe(2)
    expect(other.stderr).toMatch(
      /^error CONFLICT: whole\/seed-1 holds a run with other settings: iterations is 3 there/,
    )
    mkdirSync(at('foreign'))
    writeFileSync(at('foreign', 'thesis.txt'), 'mine')
    const foreign = await train(['--seeds=1,3', '--iterations=3', '--out=foreign'])
    expect(foreign.status).toBe(2)
    expect(foreign.stderr).toMatch(/^error EXPERIMENT_FOLDER: foreign must be empty .* but has "thesis.txt"/)
    expect(readdirSync(at('foreign'))).toEqual(['thesis.txt'])
  })

  it('does the other seeds where one cannot be read, and says so at the end', async () => {
    writeFileSync(at('whole', 'seed-1', 'metrics.jsonl'), 'not metrics\n')
    const { status, stderr } = await train(['--seeds=1,3', '--iterations=3', '--out=whole'])
    expect(status).toBe(3)
    expect(stderr).toMatch(
      /^error TRAININGS_DATA: 1 of 2 seeds have no result:\n {2}seed 1: .*metrics\.jsonl, line 1 is not JSON/,
    )
    const { runs, unfinished } = await readExperiment(at('whole', 'experiment.json'))
    expect([runs.map(({ seed }) => seed), unfinished.map(({ seed }) => seed)]).toEqual([[3], [1]])
  })
})
