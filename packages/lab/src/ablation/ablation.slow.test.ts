import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAblation } from './ablation-file.ts'

const COMMAND = fileURLToPath(new URL('./ablation.ts', import.meta.url))
const EVALUATE = fileURLToPath(new URL('../../../learner/src/cli/evaluate.ts', import.meta.url))
const SMALL = [
  ...['--rows=2000', '--policy-hidden=8', '--value-hidden=8', '--lstm-hidden=8', '--rows-per-iteration=256'],
  ...['--rollout-steps=16', '--shards=2', '--minibatch-size=128', '--epochs=1', '--actors=1', '--engine-threads=1'],
]
const TWO = [...SMALL, '--presets=stratified,default', '--seeds=1,2']

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-ablation-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a command to its end, or until a signal that is sent when its output first matches. */
async function command(script: string, words: readonly string[], on?: { said: RegExp; signal: NodeJS.Signals }) {
  const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined }
  const child = spawn(process.execPath, [script, ...words], { cwd: folder, env })
  let stdout = ''
  let stderr = ''
  let sent = false
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
    if (on === undefined || sent || !on.said.test(stdout)) return
    sent = true
    child.kill(on.signal)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { status, stdout, stderr }
}

const ablation = (words: readonly string[], on?: Parameters<typeof command>[2]) => command(COMMAND, words, on)
const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8')

/** Figures of an ablation without times. */
async function figures(out: string) {
  const { runs } = await readAblation(join(folder, out, 'ablation.json'))
  return runs.map(({ learningSeconds: _seconds, ...figures }) => figures)
}

/** Names of files as they are called while they are written. */
function unfinishedFiles(out: string): string[] {
  const names = readdirSync(join(folder, out), { recursive: true }) as string[]
  return names.filter((name) => /\.(\d+|tmp)$/.test(name))
}

