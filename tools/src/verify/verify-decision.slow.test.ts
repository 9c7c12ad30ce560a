import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeBundle } from '@vigil/runs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../../../packages/service/src/described-team.fixture.ts'

const VERIFY = fileURLToPath(new URL('./verify.ts', import.meta.url))
const DECIDE = fileURLToPath(new URL('../../../packages/service/src/cli/decide.ts', import.meta.url))

let folder: ReturnType<typeof eventsFolder>
let log: string
const { VIGIL_NX_COMMAND_LINE: _words, VIGIL_NX_EXIT_CODE_FILE: _file, ...env } = process.env
const start = (command: string, words: readonly string[], input = '') =>
  spawnSync(process.execPath, [command, ...words], { cwd: folder.path, env, input, encoding: 'utf8' })

beforeAll(async () => {
  folder = eventsFolder()
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  await team.close()
  mkdirSync(join(folder.path, 'run'))
  await writeBundle(join(folder.path, 'run'), team.bundle)
  const events = Array.from({ length: 60 }, (_, i) => ({
    ...{ id: i, ts: new Date(1_700_000_000_000 + 1000 * i).toISOString(), host: `h${i % 5}` },
    ...{ proto: ['tcp', 'udp'][i % 2], bytes: 37 * i, port: 1111 },
  }))
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('')
  writeFileSync(join(folder.path, 'events.jsonl'), lines)
  log = start(DECIDE, ['--run=run'], lines).stdout
  writeFileSync(join(folder.path, 'decisions.jsonl'), log)
})
afterAll(() => folder.remove())

it('a decision on which a team has decided is made again with the same bits', () => {
  const words = ['--decision=41', '--log=decisions.jsonl', '--run=run', '--data=events.jsonl']
  const { status, stdout, stderr } = start(VERIFY, words)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^decision 41: (allow|block|quarantine|alert), made again with the same bits$/m)
})

it('a decision that was changed is told with what it is', () => {
  const [line] = /^.*"id":41,.*$/m.exec(log) as RegExpExecArray
  const { score } = JSON.parse(line) as { score: number }
  writeFileSync(join(folder.path, 'forged.jsonl'), log.replace(line, line.replace(String(score), '0.5')))
  const words = ['--decision=41', '--log=forged.jsonl', '--run=run', '--data=events.jsonl']
  const { status, stdout, stderr } = start(VERIFY, words)
  expect(status).toBe(1)
  expect(stdout).toContain(`score: logged 0.5, made again ${score}\n`)
  expect(stderr).toMatch(/^error CHECK_FAILED: /)
})

it.each([
  [['--decision=999', '--log=decisions.jsonl', '--run=run', '--data=events.jsonl'], 3, 'RECEIPT_INVALID'],
  [['--decision=41', '--log=decisions.jsonl', '--run=run'], 3, 'RECEIPT_INVALID'],
  [['--decision=41', '--log=none.jsonl', '--run=run'], 2, 'INPUT_FILE'],
  [['--decision=41', '--run=run'], 2, 'INVALID_VALUE'],
])('%j ends with %i', (words, code, name) => {
  const { status, stderr } = start(VERIFY, words)
  expect(status).toBe(code)
  expect(stderr).toContain(`error ${name}: `)
})
