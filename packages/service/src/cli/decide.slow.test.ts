/** The command as people start it, on a bundle of a team with drawn weights. */
import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeBundle } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signBundle } from '../bundle-signature.ts'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'

const ROOT = new URL('../../../../', import.meta.url).pathname
const COMMAND = join(ROOT, 'packages/service/src/cli/decide.ts')

let folder: ReturnType<typeof eventsFolder>
let run: string
beforeAll(async () => {
  folder = eventsFolder()
  run = join(folder.path, 'run')
  const request = describedRequest(folder)
  const team = await drawnTeam(request, { mode: 'stream', lstmHidden: [] })
  await team.close()
  mkdirSync(join(run, 'checkpoints'), { recursive: true })
  await writeBundle(run, team.bundle)
  const { path: data, ...settings } = request
  writeFileSync(join(run, 'config.json'), JSON.stringify({ ...settings, data, others: [1, 2] }))
  writeFileSync(join(run, 'pipeline.json'), '{}')
})
afterAll(() => folder.remove())

type Result = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Starts the command. @param input what it gets on stdin; a function gets the process and ends it itself */
async function decide(
  words: readonly string[],
  input: string | ((child: ReturnType<typeof spawn>) => void) = '',
  program: readonly string[] = ['node', COMMAND],
): Promise<Result> {
  const child = spawn(program[0], [...program.slice(1), ...words], { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => (stdout += text))
  child.stderr.on('data', (text) => (stderr += text))
  child.stdin.on('error', () => undefined)
  if (typeof input === 'string') child.stdin.end(input)
  else input(child)
  return await new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

const event = (id: number) =>
  `${JSON.stringify({ id, ts: 1_700_000_000 + id, host: 'h1', proto: 'tcp', bytes: id, port: 1 })}\n`
const idsOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).id)