describe('an ablation', () => {
  it('trains every preset and seed, shows a table, and writes figures, Markdown and a page', async () => {
    const { status, stdout, stderr } = await ablation([...TWO, '--iterations=12', '--out=whole'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^1 of 4: stratified, seed 1$/m)
    expect(stdout).toMatch(/^4 of 4: default, seed 2, about .* left$/m)
    expect(stdout).toMatch(/^stratified +mean of 2 +/m)
    expect(stdout).not.toContain(String.fromCharCode(27))
    expect(stdout).not.toMatch(/^warning/m)
    const { runs, means, planned } = await readAblation(join(folder, 'whole', 'ablation.json'))
    expect(planned).toBe(4)
    expect(runs.map(({ folder: name }) => name)).toEqual([
      ...['stratified-seed1', 'stratified-seed2', 'default-seed1', 'default-seed2'],
    ])
    expect(means.map(({ name, seeds }) => [name, seeds])).toEqual([
      ['stratified', 2],
      ['default', 2],
    ])
    const [first] = read('whole', 'stratified-seed1', 'metrics.jsonl').split('\n').slice(9, 10)
    const { criticLoss, valueLoss } = JSON.parse(first)
    expect(runs[0].losses[0]).toEqual({ iteration: 10, criticLoss, valueLoss })
    for (const { tp, fp, tn, fn } of runs) expect(tp! + fp! + tn! + fn!).toBe(300)
    expect(read('whole', 'ablation.md')).toContain('| stratified | 1 |')
    const page = read('whole', 'ablation.html')
    expect(page.match(/<svg /g)).toHaveLength(10)
    expect(page).toContain('TP 0 of 181 on 1,600 rows')
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/)
    expect(unfinishedFiles('whole')).toEqual([])
  })

  it('does not train again what is finished, and its runs can be evaluated', async () => {
    const weights = () => statSync(join(folder, 'whole', 'default-seed1', 'checkpoints', 'latest.checkpoint')).mtimeMs
    const [before, table, json] = [weights(), read('whole', 'ablation.md'), read('whole', 'ablation.json')]
    const { status, stdout } = await ablation([...TWO, '--iterations=12', '--out=whole'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^4 of 4 trainings are finished already\.$/m)
    expect(stdout).not.toContain('iteration 1')
    expect([weights(), read('whole', 'ablation.md'), read('whole', 'ablation.json')]).toEqual([before, table, json])
    expect(await command(EVALUATE, ['--run=whole/default-seed1'])).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(join(folder, 'whole', 'default-seed1', 'report.html'))).toBe(true)
  })

  it('refuses to mix runs of other settings', async () => {
    const other = await ablation([...TWO, '--iterations=13', '--out=whole'])
    expect(other.status).toBe(2)
    expect(other.stderr).toMatch(
      /^error CONFLICT: whole\/stratified-seed1 holds a run with other settings: iterations is 12 there, but 13 here\./,
    )
    writeFileSync(join(folder, 'file'), '')
    expect(await ablation([...TWO, '--out=file'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^error RUN_FOLDER/),
    })
  })

  it('does what it can where one training is damaged, and then says so', async () => {
    const words = [...TWO, '--iterations=12', '--out=whole']
    const [before, json] = [await figures('whole'), read('whole', 'ablation.json')]
    const [scores, metrics] = [['last-weights.json'], ['metrics.jsonl']].map(([name]) =>
      join(folder, 'whole', 'default-seed2', name),
    )
    const checkpoint = join(folder, 'whole', 'stratified-seed1', 'checkpoints', 'latest.checkpoint')
    const [lines, weights] = [readFileSync(metrics), readFileSync(checkpoint)]
    writeFileSync(metrics, lines.subarray(0, lines.indexOf('\n') + 1))
    writeFileSync(checkpoint, weights.subarray(0, 100))
    rmSync(join(folder, 'whole', 'stratified-seed1', 'last-weights.json'))
    const damaged = await ablation(words)
    expect(damaged.status).toBe(3)
    expect(damaged.stderr).toMatch(/^error BROKEN_RUNS: 2 of 4 trainings have no result:$/m)
    expect(damaged.stderr).toMatch(/^ {2}stratified, seed 1: DAMAGED: .*latest\.checkpoint/m)
    expect(damaged.stderr).toMatch(/^ {2}default, seed 2: METRICS_INVALID: .* has 1, the last of iteration 1\./m)
    expect(read('whole', 'ablation.md')).toContain('2 of 4 trainings are done.')
    expect(await figures('whole')).toEqual(before.slice(1, 3))

    writeFileSync(metrics, lines)
    writeFileSync(checkpoint, weights)
    writeFileSync(scores, '{"split": "te')
    expect(await ablation(words)).toMatchObject({ status: 0, stderr: '' })
    expect(read('whole', 'ablation.json')).toBe(json)
  })

  it('shares its work with another one, each training done once', async () => {
    const words = [...TWO, '--iterations=12', '--out=twice']
    const both = await Promise.all([ablation(words), ablation(words)])
    for (const { status, stderr } of both) {
      if (status !== 0)
        expect(stderr).toMatch(
          /^error BROKEN_RUNS: .*\n {2}.* IN_USE: .* is in use: (process \d+ on \S+|another process) trains/,
        )
    }
    expect(await ablation(words)).toMatchObject({ status: 0, stderr: '' })
    expect(await figures('twice')).toEqual(await figures('whole'))
  })

  it('comes to the same after being stopped and killed', async () => {
    const words = [...TWO, '--iterations=12', '--out=again']
    const killed = await ablation(words, { said: /2 of 4: [\s\S]*iteration +\d/, signal: 'SIGKILL' })
    expect(killed.status).toBeNull()
    expect(existsSync(join(folder, 'again', 'ablation.json'))).toBe(false)
    expect(existsSync(join(folder, 'again', 'stratified-seed1', 'last-weights.json'))).toBe(true)
    const stopped = await ablation(words, { said: /3 of 4: [\s\S]*iteration +\d/, signal: 'SIGINT' })
    expect(stopped).toMatchObject({ status: 130, stderr: '' })
    expect(stopped.stdout).toMatch(/^Stopped: [12] of 4 trainings are left\. The same command goes on\.$/m)
    expect(read('again', 'ablation.md')).toMatch(/^[23] of 4 trainings are done\.$/m)
    expect(await ablation(words)).toMatchObject({ status: 0, stderr: '' })
    expect(await figures('again')).toEqual(await figures('whole'))
    expect(unfinishedFiles('again')).toEqual([])
  })
})
