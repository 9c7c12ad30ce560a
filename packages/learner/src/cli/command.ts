import { DataError } from '@vigil/data'
import { EnvironmentError } from '@vigil/env-wasm'
import { CheckpointError } from '../checkpoint/errors.ts'
import { ConfigError } from '../config/errors.ts'
import { EngineError } from '../engine/errors.ts'
import { ReturnNormaliserError } from '../errors.ts'
import { RunFileError } from '../run-files/errors.ts'
import { reportExitCode } from './nx.ts'

/** How a command ends. */
const EXIT = { failed: 1, usage: 2, badData: 3 } as const

const USAGE_ERRORS = [ConfigError]
const DATA_ERRORS = [DataError, CheckpointError, RunFileError, ReturnNormaliserError]

/**
 * Runs a command: a mistake of the user ends it with one message on stderr and the exit code of its kind, a defect of
 * ours with the stack.
 */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  // A reader that goes away (`| head`) must not end a training run.
  process.stdout.on('error', ignoreBrokenPipe)
  process.stderr.on('error', ignoreBrokenPipe)
  try {
    await command()
  } catch (error) {
    const code = exitCodeOf(error)
    process.stderr.write(`\n${messageOf(error)}\n`)
    reportExitCode(code)
    process.exitCode = code
  }
}

function exitCodeOf(error: unknown): number {
  const is = (types: readonly (new (...args: never[]) => Error)[]) => types.some((type) => error instanceof type)
  if (is(USAGE_ERRORS)) return EXIT.usage
  if (is(DATA_ERRORS)) return EXIT.badData
  if (error instanceof EngineError && error.code === 'BACKEND_UNAVAILABLE') return EXIT.usage
  if (error instanceof EnvironmentError && error.code === 'LANE_STATE') return EXIT.badData
  return EXIT.failed
}

/** Our own errors carry a code and say what to do; anything else is a defect, and its stack is wanted. */
function messageOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.name.endsWith('Error') && error.name !== 'Error') {
    return `error ${error.code}: ${error.message}`
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `This is a defect of Vigil, not of your input. Please report it with this text:\n${stack}`
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
