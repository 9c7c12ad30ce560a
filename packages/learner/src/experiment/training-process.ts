import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../cli/train-process.ts', import.meta.url))

/** A training in a process of its own. */
export type TrainingProcess = {
  /** How it ended: null = well, 'stopped' after `stop`, else the message of its error. */
  readonly ended: Promise<string | null>
  /** Lets it save and end. */
  readonly stop: () => void
}

/**
 * Starts `learner:train`. It ends when this process does, however that ends.
 *
 * @param words  of its command line
 * @param log    file to which its output is appended
 * @param onLine told each line of its output
 */
export function startTraining(
  words: readonly string[],
  { log, onLine }: { readonly log: string; readonly onLine: (line: string) => void },
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
  // What went wrong with the log must not end the training.
  file.on('error', () => undefined)
  stdout.pipe(file, { end: false })
  stderr.pipe(file, { end: false })
  createInterface({ input: stdout }).on('line', onLine)
  let complaint = ''
  stderr.on('data', (chunk: Buffer) => {
    complaint = `${complaint}${chunk}`.slice(-4000)
  })
  let isStopped = false
  const ended = new Promise<string | null>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => {
      file.end()
      if (code === 0) resolve(null)
      else if (isStopped) resolve('stopped')
      else resolve(complaint.trim() || `it was ended ${signal === null ? `with exit code ${code}` : `by ${signal}`}`)
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
