import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { labError } from '../errors.ts'
import type { Round } from './rounds.ts'

/** The work of one iteration, as a peer reads it from the first line of its input. */
export type PeerWork = {
  readonly agents: number
  readonly dense: number
  readonly policyHidden: readonly number[]
  /** Widths behind them of LSTM layers; without any, [] */
  readonly lstmHidden: readonly number[]
  /** steps of a segment of events that follow each other, for LSTM layers */
  readonly rolloutSteps: number
  readonly valueHidden: readonly number[] | null
  /** environment steps of an iteration, and of a minibatch */
  readonly rows: number
  readonly minibatch: number
  readonly epochs: number
  readonly threads: number
}

/** Another program that does the same work. */
export type Peer = {
  readonly name: string
  /** Ways in which it does it, for instance eager and compiled. */
  readonly modes: readonly string[]
  /** One iteration; units are environment steps. @throws {VigilError} PEER */
  round(mode: string): Promise<Round>
  close(): void
}

/**
 * Starts a peer, a command line for the shell: it reads and writes lines of JSON. To the work it answers once with its name
 * and modes, then to each `{"mode": ...}` with `{"units": ..., "ms": ...}`; it ends when its input does.
 *
 * @throws {VigilError} PEER when it ends, or says something else
 * @example
 * const peer = await startPeer('python3 packages/lab/peers/ppo_torch.py', work)
 * const { units, ms } = await peer.round(peer.modes[0])
 * peer.close()
 */
export async function startPeer(command: string, work: PeerWork): Promise<Peer> {
  const child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'inherit'] })
  // Its end is noticed where its answer is missing.
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ask = async (question: object): Promise<Readonly<Record<string, unknown>>> => {
    child.stdin.write(`${JSON.stringify(question)}\n`)
    const { value, done } = await lines.next()
    if (done) throw labError('PEER', `the peer "${command}" ended before it had answered; its own words stand above.`)
    return parsed(command, value)
  }
  const close = () => child.stdin.end()
  try {
    const { name, modes } = await ask(work)
    if (typeof name !== 'string' || !isNames(modes)) throw unexpected(command, '{"name": text, "modes": [text, ...]}')
    return {
      name,
      modes,
      async round(mode) {
        const { units, ms } = await ask({ mode })
        if (!isPositive(units) || !isPositive(ms)) throw unexpected(command, '{"units": number, "ms": number}')
        return { units, ms }
      },
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

function parsed(command: string, line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below, as of every line that is no object.
  }
  throw unexpected(command, 'one object of JSON in each line')
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string')
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && Number.isFinite(value)
}

function unexpected(command: string, expected: string) {
  return labError('PEER', `the peer "${command}" must answer ${expected}. packages/lab/peers has one that does.`)
}
