import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passTime } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { randomUnit } from '@vigil/random'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** Real processes, killed at moments that nobody chose, and what is left when the last one has finished. */
const TRAIN = fileURLToPath(new URL('../cli/train.ts', import.meta.url))
const ITERATIONS = 18
const VALIDATE_EVERY = 4

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-killed-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Kill when this iteration, or the evaluation, has been told of, and so many milliseconds later. */
type Moment = { readonly iteration: number | 'evaluation'; readonly delayMs: number }

/** Runs the command to its end, or to the moment. */
async function train(flags: readonly string[], moment?: Moment) {
  const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined }
  const child = spawn(process.execPath, [TRAIN, ...flags], { cwd: folder, env })
  let said = ''
  let isMarked = false
  const read = async (chunk: Buffer) => {
    said += chunk
    if (moment === undefined || isMarked || !hasReached(said, moment.iteration)) return
    isMarked = true
    await passTime(moment.delayMs)
    child.kill('SIGKILL')
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...ended) => resolve(ended)),
  )
  return { code, signal, said }
}

function hasReached(said: string, place: Moment['iteration']): boolean {
  if (place === 'evaluation') return said.includes('\nevaluating the checkpoint')
  return [...said.matchAll(/^iteration +(\d+)\//gm)].some(([, number]) => Number(number) >= place)
}

/** Every file of a run but the report, which shows times, and the config, which names the folder; times taken out. */
function outcome(name: string): Record<string, string> {
  const path = join(folder, name)
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !['report.html', 'config.json'].includes(entry.name))
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'base64')])
  const metrics = readFileSync(join(path, 'metrics.jsonl'), 'utf8')
  return {
    ...Object.fromEntries(files),
    'metrics.jsonl': metrics.replace(/"(stepsPerSecond|collectMs|updateMs)":[^,]+/g, '"$1":0'),
  }
}

describe.each([0, 1])('a run killed again and again, staleness %i', (staleness) => {
  it('ends with the bytes of one that was left alone', async () => {
    const settings = [
      '--environment=triage',
      ...['--rows=3000', `--iterations=${ITERATIONS}`, `--validate-every=${VALIDATE_EVERY}`, '--policy-hidden=32'],
      ...['--value-hidden=16', '--rows-per-iteration=1024', '--minibatch-size=256', `--staleness=${staleness}`],
    ]
    const draw = (index: number, from: number, to: number) =>
      from + Math.floor((to - from + 1) * randomUnit({ seed: 20 + staleness, stream: 1 }, index, 0))
    const whole = await train([...settings, '--actors=1', '--out=whole'])
    expect(whole).toMatchObject({ code: 0, signal: null })

    const killed = { code: null, signal: 'SIGKILL' }
    const early = { iteration: 1, delayMs: 0 } // as a rule before the first checkpoint
    expect(await train([...settings, '--actors=2', '--out=killed'], early)).toMatchObject(killed)
    for (const attempt of [1, 2]) {
      const moment = { iteration: draw(2 * attempt, 5 * attempt, 6 * attempt), delayMs: draw(2 * attempt + 1, 0, 40) }
      const hasCheckpoint = existsSync(join(folder, 'killed', 'checkpoints', 'latest.checkpoint'))
      const resumed = await train(['--resume=killed', `--actors=${attempt}`], moment)
      expect(resumed).toMatchObject(killed)
      expect(resumed.said).toMatch(
        hasCheckpoint ? /going on after iteration \d+/ : /no checkpoint yet: beginning again/,
      )
    }
    const evaluating = { iteration: 'evaluation', delayMs: 0 } as const
    expect(await train(['--resume=killed', '--actors=3'], evaluating)).toMatchObject(killed)
    expect(existsSync(join(folder, 'killed', 'evaluation.json'))).toBe(false)
    const last = await train(['--resume=killed', '--actors=3'])
    expect(last, last.said).toMatchObject({ code: 0, signal: null })
    expect(last.said).toContain(`nothing is left to train: ${ITERATIONS} of ${ITERATIONS} iterations are done`)

    expect(outcome('killed')).toEqual(outcome('whole'))
    const hash = /weights SHA-256 [0-9a-f]{64}/.exec(whole.said)?.[0]
    expect(last.said).toContain(hash ?? 'a hash')
    rmSync(join(folder, 'whole'), { recursive: true })
    rmSync(join(folder, 'killed'), { recursive: true })
  })
})
