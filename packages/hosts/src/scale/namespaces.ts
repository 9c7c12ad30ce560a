/** Processes in network namespaces of their own, each with a cable to this one. Linux, and root, or what may do as much. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readlink } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { hostsError } from '../errors.ts'

const run = promisify(execFile)

/** The two ends of a cable: addresses that are kept for measurements (RFC 2544). */
function endsOf(index: number) {
  return { near: `198.18.${index}.1`, far: `198.18.${index}.2`, name: `vigil-scale${index}` }
}

/** Where a process in a namespace reaches this one. */
export function nearAddress(index: number): string {
  return endsOf(index).near
}

/**
 * Starts Node.js in a namespace of its own, and lays a cable to it. Both end with the process.
 *
 * @param index another one for each process, from 0 to 255
 * @throws {VigilError} EXCHANGE where the system does not let it
 * @example
 * const child = await spawnInNamespace(['join.ts', `--server=nats://${nearAddress(0)}:4222`], 0)
 */
export async function spawnInNamespace(words: readonly string[], index: number): Promise<ChildProcess> {
  const child = spawn('unshare', ['--net', process.execPath, ...words], { stdio: 'ignore' })
  const { near, far, name } = endsOf(index)
  try {
    const pid = await namespaceOf(child)
    const inside = ['--target', String(pid), '--net', 'ip']
    await run('ip', ['link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid)])
    await run('ip', ['address', 'add', `${near}/30`, 'dev', name])
    await run('ip', ['link', 'set', name, 'up'])
    await run('nsenter', [...inside, 'address', 'add', `${far}/30`, 'dev', 'eth0'])
    await run('nsenter', [...inside, 'link', 'set', 'eth0', 'up'])
    return child
  } catch (cause) {
    child.kill('SIGKILL')
    const reason = cause instanceof Error ? cause.message.trim() : String(cause)
    throw hostsError(
      'EXCHANGE',
      `No network namespace can be made for a process (${reason}). It takes Linux, root, unshare, nsenter and ip; leave --namespaces out.`,
      { cause },
    )
  }
}

const WAIT_MS = 20
const TRIES = 250

/** The process's number, when its namespace is another one than this process's. */
async function namespaceOf(child: ChildProcess): Promise<number> {
  const own = await readlink('/proc/self/ns/net')
  let failure: Error | null = null
  child.once('error', (error) => {
    failure = error
  })
  for (let tries = 0; tries < TRIES; tries++) {
    if (failure !== null) throw failure
    if (child.exitCode !== null) throw new Error(`unshare ended with ${child.exitCode}`)
    if (child.pid !== undefined && (await readlink(`/proc/${child.pid}/ns/net`).catch(() => own)) !== own)
      return child.pid
    await pause(WAIT_MS)
  }
  throw new Error('unshare makes none')
}
