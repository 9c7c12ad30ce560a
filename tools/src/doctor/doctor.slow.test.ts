import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resolveLabConfig } from '@vigil/config'
import { trainRun } from '@vigil/learner'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const COMMAND = fileURLToPath(new URL('./doctor.ts', import.meta.url))

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-doctor-'))
  const config = resolveLabConfig(
    {
      ...{ rows: 12_000, iterations: 6, validateEvery: 3, policyHidden: [16], valueHidden: [8], features: 'seed7' },
      ...{ rowsPerIteration: 512, minibatchSize: 256, agents: 3, attribution: 'consensus' },
      ...{ actors: 1, engineThreads: 1, out: join(folder, 'run') },
    },
    'test',
  )
  const stop = { requested: () => false, onRequest: () => () => undefined }
  await trainRun({ kind: 'new', config }, { stream: { write: () => true }, isTTY: false, stop })
})
afterAll(() => rmSync(folder, { recursive: true }))

function doctor(...words: string[]) {
  const { VIGIL_NX_COMMAND_LINE: _words, VIGIL_NX_EXIT_CODE_FILE: _file, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

const bytesOf = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'base64')])

describe('doctor', () => {
  it('names what is wrong with a run, ends with 1, and writes nothing', () => {
    const before = bytesOf(folder)
    const { status, stdout, stderr } = doctor('--run=run')
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout).toMatch(/^run: 6 of 6 iterations, training is finished\.\n/)
    for (const code of ['INPUTS_WITHOUT_SIGNAL', 'REWARDS_OF_OTHERS']) expect(stdout).toContain(`problem ${code}: `)
    expect(stdout).toContain('note NO_FAULT_TOLERATED: ')
    expect(stdout.indexOf('\nnote ')).toBeGreaterThan(stdout.lastIndexOf('\nproblem '))
    expect(stdout).toMatch(
      /\n\d+ problems, \d+ notes?(, \d+ consequences?)? in run\. docs\/doctor\.md explains each code\.\n$/,
    )
    expect(bytesOf(folder)).toEqual(before)
  })

  it('says the same as JSON', () => {
    const { status, stdout } = doctor('--run=run', '--json')
    expect(status).toBe(1)
    expect(doctor('--run=run', '--json=true').stdout).toBe(stdout)
    const { run, findings, checked, leftOut, isFinished } = JSON.parse(stdout)
    expect({ run, leftOut, isFinished }).toEqual({ run: 'run', leftOut: [], isFinished: true })
    expect(checked).toHaveLength(3)
    expect(Object.keys(findings[0])).toEqual(['code', 'severity', 'title', 'evidence', 'cause', 'remedy'])
  })

  it('says what it leaves out without data, and diagnoses the rest', () => {
    cpSync(join(folder, 'run'), join(folder, 'no-data'), { recursive: true })
    // They know the settings of the run that it was.
    for (const name of ['checkpoints', 'run.json']) rmSync(join(folder, 'no-data', name), { recursive: true })
    for (const file of ['config.json', 'pipeline.json', 'evaluation.json']) {
      const path = join(folder, 'no-data', file)
      const data = file === 'config.json' ? { data: 'no/such/data', rows: null } : {}
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), dataset: 'darpa-tc', ...data }))
    }
    const { status, stdout, stderr } = doctor('--run=no-data')
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout).toMatch(/^Left out: data .*no\/such\/data/ms)
    expect(stdout).toContain('REWARDS_OF_OTHERS')
    expect(stdout).not.toContain('INPUTS_WITHOUT_SIGNAL')
  })

  it.each([
    ['an empty folder', () => undefined, /is empty/],
    [
      'a foreign one',
      (path: string) => writeFileSync(join(path, 'config.json'), '{"name": 1}'),
      /not the config of one/,
    ],
    ['half a run', (path: string) => mkdirSync(join(path, 'checkpoints')), /half a run/],
    [
      'one of another Vigil',
      (path: string) => {
        cpSync(join(folder, 'run'), path, { recursive: true })
        const file = join(path, 'metrics.jsonl')
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"iteration":', '"curiosity":0,"iteration":'))
      },
      /was written by another version of Vigil/,
    ],
    [
      'nothing to look at',
      (path: string) => {
        cpSync(join(folder, 'run'), path, { recursive: true })
        for (const name of ['run.json', 'metrics.jsonl', 'evaluation.json', 'checkpoints'])
          rmSync(join(path, name), { recursive: true })
        const edit = (file: string, change: object) =>
          writeFileSync(
            join(path, file),
            JSON.stringify({ ...JSON.parse(readFileSync(join(path, file), 'utf8')), ...change }),
          )
        edit('config.json', { dataset: 'darpa-tc', data: 'no/such/data', rows: null })
        edit('pipeline.json', { dataset: 'darpa-tc' })
      },
      /nothing that could be looked at/,
    ],
  ])('ends with 3 for %s', (name, make, message) => {
    const path = name.replaceAll(' ', '-')
    mkdirSync(join(folder, path))
    make(join(folder, path))
    const { status, stdout, stderr } = doctor(`--run=${path}`)
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(stderr).toMatch(/^error RUN_FOLDER_INVALID: /)
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  it.each([
    [[], /Give the folder of a run: --run=runs\/NAME/],
    [['--run='], /--run needs a value/],
    [['--run=run', '--json=x'], /--json must be true or false, but is "x"/],
    [['--run=run', '--data=some/data'], /Leave --data out/],
    [['--rnu=run'], /There is no flag --rnu/],
  ])('refuses %j', (words, message) => {
    const { status, stderr } = doctor(...words)
    expect(status).toBe(2)
    expect(stderr).toMatch(message)
  })

  it('explains itself, exit codes included', () => {
    const { status, stdout } = doctor('--help')
    expect(status).toBe(0)
    expect(stdout).toMatch(/Exit codes: 0 no problem was found, 1 problems were found/)
  })
})
