import { fdatasync, fstatSync } from 'node:fs'
import { promisify } from 'node:util'

/** Stdin to its end, or until somebody asks for an end. */
export async function* stdinUntil(stop: AbortSignal): AsyncGenerator<Uint8Array> {
  if (stop.aborted) return
  stop.addEventListener('abort', () => void process.stdin.destroy(), { once: true })
  try {
    yield* process.stdin as AsyncIterable<Uint8Array>
  } catch (cause) {
    if (!stop.aborted) throw cause
  }
}

/** Waits until the lines have been taken. @returns whether there is still a reader */
export async function written(lines: string): Promise<boolean> {
  return await new Promise((resolve) => process.stdout.write(lines, (error) => resolve(error == null)))
}

/** What was written to stdout outlasts the power's end, where stdout is a file. */
export async function syncStdout(): Promise<void> {
  if (fstatSync(process.stdout.fd).isFile()) await promisify(fdatasync)(process.stdout.fd)
}

/** Tells people something. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
