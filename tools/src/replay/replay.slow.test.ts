import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resolveConfig } from '@vigil/config'
import { trainRun } from '@vigil/learner'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const COMMAND = fileURLToPath(new URL('./replay.ts', import.meta.url))
const TRAIN = fileURLToPath(import.meta.resolve('@vigil/learner')).replace(/index\.ts$/, 'cli/train.ts')

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-replay-'))
  const config = resolveConfig(
    {
      environment: 'triage',
      ...{ rows: 2000, iterations: 4, validateEvery: 2, policyHidden: [16], valueHidden: [8], staleness: 1 },
      ...{ rowsPerIteration: 512, minibatchSize: 256, actors: 1, engineThreads: 1, out: join(folder, 'run') },
    },
    'test',
  )
  const stop = { requested: () => false, onRequest: () => () => undefined }
  await trainRun({ kind: 'new', config }, { stream: { write: () => true }, isTTY: false, stop })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Without what nx says to a command that it starts. */
function environment() {
  const { VIGIL_NX_COMMAND_LINE: _words, VIGIL_NX_EXIT_CODE_FILE: _file, ...env } = process.env
  return env
}

function replay(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], {
    cwd: folder,
    env: environment(),
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** A copy of the run to do harm to. */
function copyOfRun(name: string): string {
  const path = join(folder, name)
  cpSync(join(folder, 'run'), path, { recursive: true })
  return path
}

function changeJson(path: string, change: object): void {
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...change }))
}

/** Changes the last bit of the first weight in a checkpoint, and puts its checksum right. */
function changeWeight(path: string): void {
  const content = readFileSync(path).subarray(0, -32)
  content[12 + content.readUInt32LE(8)] ^= 1
  writeFileSync(path, Buffer.concat([content, createHash('sha256').update(content).digest()]))
}

const bytesOf = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'base64')])

describe('replay', () => {
  it('says that an honest run matches, shows progress, and writes nothing', () => {
    const before = bytesOf(folder)
    const { status, stdout, stderr } = replay('--run=run', '--actors=2')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { weightsSha256 } = JSON.parse(readFileSync(join(folder, 'run', 'run.json'), 'utf8'))
    expect(stdout).toContain(`run matches: trained again, it has the same weights, SHA-256 ${weightsSha256}.`)
    expect(stdout).toMatch(/^iteration 4\/4 /m)
    expect(bytesOf(folder)).toEqual(before)
  })

  it('repeats a run that was made longer with the schedule that it had at each time', () => {
    const path = copyOfRun('longer')
    const { status } = spawnSync(process.execPath, [TRAIN, '--resume=longer', '--iterations=6'], {
      cwd: folder,
      env: environment(),
    })
    expect(status).toBe(0)
    expect(JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')).earlierLengths).toHaveLength(1)
    const same = replay('--run=longer')
    expect({ status: same.status, stderr: same.stderr }).toEqual({ status: 0, stderr: '' })
    expect(same.stdout).toMatch(/^iteration 6\/6 /m)
    expect(same.stdout).toMatch(/^longer matches: /m)

    // One of six iterations from the beginning is another training: the step of the second is larger.
    changeJson(join(path, 'config.json'), { earlierLengths: [] })
    const other = replay('--run=longer')
    expect(other.status).toBe(1)
    expect(other.stdout).toMatch(/^metrics\.jsonl: line 2, /m)
  }, 240_000)

  it('finds a checkpoint and metrics that were changed', () => {
    const path = copyOfRun('changed')
    changeWeight(join(path, 'checkpoints', 'latest.checkpoint'))
    const lines = readFileSync(join(path, 'metrics.jsonl'), 'utf8').split('\n')
    lines[2] = lines[2].replace(/"entropy":[^,]+/, '"entropy":0.5')
    writeFileSync(join(path, 'metrics.jsonl'), lines.join('\n'))
    const { status, stdout, stderr } = replay('--run=changed')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^run\.json: weights [0-9a-f]{64}, the same again$/m)
    expect(stdout).toMatch(/^checkpoints\/latest\.checkpoint: weights [0-9a-f]{64}, but repeated [0-9a-f]{64}$/m)
    expect(stdout).toMatch(/^checkpoints\/best\.checkpoint: weights [0-9a-f]{64}, the same again$/m)
    expect(stdout).toMatch(/^metrics differ from line 3 on$/m)
    expect(stdout).toMatch(/^metrics\.jsonl: line 3, entropy: recorded 0\.5, but repeated 1\.\d+$/m)
    expect(stderr).toMatch(/^error CHECK_FAILED: changed does not match/)
    expect(stderr).toMatch(/^- checkpoints\/latest\.checkpoint was changed after the training/m)
    expect(stderr).toMatch(/^- metrics\.jsonl was changed/m)
    expect(stderr).not.toContain('best.checkpoint')
  })

  it('finds a config that was changed, and where the runs part', () => {
    // Another network besides: nothing fits the checkpoints any more, and still the answer is a comparison.
    changeJson(join(copyOfRun('other-config'), 'config.json'), { learningRate: 1e-3, valueHidden: [16] })
    const { status, stdout, stderr } = replay('--run=other-config')
    expect(status).toBe(1)
    expect(stdout).toMatch(/^metrics\.jsonl: line 1, policyLoss: recorded -?[\d.e-]+, but repeated -?[\d.e-]+$/m)
    expect(stderr).toMatch(/does not match its repetition\. What may be behind it:\n- config\.json is not what/)
    expect(stderr).not.toMatch(/The data|defect/)
  })
})

