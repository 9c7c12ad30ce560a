import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemReason } from '@vigil/command-line'

const COMMAND = fileURLToPath(new URL('../cli/train-process.ts', import.meta.url))

/** Exit code of a command whose data are bad. */
const DATA_EXIT = 3

/** Why a training came to no end. */
export type Complaint = {
  /** 'stopped' after `stop`, else the message of its error. */
  readonly reason: string
  /** Whether its data are bad, rather than what it was asked or where it ran. */
  readonly isData: boolean
}

/** A training in a process of its own. */
export type TrainingProcess = {
  /** How it ended; null = well. */
  readonly ended: Promise<Complaint | null>
  /** Lets it save and end. */
  readonly stop: () => void
}

/**
 * Starts `learner:train`. It ends when this process does, however that ends.
 *
 * @param words  of its command line
 * @param log    file to which its output is appended
 * @param onLine told each line of its output
 * @param onLogLost told why, where the file cannot be written; the training goes on
 */
export function startTraining(
  words: readonly string[],
  {
    log,
    onLine,
    onLogLost,
  }: {
    readonly log: string
    readonly onLine: (line: string) => void
    readonly onLogLost: (reason: string) => void
  },
): TrainingProcess {
  // Words through nx are those of the command that starts this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VIGIL_NX_')))
  // In a group of its own, so that Ctrl-C reaches it once, from here.
  const child = spawn(process.execPath, [COMMAND, ...words], {
    ...{ env, detached: true },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const [stdout, stderr] = [child.stdout!, child.stderr!]
  const file = createWriteStream(log, { flags: 'a' })
  file.on('error', (cause) => onLogLost(systemReason(cause)))
  stdout.pipe(file, { end: false })
  stderr.pipe(file, { end: false })
  createInterface({ input: stdout }).on('line', onLine)
  let complaint = ''
  stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk}`.slice(-4000)
  })
  let isStopped = false
  const ended = new Promise<Complaint | null>((resolve) => {
    child.on('error', (cause) => {
      resolve({ reason: `${process.execPath} cannot be started: ${systemReason(cause)}`, isData: false })
    })
    child.on('close', (code, signal) => {
      file.end()
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`
      if (code === 0) resolve(null)
      else if (isStopped) resolve({ reason: 'stopped', isData: false })
      else resolve({ reason: complaint.trim() || `it was ended ${how}`, isData: code === DATA_EXIT })
    })
  })
  return {
    ended,
    stop() {
      isStopped = true
      child.kill('SIGINT')
    },
  }
}
