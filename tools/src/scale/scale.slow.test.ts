import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'

const COMMAND = fileURLToPath(new URL('./scale.ts', import.meta.url))
const isInstalled = spawnSync('nats-server', ['--version']).error === undefined

let broker: ChildProcess | null = null
afterEach(() => broker?.kill('SIGKILL'))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

// Without nats-server (Debian: apt-get install nats-server) it is skipped.
it.skipIf(!isInstalled)('measures processes at a broker and says where another actor helps no longer', async () => {
  const port = await freePort()
  broker = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: ['ignore', 'ignore', 'pipe'] })
  for await (const chunk of broker.stderr!) if (String(chunk).includes('Server is ready')) break
  const small = [
    '--dataset=synthetic',
    '--environment=triage',
    '--rows=2000',
    '--rows-per-iteration=1024',
    '--minibatch-size=256',
  ]
  const words = [`--server=nats://127.0.0.1:${port}`, '--processes=2', '--update-ms=0.5', '--json', ...small]
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  const { figures, cores, scale, collections } = JSON.parse(stdout)
  expect(cores).toBeGreaterThan(0)
  expect(figures).toMatchObject({ shards: 8, updateMs: 0.5, bandwidth: 1e9 })
  for (const name of ['actorMs', 'learnerMs', 'shardBytes', 'policyBytes']) expect(figures[name]).toBeGreaterThan(0)
  const { startMs, actorMs } = figures
  if (startMs < 0.5) expect(scale.needed).toBeCloseTo((8 * actorMs) / (0.5 - startMs), 9)
  else expect(scale.needed).toBeNull()
  expect(collections.map(({ processes }: { processes: number }) => processes)).toEqual([1, 2])
  for (const { collectionMs, modelMs } of collections) {
    expect(collectionMs).toBeGreaterThan(0)
    // All work on all cores, and all shards on one core each: what no collection can be faster than by these figures.
    expect(modelMs).toBeGreaterThanOrEqual((8 * (figures.actorMs + figures.learnerMs)) / cores)
  }
})

it('asks for a server, and refuses what collects nothing', () => {
  const run = (...words: string[]) => spawnSync(process.execPath, [COMMAND, ...words], { encoding: 'utf8' })
  expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining('--server=nats://127.0.0.1:4222') })
  const exact = run('--server=nats://127.0.0.1:1', '--environment=respond', '--credit=exact')
  expect(exact).toMatchObject({ status: 2, stderr: expect.stringContaining('credit') })
})