describe('replay refuses', () => {
  it.each([
    ['no run', [], /INVALID_VALUE: Give the folder of a run: --run=runs\/NAME/],
    ['a flag of training', ['--run=run', '--seed=2'], /UNKNOWN_FLAG: There is no flag --seed/],
    ['a folder that is not there', ['--run=nowhere'], /RUN_FOLDER: .*nowhere is not the folder of a run/],
    ['an engine that does not exist', ['--run=run', '--engine=magic'], /INVALID_VALUE: --engine must be one of/],
  ])('%s', (_, words, message) => {
    const { status, stderr } = replay(...words)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(status).toBe(2)
  })

  it('a run whose training has not finished, and says how to finish it', () => {
    rmSync(join(copyOfRun('unfinished'), 'run.json'))
    const { status, stderr } = replay('--run=unfinished')
    expect(stderr).toMatch(/has not finished.* Finish it with: npx nx run learner:train --resume=unfinished/)
    expect(status).toBe(2)
  })

  it('a foreign folder', () => {
    mkdirSync(join(folder, 'foreign'))
    writeFileSync(join(folder, 'foreign', 'config.json'), '{"name": "another program"}')
    const { status, stderr } = replay('--run=foreign')
    expect(stderr).toMatch(/RUN_FOLDER: .*foreign is not the folder of a run: foreign\/pipeline\.json is missing/)
    expect(status).toBe(2)
  })

  it('a run whose data are gone, and one whose files are damaged', () => {
    const path = copyOfRun('no-data')
    changeJson(join(path, 'config.json'), { dataset: 'darpa-tc', data: 'no/such/data', rows: null })
    const gone = replay('--run=no-data')
    expect(gone.stderr).toMatch(/PATH_MISSING: .*no\/such\/data/)
    expect(gone.status).toBe(3)
    const damaged = copyOfRun('damaged')
    truncateSync(join(damaged, 'checkpoints', 'best.checkpoint'), 900)
    const half = replay('--run=damaged')
    expect(half.stderr).toMatch(/DAMAGED: .*best\.checkpoint is not a whole checkpoint/)
    expect(half.status).toBe(3)
  })
})

it('explains itself', () => {
  const { status, stdout } = replay('--help')
  expect(status).toBe(0)
  expect(stdout).toContain('--run=runs/NAME')
})
