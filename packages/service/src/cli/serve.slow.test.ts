/** The command as people start it, on a bundle of a team with drawn weights. */
import { execFileSync, spawn } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { writeBundle } from '@vigil/runs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'

const ROOT = new URL('../../../../', import.meta.url).pathname
const COMMAND = join(ROOT, 'packages/service/src/cli/serve.ts')

let folder: ReturnType<typeof eventsFolder>
let run: string
beforeAll(async () => {
  folder = eventsFolder()
  run = join(folder.path, 'run')
  const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [] })
  await team.close()
  mkdirSync(run)
  await writeBundle(run, team.bundle)
})
afterAll(() => folder.remove())

/** Ends of what runs. */
const running = new Map<ReturnType<typeof spawn>, Promise<unknown>>()
afterEach(async () => {
  for (const { pid } of running.keys()) process.kill(-pid!, 'SIGKILL')
  await Promise.all(running.values())
})

/** Starts the command. */
function serve(words: readonly string[], program: readonly string[] = ['node', COMMAND]) {
  const child = spawn(program[0], [...program.slice(1), `--run=${run}`, '--port=0', ...words], {
    cwd: ROOT,
    detached: true,
  })
  let [stdout, stderr] = ['', '']
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      running.delete(child)
      resolve(code)
    })
  })
  running.set(child, ended)
  child.stderr.on('data', (text) => (stderr += text))
  const listening = new Promise<number>((resolve) => {
    child.stdout.on('data', (text) => {
      stdout += text
      const port = /listening at https?:\/\/[^"]*:(\d+)"/.exec(stdout)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
  })
  return { child, ended, listening, output: () => ({ stdout, stderr }) }
}

const post = async (url: string, body: unknown, headers = {}) =>
  await fetch(url, {
    ...{ method: 'POST', body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json', ...headers },
  })

describe('service:serve', () => {
  it('decides, keeps verdicts in the run folder, and ends by SIGTERM with whole logs', async () => {
    const { child, ended, listening, output } = serve([])
    const url = `http://127.0.0.1:${await listening}`
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    const answer = await post(`${url}/v1/decide`, { id: 7, host: 'h1', proto: 'tcp' })
    expect(await answer.json()).toMatchObject({ id: 7, action: expect.any(String) })
    await post(`${url}/v1/feedback`, { event: 7, hostile: true })
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
    expect(JSON.parse(readFileSync(join(run, 'feedback.jsonl'), 'utf8'))).toMatchObject({
      ...{ id: 7, host: 'h1', verdict: { hostile: true } },
    })
    const logs = output().stdout.trimEnd().split('\n')
    expect(logs.map((line) => JSON.parse(line).msg.split(' ')[0])).toEqual(['team', 'listening', 'ending:', 'ended'])
    expect(output().stderr).toBe('')
  })

  it('listens when it has repeated the decisions that service:check stored', async () => {
    const { path: data, ...settings } = describedRequest(folder)
    writeFileSync(join(run, 'config.json'), JSON.stringify({ ...settings, data }))
    writeFileSync(join(run, 'pipeline.json'), '{}')
    mkdirSync(join(run, 'checkpoints'))
    const check = join(ROOT, 'packages/service/src/cli/check.ts')
    const said = execFileSync('node', [check, `--run=${run}`, '--rows=30', '--json'], {
      stdio: 'pipe',
      encoding: 'utf8',
    })
    const { child, ended, listening, output } = serve([])
    const ready = await fetch(`http://127.0.0.1:${await listening}/readyz`)
    expect(await ready.json()).toEqual({ ready: true, checked: 30 })
    child.kill('SIGUSR2')
    await expect.poll(() => output().stdout).toContain('"checked":30,"past":"all","msg":"team exchanged"')
    child.kill('SIGTERM')
    await ended
    const stored = join(run, 'bundle', 'check.jsonl')
    const text = readFileSync(stored, 'utf8')
    const facts = { bytes: Buffer.byteLength(text), sha256: hash('sha256', text) }
    const files = [{ path: stored, what: 'events with their decisions', ...facts }]
    expect(JSON.parse(said)).toEqual({ command: 'service:check', exitCode: 0, result: { rows: 30, files } })
    writeFileSync(stored, text.replace('\\"margin', '\\"margim'))
    const changed = serve([])
    expect(await changed.ended).toBe(3)
    expect(changed.output().stderr).toMatch(/^error CHECK_FAILED: /)
    rmSync(stored)
  })

  it('has another team decide beside it, for nobody', async () => {
    const log = join(folder.path, 'shadow.jsonl')
    const { child, ended, listening } = serve([`--shadow=${run}`, `--shadow-log=${log}`])
    const url = `http://127.0.0.1:${await listening}`
    const answer = await (await post(`${url}/v1/decide`, { id: 7, host: 'h1', proto: 'tcp' })).text()
    const report = async () => await (await fetch(`${url}/v1/shadow`)).json()
    await expect.poll(report).toMatchObject({ run, events: 1, failure: null, disagreements: [] })
    await expect.poll(() => readFileSync(log, 'utf8')).toBe(`${answer}\n`)
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
  })

  it('goes on where it ended, and refuses the state of another bundle', async () => {
    const state = `--state=${join(folder.path, 'state')}`
    const ask = async (port: number, proto: string) =>
      await post(`http://127.0.0.1:${port}/v1/decide`, { id: 7, proto })
    const first = serve([state])
    const answer = await (await ask(await first.listening, 'tcp')).text()
    first.child.kill('SIGTERM')
    expect(await first.ended).toBe(143)
    const second = serve([state, '--state-seconds=1'])
    const port = await second.listening
    expect(await (await ask(port, 'tcp')).text()).toBe(answer)
    expect((await ask(port, 'udp')).status).toBe(409)
    await post(`http://127.0.0.1:${port}/v1/decide`, { id: 8, proto: 'icmp' })
    // It keeps what it knows while it runs: after a kill that, too, is there.
    for (const file = join(folder.path, 'state'); !readFileSync(file, 'latin1').includes('"id":8'); ) await wait(50)
    second.child.kill('SIGKILL')
    await second.ended
    const third = serve([state])
    expect((await post(`http://127.0.0.1:${await third.listening}/v1/decide`, { id: 8, proto: 'udp' })).status).toBe(
      409,
    )
    third.child.kill('SIGKILL')
    await third.ended
    const settings = join(run, 'bundle', 'bundle.json')
    const text = readFileSync(settings, 'utf8')
    writeFileSync(settings, `${text}\n`)
    const other = serve([state])
    expect(await other.ended).toBe(3)
    expect(other.output().stderr).toMatch(/^error STATE_INVALID: /)
    writeFileSync(settings, text)
  })

  it('is the same through nx', async () => {
    const { child, ended, listening, output } = serve(
      [],
      ['node', join(ROOT, 'node_modules/.bin/nx'), 'run', 'service:serve'],
    )
    const url = `http://127.0.0.1:${await listening}`
    expect((await post(`${url}/v1/decide`, { proto: 'tcp' })).status).toBe(200)
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
    expect(output().stdout.split('\n')[0]).toMatch(/^\{"level":30,/)
  })

  it('asks for the token of a file, and logs events where that is wanted', async () => {
    const token = join(folder.path, 'token')
    writeFileSync(token, `${'t'.repeat(20)}\n`)
    const { child, ended, listening, output } = serve([`--token-file=${token}`, '--host=0.0.0.0', '--log-events'])
    const url = `http://127.0.0.1:${await listening}`
    expect((await post(`${url}/v1/decide`, { proto: 'tcp' })).status).toBe(401)
    const authorization = `Bearer ${'t'.repeat(20)}`
    expect((await post(`${url}/v1/decide`, { id: 'logged', proto: 'tcp' }, { authorization })).status).toBe(200)
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    const logged = output()
      .stdout.split('\n')
      .filter((line) => line.includes('"decided"'))
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { event: { id: 'logged', proto: 'tcp' }, answer: { id: 'logged' } },
    ])
  })

  it('talks to clients with a certificate alone where it is told by whom they are signed', async () => {
    const at = (name: string) => join(folder.path, name)
    const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'ignore' })
    for (const name of ['server', 'client', 'stranger']) {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at(`${name}.key`)]
      const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
      openssl('req', '-x509', ...key, '-out', at(`${name}.pem`), '-days', '2', ...names)
    }
    const tls = [
      `--tls-cert=${at('server.pem')}`,
      `--tls-key=${at('server.key')}`,
      `--tls-client-ca=${at('client.pem')}`,
    ]
    const { listening } = serve(['--host=0.0.0.0', ...tls])
    const port = await listening
    const ask = async (name: string | null) =>
      await new Promise((resolve) => {
        const own = name === null ? {} : { cert: readFileSync(at(`${name}.pem`)), key: readFileSync(at(`${name}.key`)) }
        const options = { host: '127.0.0.1', port, path: '/v1/model', ca: readFileSync(at('server.pem')), ...own }
        request(options, (answer) => resolve(answer.statusCode))
          .on('error', () => resolve('closed'))
          .end()
      })
    expect([await ask('client'), await ask('stranger'), await ask(null)]).toEqual([200, 'closed', 'closed'])
  })

  it.each([
    [['--host=0.0.0.0'], 2, 'PUBLIC_ADDRESS'],
    [['--host=0.0.0.0', '--tls-client-ca=x'], 2, 'INVALID_VALUE'],
    [['--tls-cert=x'], 2, 'INVALID_VALUE'],
    [['--token-file=nowhere'], 3, 'SECRET_INVALID'],
    [[`--token-file=${COMMAND}`], 3, 'SECRET_INVALID'],
    [[`--tls-cert=${COMMAND}`, `--tls-key=${COMMAND}`], 3, 'SECRET_INVALID'],
    [['--run=nowhere'], 3, 'BUNDLE_MISSING'],
    [['--feedback=.'], 3, 'FEEDBACK_FILE'],
  ])('refuses %s', async (words, code, name) => {
    const { ended, output } = serve(words)
    expect(await ended).toBe(code)
    expect(output().stderr).toMatch(new RegExp(`^error ${name}: `))
    expect(output().stdout).toBe('')
  })

  it('keeps out of the verdicts of another service, until that one has been killed', async () => {
    const first = serve([])
    await first.listening
    const second = serve([])
    expect(await second.ended).toBe(3)
    expect(second.output().stderr).toMatch(
      new RegExp(`^error FEEDBACK_FILE: .*feedback.jsonl .*process ${first.child.pid} on `),
    )
    first.child.kill('SIGKILL')
    await first.ended
    await serve([]).listening
  })

  it('leaves a file that is none of verdicts as it is', async () => {
    const file = join(folder.path, 'mine')
    writeFileSync(file, 'not yours')
    const { ended, output } = serve([`--feedback=${file}`])
    expect(await ended).toBe(3)
    expect(output().stderr).toMatch(/^error FEEDBACK_FILE: /)
    expect(readFileSync(file, 'utf8')).toBe('not yours')
  })

  it.each([
    ['--shadow=nowhere', 'SHADOW_FAILED'],
    [`--state=${COMMAND}`, 'STATE_INVALID'],
    ['--why --nearest=2', 'SAMPLE_INVALID'],
  ])('leaves no lock where it cannot begin with %s', async (words, name) => {
    const own = join(folder.path, 'unbegun.jsonl')
    const { ended, output } = serve([`--feedback=${own}`, ...words.split(' ')])
    expect(await ended).toBe(3)
    expect(output().stderr).toMatch(new RegExp(`^error ${name}: `))
    expect(readdirSync(folder.path).filter((entry) => entry.includes('unbegun'))).toEqual([])
  })

  it('tells that its address is taken', async () => {
    const first = serve([])
    const port = await first.listening
    const own = join(folder.path, 'other.jsonl')
    const { ended, output } = serve([`--port=${port}`, `--feedback=${own}`])
    expect(await ended).toBe(1)
    expect(output().stderr).toMatch(/^error ADDRESS_TAKEN: /)
    expect(readdirSync(folder.path).filter((entry) => entry.includes('other.jsonl'))).toEqual([])
  })
})
