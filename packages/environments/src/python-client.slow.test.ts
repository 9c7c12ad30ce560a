import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openEnvironment } from './environment.ts'

const SERVE = fileURLToPath(new URL('./cli/serve.ts', import.meta.url))
const CHECK = fileURLToPath(new URL('../../../clients/python/check_client.py', import.meta.url))
const WRAPPERS_CHECK = fileURLToPath(new URL('../../../clients/python/check_wrappers.py', import.meta.url))
const TOKEN = 'a-token-of-22-letters-'
const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0
const HAS_WRAPPED = spawnSync('python3', ['-c', 'import gymnasium, pettingzoo']).status === 0
const HAS_NUMPY = spawnSync('python3', ['-c', 'import numpy']).status === 0

let folder: string
let server: ChildProcess
let url: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-env-'))
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`)
  ;({ server, url } = await serve('--features=history', '--agents=2'))
})
afterAll(() => {
  server.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** Starts a server, whose token lies in the folder. */
async function serve(...given: string[]): Promise<{ server: ChildProcess; url: string }> {
  const words = ['--dataset=quickest', '--rows=4000', '--seed=5', '--port=0', `--token-file=${join(folder, 'token')}`]
  const server = spawn(process.execPath, [SERVE, ...words, ...given], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = await once(server.stdout!, 'data')
  return { server, url: /http:\S+/.exec(String(line))![0] }
}

/** What the client saw. @param flags of Python; -S leaves out packages, and so NumPy */
function played(flags: string[]) {
  const { stdout, stderr } = spawnSync('python3', [...flags, CHECK, url, TOKEN], { encoding: 'utf8' })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** The same, without a client. */
async function expected() {
  const env = await openEnvironment(
    { dataset: 'quickest', features: 'history', rows: 4000, agents: 2, seed: 5 },
    { lanes: 3 },
  )
  const seen = [[...env.reset({ seed: 7 }).observation.values]]
  const rewards: number[] = []
  for (let t = 0; t < 40; t++) {
    const step = env.step(Uint8Array.from({ length: 6 }, (_, i) => (t + i) % 4))
    seen.push([...step.observation.values, ...step.finalObservation.values, ...step.finalObservation.categories])
    rewards.push(...step.rewards)
  }
  env.step(new Uint8Array(6).fill(3))
  return { seen, rewards, refused: 'ACTIONS_INVALID', misread: [], state: env.state(), ended: env.state().episodes }
}

it.skipIf(!HAS_PYTHON)(
  'the client of Python sees what the environment shows, by the standard library alone (where Python 3 is)',
  async () => {
    const answer = played(['-S'])
    expect(answer).toEqual({ numpy: false, ...(await expected()) })
    expect(answer.ended).toBeGreaterThan(0)
  },
)

it.skipIf(!HAS_NUMPY)('the client of Python sees what the environment shows, by NumPy (where it is)', async () => {
  expect(played([])).toEqual({ numpy: true, ...(await expected()) })
})

it.skipIf(!HAS_WRAPPED)(
  'the wrappers show what the client does, and pass the checks of PettingZoo (where it and Gymnasium are; Debian has neither)',
  async () => {
    const single = await serve('--features=history', '--agents=1')
    try {
      const words = [WRAPPERS_CHECK, single.url, url, TOKEN]
      const { status, stdout, stderr } = spawnSync('python3', words, { encoding: 'utf8' })
      expect({ status, stderr }).toEqual({ status: 0, stderr: expect.not.stringContaining('Traceback') })
      const { outside, episodes, finals } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!)
      expect({ outside, finals }).toEqual({ outside: 0, finals: episodes })
      expect(episodes).toBeGreaterThan(100)
    } finally {
      single.server.kill('SIGKILL')
    }
  },
)

it('the server refuses strangers, and ends at a signal', async () => {
  expect((await fetch(`${url}/sessions`, { method: 'POST' })).status).toBe(401)
  const ended = once(server, 'exit')
  server.kill('SIGTERM')
  expect(await ended).toEqual([143, null])
})

it('listens to others than this machine with a token alone', () => {
  const { status, stderr } = spawnSync(process.execPath, [SERVE, '--host=0.0.0.0'], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining('PUBLIC_ADDRESS') })
})
