import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it, onTestFinished } from 'vitest'

const COMMAND = fileURLToPath(new URL('./scale.ts', import.meta.url))
const isInstalled = spawnSync('nats-server', ['--version']).error === undefined
/** Whether this process may lay cables between network namespaces. */
const mayNamespaces =
  spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'near', 'type', 'veth', 'peer', 'name', 'far']).status === 0

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
it.skipIf(!isInstalled)(
  'measures processes at a broker and over a line, and says where another actor helps no longer',
  async () => {
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), 'vigil-scale-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const token = join(folder, 'token')
    writeFileSync(token, 't0ken')
    broker = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '--auth', 't0ken'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    for await (const chunk of broker.stderr!) if (String(chunk).includes('Server is ready')) break
    const small = [
      '--dataset=synthetic',
      '--environment=triage',
      '--rows=2000',
      '--rows-per-iteration=1024',
      '--minibatch-size=256',
    ]
    const line = ['--delay-ms=10', '--mbit=100', ...(mayNamespaces ? ['--namespaces'] : [])]
    const words = [
      `--server=nats://127.0.0.1:${port}`,
      `--token-file=${token}`,
      '--processes=2',
      '--update-ms=1000',
      '--json',
      ...line,
      ...small,
    ]
    const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    const { figures, cores, scale, loopback, line: far } = JSON.parse(stdout)
    expect(cores).toBeGreaterThan(0)
    expect(figures).toMatchObject({
      shards: 8,
      updateMs: 1000,
      delayMs: 10,
      bandwidth: 1e8,
      shardAsks: 1,
      policyAsks: 0,
    })
    for (const name of ['actorMs', 'learnerMs', 'shardBytes', 'policyBytes']) expect(figures[name]).toBeGreaterThan(0)
    expect(scale.needed === null || scale.needed <= 8).toBe(true)
    for (const rows of [loopback, far]) {
      expect(rows.map(({ processes }: { processes: number }) => processes)).toEqual([1, 2])
      for (const { collectionMs, modelMs } of rows) {
        expect(collectionMs).toBeGreaterThan(0)
        // All work on all cores: what no collection can be faster than by these figures.
        expect(modelMs).toBeGreaterThanOrEqual((8 * (figures.actorMs + figures.learnerMs)) / cores)
      }
    }
    // Weights for each host and all results at 12,500 bytes a millisecond, and a delay each way.
    for (const { processes, collectionMs, modelMs } of far) {
      const leastMs = 20 + (processes * figures.policyBytes + 8 * (figures.shardBytes - 256)) / 12_500
      expect(collectionMs).toBeGreaterThan(leastMs)
      expect(modelMs).toBeGreaterThan(leastMs)
    }
  },
)

it('asks for a server, and refuses what collects nothing', () => {
  const run = (...words: string[]) => spawnSync(process.execPath, [COMMAND, ...words], { encoding: 'utf8' })
  expect(run()).toMatchObject({ status: 2, stderr: expect.stringContaining('--server=nats://127.0.0.1:4222') })
  const exact = run('--server=nats://127.0.0.1:1', '--environment=respond', '--credit=exact')
  expect(exact).toMatchObject({ status: 2, stderr: expect.stringContaining('credit') })
})
