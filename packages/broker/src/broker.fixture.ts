/** Test support: a NATS server of its own for each test, on a free port of the loopback. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, connect as dial } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Broker } from './broker-flags.ts'

const isInstalled = spawnSync('nats-server', ['--version']).error === undefined

/** Why tests with a server are skipped here; null where there is one. */
export const whyNoBroker = isInstalled ? null : 'nats-server is not installed (Debian: apt-get install nats-server)'

/** A server that a test starts and stops as it likes. */
export type TestBroker = AsyncDisposable & {
  readonly broker: Broker
  readonly port: number
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
  /** Starts it again on the same port, with the same flags unless told. */
  start(words?: readonly string[]): Promise<void>
  /** Nothing passes any more, as where the network is cut; thawed it goes on. */
  freeze(): void
  thaw(): void
}

/** @param words more flags of nats-server */
export async function startBroker(words: readonly string[] = []): Promise<TestBroker> {
  const port = await freePort()
  let server: ChildProcess | null = null
  const kill = async () => {
    if (server === null || server.exitCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
    server = null
  }
  const start = async (own = words) => {
    server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), ...own], { stdio: 'ignore' })
    await untilListening(port)
  }
  await start()
  const freeze = () => void server?.kill('SIGSTOP')
  const thaw = () => void server?.kill('SIGCONT')
  return {
    freeze,
    thaw,
    broker: { address: `nats://127.0.0.1:${port}` },
    port,
    kill,
    start,
    [Symbol.asyncDispose]: kill,
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const socket = dial(port, '127.0.0.1')
    const isUp = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isUp) return
    if (tries === 200) throw new Error('nats-server does not listen')
    await pause(50)
  }
}
