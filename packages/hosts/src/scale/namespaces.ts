/** Processes in network namespaces of their own, each with a cable to this one. Linux, and root, or what may do as much. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readlink } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { hostsError } from '../errors.ts'

const run = promisify(execFile)

/** Processes that lay cables at once, without one address for two of them. */
const OWNERS = 128
/** Cables of one process. */
const CABLES = 256

/**
 * The two ends of a cable, of the addresses that are kept for measurements (198.18.0.0/15, RFC 2544), and its name of at most 15 letters, which no
 * other process gives.
 *
 * @param owner number of the process that lays it
 */
export function cableOf(owner: number, index: number) {
  const at = 4 * ((owner % OWNERS) * CABLES + index)
  const net = `198.${18 + (at >> 16)}.${(at >> 8) & 255}`
  return { near: `${net}.${(at & 255) + 1}`, far: `${net}.${(at & 255) + 2}`, name: `vgl${owner}-${index}` }
}

/** Where a process in a namespace reaches this one. */
export function nearAddress(index: number): string {
  return cableOf(process.pid, index).near
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
  const { near, far, name } = cableOf(process.pid, index)
  try {
    assertFree(near)
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

/** One address at two cables reaches one of them at most. */
function assertFree(near: string): void {
  const taken = Object.entries(networkInterfaces()).find(([, ends]) => ends?.some(({ address }) => address === near))
  if (taken !== undefined)
    throw new Error(`${near} is the address of the cable ${taken[0]}: start again, or end what has it`)
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