describe('service:decide', () => {
  it('is the same through nx: stdin, stdout and the exit code are those of the command', async () => {
    const nx = ['node', join(ROOT, 'node_modules/.bin/nx'), 'run', 'service:decide']
    const input = `${event(1)}${event(2)}nonsense\n`
    const plain = await decide([`--run=${run}`], input)
    const through = await decide([`--run=${run}`], input, nx)
    expect(plain.code).toBe(3)
    expect(idsOf(plain.stdout)).toEqual([1, 2])
    expect(through).toEqual(plain)
    expect(await decide([`--run=${run}`], event(1), nx)).toMatchObject({ code: 0, stderr: '' })
  })

  it('answers each event while the next has not come, and ends after whole lines when it is interrupted', async () => {
    const sent: number[] = []
    const { code, stdout } = await decide([`--run=${run}`], (child) => {
      const send = (id: number) => {
        sent.push(id)
        child.stdin!.write(`${event(id)}{"half":`.slice(0, id < 3 ? event(id).length : undefined))
      }
      child.stdout!.on('data', () => (sent.length < 3 ? send(sent.length + 1) : child.kill('SIGINT')))
      send(1)
    })
    expect(code).toBe(130)
    expect(stdout.endsWith('\n')).toBe(true)
    expect(idsOf(stdout)).toEqual([1, 2, 3])
  })

  it('ends where its reader has gone away', async () => {
    const { code } = await decide([`--run=${run}`], (child) => {
      child.stdout!.once('data', () => {
        child.stdout!.destroy()
        for (let id = 2; id < 2000; id++) child.stdin!.write(event(id))
      })
      child.stdin!.write(event(1))
    })
    expect(code).toBe(0)
  })

  it('decides on files as on lines, in the order of time, and on the parts of its recording', async () => {
    const file = join(folder.path, 'new.csv')
    const rows = [3, 1, 2].map((id) => `${1_700_000_000 + id},h1,tcp,${id},1`)
    writeFileSync(file, `ts,host,proto,bytes,port\n${rows.join('\n')}\n`)
    const fromFile = await decide([`--run=${run}`, `--data=${file}`])
    const fromLines = await decide([`--run=${run}`], [1, 2, 3].map(event).join(''))
    const withoutIds = (text: string) => text.replaceAll(/^\{"id":\d+/gm, '')
    expect(idsOf(fromFile.stdout)).toEqual([2, 3, 1])
    expect(withoutIds(fromFile.stdout)).toBe(withoutIds(fromLines.stdout))
    const parts = await Promise.all(
      ['train', 'validation', 'test'].map((part) => decide([`--run=${run}`, `--replay=${part}`])),
    )
    const all = parts.flatMap(({ stdout }) => idsOf(stdout)).sort((a, b) => a - b)
    expect(all).toEqual(Array.from({ length: 400 }, (_, i) => i + 1))
  })

  it('puts a signed bundle to work with live events, and not where it only looks at a recording', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const [key, keys] = [join(folder.path, 'signing.key'), join(folder.path, 'trusted.pem')]
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
    writeFileSync(keys, publicKey.export({ format: 'pem', type: 'spki' }))
    await signBundle(run, { key, team: 'edge', number: 7 })
    const [number, file] = [join(folder.path, 'number'), join(folder.path, 'one.csv')]
    writeFileSync(file, 'ts,host,proto,bytes,port\n1700000001,h1,tcp,1,1\n')
    const words = [`--run=${run}`, `--trust=${keys}`, '--trust-team=edge', `--trust-number=${number}`]
    const looking = await Promise.all(
      ['--replay=test', `--data=${file}`].map(async (flag) => await decide([...words, flag])),
    )
    expect(looking.map(({ code }) => code)).toEqual([0, 0])
    expect(existsSync(number)).toBe(false)
    expect((await decide(words, event(1))).code).toBe(0)
    expect(JSON.parse(readFileSync(number, 'utf8'))).toMatchObject({ number: 7 })
  })

  it('ends after whole lines when it is interrupted while it decides on files', async () => {
    const file = join(folder.path, 'many.csv')
    const rows = Array.from({ length: 100_000 }, (_, i) => `${1_700_000_000 + i},h${i % 50},tcp,${i},1`)
    writeFileSync(file, `ts,host,proto,bytes,port\n${rows.join('\n')}\n`)
    const { code, stdout } = await decide([`--run=${run}`, `--data=${file}`], (child) => {
      child.stdout!.once('data', () => child.kill('SIGINT'))
    })
    expect(code).toBe(130)
    const ids = idsOf(stdout)
    expect(ids).toEqual(Array.from(ids, (_, i) => i + 1))
    expect(ids.length).toBeLessThan(rows.length)
  })

  it('names the decisions on files by their rows, whatever the columns are called', async () => {
    const own = join(folder.path, 'own')
    mkdirSync(own)
    const cells = Array.from({ length: 60 }, (_, i) => `${900 + i},${i % 3 === 0 ? 1 : 0}`)
    writeFileSync(join(own, 'events.csv'), `id,attack\n${cells.join('\n')}\n`)
    const description = {
      ...{ files: { all: ['events.csv'] }, label: { column: 'attack', threat: [1] } },
      columns: { numeric: ['id'] },
    }
    writeFileSync(join(own, 'events.json'), JSON.stringify(description))
    const request = { ...describedRequest(folder), path: join(own, 'events.json') }
    const team = await drawnTeam(request, { mode: 'iid', lstmHidden: [] })
    await team.close()
    mkdirSync(join(own, 'checkpoints'))
    await writeBundle(own, team.bundle)
    const { stdout } = await decide([`--run=${own}`, `--data=${join(own, 'events.csv')}`])
    expect(idsOf(stdout)).toEqual(Array.from(cells, (_, i) => i + 1))
  })

  it('tells the nearest training events when they are stored, and asks for them before', async () => {
    const words = [`--run=${run}`, '--why', '--nearest=2']
    expect(await decide(words, event(1))).toMatchObject({ code: 3, stderr: expect.stringContaining('SAMPLE_INVALID') })
    const sample = ['node', COMMAND.replace('decide.ts', 'sample.ts')]
    expect(await decide([`--run=${run}`, '--rows=50'], '', sample)).toMatchObject({ code: 0 })
    const { nearest } = JSON.parse((await decide(words, event(1))).stdout).why
    expect(nearest).toHaveLength(2)
    expect(nearest[0].distance).toBeLessThanOrEqual(nearest[1].distance)
    expect(await decide([`--run=${run}`, '--nearest=2'], event(1))).toMatchObject({ code: 2 })
  })

  it('follows a file, and after SIGKILL goes on with the decisions that it would have made', async () => {
    const [file, state] = [join(folder.path, 'followed.jsonl'), join(folder.path, 'followed.state')]
    const words = [`--run=${run}`, `--follow=${file}`, `--state=${state}`, '--state-seconds=1']
    const all = Array.from({ length: 60 }, (_, i) => event(i + 1))
    writeFileSync(file, all.slice(0, 20).join(''))
    const add = (from: number, to: number) => appendFileSync(file, all.slice(from, to).join(''))
    // Decides on twenty, keeps what it knows, decides on twenty more, and is killed.
    const killed = await decide(words, (child) => {
      let text = ''
      child.stdout!.on('data', (piece) => {
        text += piece
        if (idsOf(text).length === 40) child.kill('SIGKILL')
      })
      const kept = setInterval(() => {
        // The file has two lines: the place of the first events comes after the name of what is read.
        if (!existsSync(state) || !readFileSync(state, 'latin1').includes('"inode"')) return
        clearInterval(kept)
        add(20, 40)
      }, 20)
    })
    add(40, 60)
    const after = await decide(words, (child) => {
      let text = ''
      child.stdout!.on('data', (piece) => {
        text += piece
        if (text.includes('{"id":60,')) child.kill('SIGTERM')
      })
    })
    expect([killed.code, after.code, after.stderr]).toEqual([null, 143, ''])
    const whole = (await decide([`--run=${run}`], all.join(''))).stdout.trimEnd().split('\n')
    const [first, second] = [killed, after].map(({ stdout }) => stdout.trimEnd().split('\n'))
    expect(first).toEqual(whole.slice(0, 40))
    // At least once: what was decided on after the state was kept comes again, with the same bytes.
    expect(second).toEqual(whole.slice(60 - second.length))
    expect(second.length).toBeGreaterThanOrEqual(20)
    expect(second.length).toBeLessThan(60)
  })

  it.each([['--state=x'], ['--follow=x', '--replay=test'], ['--output=vigil', '--quarantine-of=host']])(
    'refuses %s',
    async (...words) => {
      expect(await decide([`--run=${run}`, ...words])).toMatchObject({ code: 2, stdout: '' })
    },
  )

  it.each(['--data=events.csv', '--replay=test'])('refuses --on-error with %s', async (flag) => {
    const { code, stderr } = await decide([`--run=${run}`, flag, '--on-error=skip'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^error INVALID_VALUE: --on-error /)
  })

  it('says what is missing', async () => {
    expect(await decide([])).toMatchObject({ code: 2, stdout: '' })
    const nowhere = await decide([`--run=${folder.path}`])
    expect(nowhere).toMatchObject({ code: 3, stdout: '' })
    expect(nowhere.stderr).toMatch(/^error BUNDLE_MISSING: /)
    const lacking = join(folder.path, 'lacking.csv')
    writeFileSync(lacking, 'ts,host,proto,bites,port\n1,h,tcp,3,1\n')
    const misspelt = await decide([`--run=${run}`, `--data=${lacking}`])
    expect(misspelt.code).toBe(3)
    expect(misspelt.stderr).toMatch(/bytes/)
  })
})
