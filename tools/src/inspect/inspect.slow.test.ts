import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { randomStream, randomUnit } from '@vigil/random'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const COMMAND = fileURLToPath(new URL('./inspect.ts', import.meta.url))
const EXPORT = fileURLToPath(new URL('../../../packages/data/src/export/export.ts', import.meta.url))
const TRAIN = fileURLToPath(new URL('../../../packages/learner/src/cli/train.ts', import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-inspect-'))
  const random = randomStream(5, 'generatedEvent')
  const rows = Array.from({ length: 1500 }, (_, i) => {
    const isThreat = randomUnit(random, i, 0) < 0.2
    const bytes = Math.floor(1e6 * (randomUnit(random, i, 1) + (isThreat ? 0.3 : 0)))
    return `h${i % 30},${bytes},${isThreat ? 'yes' : 'no'},${isThreat ? 1 : 0}`
  })
  writeFileSync(join(folder, 'flows.csv'), `host,bytes,alerted,label\n${rows.join('\n')}\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(file: string, ...words: string[]) {
  const { VIGIL_NX_COMMAND_LINE: _words, VIGIL_NX_EXIT_CODE_FILE: _file, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...words], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}
const inspect = (...words: string[]) => run(COMMAND, ...words)
const textOf = (name: string) => readFileSync(join(folder, name), 'utf8')

describe('inspect', () => {
  it('drafts a description, ends with 1 for what the data have, and with 0 for the draft', () => {
    const first = inspect('--data=flows.csv', '--page=inspect.html')
    expect({ status: first.status, stderr: first.stderr }).toEqual({ status: 1, stderr: '' })
    expect(first.stdout).toContain('problem LEAK_COLUMN: alerted alone tells the label: F1 1.000, leaky?')
    expect(textOf('events.yaml')).toContain('files: { all: [flows.csv] }\nlabel: { column: label, threat: [1] }')
    expect(textOf('events.yaml')).toMatch(/leaky: #.*\n {4}- alerted #/)
    expect(textOf('inspect.html')).toContain('alerted alone tells the label')
    const second = inspect('--data=events.yaml')
    expect({ status: second.status, stderr: second.stderr }).toEqual({ status: 0, stderr: '' })
    expect(second.stdout).toContain('note LEAK_COLUMN: alerted alone')
  })

  it('says the same as JSON, and writes the draft where it is asked to', () => {
    const { status, stdout } = inspect('--data=flows.csv', '--out=other.yaml', '--json')
    expect(status).toBe(1)
    const { source, findings, draft, written } = JSON.parse(stdout)
    expect({ source, written }).toEqual({ source: 'flows.csv', written: { draft: 'other.yaml', page: null } })
    expect(findings[0]).toMatchObject({ code: 'LEAK_COLUMN', severity: 'problem', columns: ['alerted'] })
    expect(textOf('other.yaml')).toBe(draft)
  })

  it('finds the same in Parquet', () => {
    inspect('--data=flows.csv', '--out=source.yaml')
    const exported = run(EXPORT, '--data=source.yaml', '--raw', '--features=full', '--out=flows.parquet')
    expect(exported.status).toBe(0)
    const { findings, rows, threats } = JSON.parse(
      inspect('--data=flows.parquet', '--out=parquet.yaml', '--json').stdout,
    )
    expect([rows, threats]).toEqual([1500, textOf('flows.csv').match(/,1\n/g)?.length])
    const leaks = findings.filter(({ code }: { code: string }) => code === 'LEAK_COLUMN')
    expect(leaks.flatMap(({ columns }: { columns: string[] }) => columns)).toContain('alerted')
  })

  it('writes over nothing unless it is told to', () => {
    writeFileSync(join(folder, 'mine.yaml'), 'mine\n')
    const refused = inspect('--data=flows.csv', '--out=mine.yaml')
    expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 2, stdout: '' })
    expect(refused.stderr).toMatch(/^error OUTPUT_FILE: mine\.yaml is there already\./)
    expect(textOf('mine.yaml')).toBe('mine\n')
    expect(inspect('--data=flows.csv', '--out=mine.yaml', '--force').status).toBe(1)
    expect(textOf('mine.yaml')).toContain('version: 1')
  })

  it.each<[string, string[], number, RegExp]>([
    ['no data', [], 2, /Give events or their description: --data=flows\.csv/],
    ['data that are not there', ['--data=no.csv', '--out=x.yaml'], 3, /PATH_MISSING.*no\.csv/],
    ['a label that is no column', ['--data=flows.csv', '--out=x.yaml', '--label=lable'], 2, /LABEL_UNKNOWN.*"lable"/],
    ['a label of a description', ['--data=other.yaml', '--label=label'], 2, /--label is for drafts/],
    ['a folder that is not there', ['--data=flows.csv', '--out=no/x.yaml'], 2, /OUTPUT_FILE/],
  ])('refuses %s', (_, words, code, message) => {
    const { status, stdout, stderr } = inspect(...words)
    expect({ status, stdout }).toEqual({ status: code, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(existsSync(join(folder, 'x.yaml'))).toBe(false)
  })

  it('is named to who trains on data without a description; the draft trains', () => {
    const refused = run(TRAIN, '--data=flows.csv', '--out=run')
    expect(refused.status).toBe(3)
    expect(refused.stderr).toMatch(/^error DESCRIPTION_INVALID: .*tools:inspect --data=flows\.csv/m)
    inspect('--data=flows.csv', '--out=train.yaml')
    const small = [
      '--iterations=1',
      '--rows-per-iteration=256',
      '--minibatch-size=64',
      '--policy-hidden=8',
      '--value-hidden=8',
    ]
    const trained = run(TRAIN, '--data=train.yaml', '--out=run', ...small)
    expect({ status: trained.status, stderr: trained.stderr }).toEqual({ status: 0, stderr: '' })
    expect(existsSync(join(folder, 'run', 'evaluation.json'))).toBe(true)
  })
})
