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
  const { figures, scale, collections } = JSON.parse(stdout)
  expect(figures).toMatchObject({ shards: 8, updateMs: 0.5, bandwidth: 1e9 })
  for (const name of ['actorMs', 'learnerMs', 'shardBytes', 'policyBytes']) expect(figures[name]).toBeGreaterThan(0)
  expect(scale.needed).toBeCloseTo((8 * figures.actorMs) / 0.5, 9)
  expect(collections.map(({ processes }: { processes: number }) => processes)).toEqual([1, 2])
  for (const { collectionMs } of collections) expect(collectionMs).toBeGreaterThan(0)
})

it('asks for a server, and refuses what collects nothing', () => {
  const run = (...words: string[]) => spawnSync(process.execPath, [COMMAND, ...words], { encoding: 'utf8' })
  expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining('--server=nats://127.0.0.1:4222') })
  const exact = run('--server=nats://127.0.0.1:1', '--environment=respond', '--credit=exact')
  expect(exact).toMatchObject({ status: 2, stderr: expect.stringContaining('credit') })
})
