import { UsageError } from './errors.ts'
import { harmlessLines } from './harmless-text.ts'
import { reportExitCode, standWhereTheUserStands } from './nx.ts'

/** How a command ends when it does not end well. */
const EXIT = { failed: 1, usage: 2, badData: 3 } as const

/** Which errors are whose: the classes that stand for a mistake of usage, and those that stand for bad data. */
export type ErrorKinds = {
  readonly usage: (error: Error) => boolean
  readonly badData: (error: Error) => boolean
}

/**
 * Runs a command. A mistake of the user ends it with one message on stderr and exit code 2 (usage) or 3 (data), another
 * failure with 1; only a defect of ours shows a stack.
 */
export async function runCommand(command: () => Promise<void>, kinds: ErrorKinds): Promise<void> {
  // A reader that goes away (`| head`) must not end a long run.
  process.stdout.on('error', ignoreBrokenPipe)
  process.stderr.on('error', ignoreBrokenPipe)
  try {
    standWhereTheUserStands()
    await command()
  } catch (error) {
    const code = exitCodeOf(error, kinds)
    process.stderr.write(`${messageOf(error)}\n`)
    reportExitCode(code)
    process.exitCode = code
  }
}

function exitCodeOf(error: unknown, { usage, badData }: ErrorKinds): number {
  if (!(error instanceof Error)) return EXIT.failed
  if (error instanceof UsageError || usage(error)) return EXIT.usage
  return badData(error) ? EXIT.badData : EXIT.failed
}

/** Our own errors are named and carry a code, and say what to do; anything else is a defect, and its stack is wanted. */
function messageOf(error: unknown): string {
  const isOurs = error instanceof Error && 'code' in error && /^[A-Z]\w+Error$/.test(error.name) && !isBuiltIn(error)
  if (isOurs) return `error ${error.code}: ${harmlessLines(error.message)}`
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `This is a defect of Vigil, not of your input. Please report it with this text:\n${stack}`
}

/** Errors of Node carry codes too, but say nothing that a user can act on. */
function isBuiltIn(error: Error): boolean {
  return [TypeError, RangeError, SyntaxError, ReferenceError].some((type) => error instanceof type)
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
