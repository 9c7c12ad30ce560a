import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveConfig } from '@vigil/config'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-sweep-'))
  writeFileSync(
    join(folder, 'space.yaml'),
    'learningRate: { from: 0.0005, to: 0.02, scale: log }\nepochs: { choices: [1, 2] }\n',
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

const SWEEP = new URL('./sweep.ts', import.meta.url).pathname
const SMALL = [
  ...['--environment=triage', '--rows=1000', '--policy-hidden=8', '--value-hidden=8', '--rows-per-iteration=128'],
  ...['--minibatch-size=128', '--shards=1', '--actors=1', '--engine-threads=1', '--validate-every=2'],
]
const HALVING = [
  ...['--space=space.yaml', '--method=halving', '--trials=3', '--eta=2', '--iterations=8', '--learning-rate=1e-6'],
]

/** Sweeps to the end, or until a line is said, when it gets a signal. */
async function sweep(words: readonly string[], stopAt?: RegExp, signal: 'SIGINT' | 'SIGKILL' = 'SIGINT') {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VIGIL_NX_')))
  const child = spawn(process.execPath, [SWEEP, ...SMALL, ...words], { cwd: folder, env })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => {
    stdout += text
    if (stopAt?.test(stdout) && !child.killed) child.kill(signal)
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const [status] = await once(child, 'close')
  return { status, stdout, stderr }
}

/** Ends the process that trains in a folder, as a machine that fails would. */
function killTraining(out: string): void {
  try {
    const holder = readFileSync(join(folder, out, '.lock-holder'), 'utf8')
    process.kill(Number(/^process (\d+)/.exec(holder)![1]), 'SIGKILL')
  } catch (error) {
    // It may have ended by itself, since the sweep has gone: then it is no process, and its lock no file.
    if (!['ESRCH', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** The metrics of a trial, times aside, and its checkpoints. */
function trainedIn(out: string) {
  const checkpoints = ['best', 'latest'].map((name) =>
    createHash('sha256')
      .update(readFileSync(join(folder, out, 'checkpoints', `${name}.checkpoint`)))
      .digest('hex'),
  )
  const metrics = readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8')
  return { checkpoints, metrics: metrics.replace(/"(stepsPerSecond|collectMs|updateMs)":[^,]+/g, '"$1":0') }
}

/** sweep.json, times aside. */
function resultOf(out: string) {
  const sweep = JSON.parse(readFileSync(join(folder, out, 'sweep.json'), 'utf8'))
  for (const { score } of sweep.trials) delete score?.learningSeconds
  return sweep
}

describe('a sweep', () => {
  it('by halving that was interrupted goes on to what one in a piece finds, whatever the processes', async () => {
    const stopped = await sweep([...HALVING, '--out=stopped'], /^trial 2: iteration/m)
    expect(stopped.status).toBe(130)
    expect(resultOf('stopped')).toMatchObject({ isWhole: false, best: null })
    const whole = await sweep([...HALVING, '--out=stopped'])
    expect({ status: whole.status, stderr: whole.stderr }).toEqual({ status: 0, stderr: '' })
    expect((await sweep([...HALVING, '--out=straight', '--parallel=2'])).status).toBe(0)
    expect(resultOf('stopped')).toEqual(resultOf('straight'))
    const { trials, best, pareto } = resultOf('straight')
    // The first has the settings as they are without the space and goes to the end, though they hardly learn; of the others
    // the better one does.
    expect(trials[0].values).toEqual({
      learningRate: 1e-6,
      epochs: resolveConfig({ environment: 'triage' }, 'test').epochs,
    })
    expect(trials.map(({ score }: { score: { iterations: number } }) => score.iterations).sort()).toEqual([4, 8, 8])
    expect(trials[0].score.iterations).toBe(8)
    expect(trials[best - 1].score.rewardMean).toBeGreaterThanOrEqual(trials[0].score.rewardMean)
    expect(pareto).toContain(best)
    const last = JSON.parse(whole.stdout.trimEnd().split('\n').at(-1)!)
    const { values, score } = trials[best - 1]
    expect(last).toMatchObject({
      isWhole: true,
      trials: 3,
      best,
      values,
      rewardMean: score.rewardMean,
      cost: score.cost,
    })
    // A trial that was paused on its way is the training that it would have been in a piece: its best validation says so.
    const lines = readFileSync(join(folder, last.folder, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const rewards = lines.flatMap((line) => JSON.parse(line).validation?.rewardMean ?? [])
    expect([lines.length, Math.max(...rewards)]).toEqual([8, last.rewardMean])
    // Nothing was decided on the test split.
    expect(existsSync(join(folder, last.folder, 'evaluation.json'))).toBe(false)
  })

  it('whose machine has failed goes on to the same trials, with the same bytes', async () => {
    await sweep([...HALVING, '--out=killed'], /^trial 2: iteration/m, 'SIGKILL')
    killTraining('killed/trial-002-seed-1')
    expect(existsSync(join(folder, 'killed', 'sweep.json'))).toBe(false)
    // A training that has only just been ended may still hold its folder: then the same command tries again.
    await vi.waitFor(async () => expect((await sweep([...HALVING, '--out=killed'])).status).toBe(0), 300_000)
    expect(resultOf('killed')).toEqual(resultOf('straight'))
    for (const trial of ['trial-001-seed-1', 'trial-002-seed-1', 'trial-003-seed-1']) {
      expect(trainedIn(`killed/${trial}`)).toEqual(trainedIn(`straight/${trial}`))
    }
  })

  it('refuses another sweep or other settings in its folder', async () => {
    for (const words of [
      [...HALVING, '--eta=3'],
      [...HALVING, '--clip-epsilon=0.1'],
    ]) {
      const { status, stderr } = await sweep([...words, '--out=stopped'])
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: expect.stringMatching(/^error CONFLICT: stopped holds another sweep/),
      })
    }
  })

  it('without a space scores one training', async () => {
    const { status, stdout } = await sweep(['--iterations=2', '--learning-rate=0.003', '--out=single'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1)!)).toMatchObject({ best: 1, values: {}, shortfall: 0 })
  })
})
