import { inspect } from 'node:util'
import { getHeapStatistics } from 'node:v8'
import { type ErrorKind, VigilError } from '@vigil/errors'
import { commandError } from './errors.ts'
import { harmlessLines, harmlessText } from './harmless-text.ts'
import { type Help, helpText, wantsHelp } from './help.ts'
import {
  commandLine,
  handOverOutput,
  isLeftToPlugin,
  keepFromChildren,
  reportExitCode,
  standWhereTheUserStands,
} from './nx.ts'
import {
  measured,
  type Output,
  outputFlagsOf,
  takeOutput,
  withOutputFlags,
  withoutOutputFlags,
} from './output-flags.ts'
import { type StopRequest, watchSignals } from './signals.ts'
import { machineMessage, systemReason } from './system-error.ts'

/** How a command ends when it does not end well. */
const EXIT: Readonly<Record<ErrorKind, number>> = { failure: 1, usage: 2, data: 3 }

/** With less heap Node ends itself in the middle of the work, with a stack of its own. */
const HEAP_BYTES_MIN = 96 * 2 ** 20

/** Letters of what is said of an error behind the first. */
const LATER_MAX = 300

/** What a command gets. */
export type CommandContext = {
  /** Every word behind the command's name. */
  readonly words: string[]
  readonly stop: StopRequest
}

/** A command: what it does, and what its help says. */
export type Command = {
  /** An object that it gives is part of what `--json` writes; its `files`, of the type MadeFile, with sizes and hashes. */
  readonly run: (context: CommandContext) => Promise<unknown>
  /** Said for --help, -h and help. */
  readonly help: Help
  /** Its output is data already, as long as it runs: it has no `--json` and no `--quiet`. */
  readonly isStreaming?: boolean
}

/**
 * Runs a command. A mistake of the user ends it with one message on stderr and exit code 2 (usage) or 3 (data), another
 * failure with 1, a signal with 128 + its number; only a defect of ours shows a stack.
 */
export async function runCommand({ run, help: own, isStreaming = false }: Command): Promise<void> {
  if (isLeftToPlugin()) return
  handOverOutput()
  guardOutput()
  let output: Output | null = null
  let isVerbose = false
  const signals = watchSignals((exitCode, signal) => {
    const message = `Stopped by ${signal}.`
    output?.give({ exitCode, error: { code: null, message } })
    endNow(exitCode, message)
  })
  const fail = (thrown: unknown) => {
    const [error, ...later] = inOrder(thrown)
    output?.give({ exitCode: exitCodeOf(error), error: errorInJson(error) })
    endNow(exitCodeOf(error), messageOf(error, later, isVerbose))
  }
  // What a thread or a stream reports on its own reaches no `catch` of the command.
  process.on('uncaughtException', fail)
  const common = outputFlagsOf(own, { isStreaming })
  const help = withOutputFlags(own, common)
  try {
    const line = commandLine()
    if (wantsHelp(line)) {
      process.stdout.write(helpText(help, process.stdout.columns))
      return
    }
    const { words, asked } = withoutOutputFlags(line, common)
    isVerbose = asked.verbose
    output = takeOutput(help.command, asked)
    assertHeap()
    standWhereTheUserStands()
    keepFromChildren()
    process.cwd() // Throws where that folder is gone: better now than after the work.
    const result = await run({ words, stop: signals })
    const stopped = signals.exitCode()
    if (stopped !== null) endWith(stopped)
    output?.give({ exitCode: Number(process.exitCode ?? 0), result: asked.json ? await measured(result) : null })
  } catch (thrown) {
    const [error, ...later] = inOrder(thrown)
    output?.release()
    process.stderr.write(`${messageOf(error, later, isVerbose)}\n`)
    endWith(exitCodeOf(error))
    output?.give({ exitCode: exitCodeOf(error), error: errorInJson(error) })
  } finally {
    signals.close()
    process.off('uncaughtException', fail)
  }
}

/** What went wrong, in its order: what was open may have failed to close behind the first. */
function inOrder(thrown: unknown): unknown[] {
  return thrown instanceof SuppressedError ? [...inOrder(thrown.suppressed), ...inOrder(thrown.error)] : [thrown]
}

/** What a program reads of an error; a defect has no code. */
function errorInJson(error: unknown): { readonly code: string | null; readonly message: string } {
  const code = error instanceof VigilError ? error.code : null
  return { code, message: harmlessLines(error instanceof Error ? error.message : String(error)) }
}

/** Sets the exit code, in this process and for nx. */
export function endWith(code: number): void {
  reportExitCode(code)
  process.exitCode = code
}

function endNow(code: number, message: string): void {
  process.stderr.write(`${message}\n`)
  reportExitCode(code)
  process.exit(code)
}

/** Output that cannot be written ends the command, except where only its reader has gone away (`| head`). */
function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const isReaderGone = error.code === 'EPIPE' || (error.code === 'EIO' && process.stdout.isTTY)
    if (!isReaderGone) endNow(EXIT.failure, `error OUTPUT: The output could not be written: ${systemReason(error)}.`)
  })
  // There is nowhere left to complain; the exit code says it.
  process.stderr.on('error', () => undefined)
}

function assertHeap(): void {
  const { heap_size_limit: bytes } = getHeapStatistics()
  if (bytes >= HEAP_BYTES_MIN) return
  const [found, needed] = [bytes, HEAP_BYTES_MIN].map((size) => Math.round(size / 2 ** 20))
  throw commandError(
    'MEMORY',
    `Node may use ${found} MB of heap here, and needs ${needed}. Raise --max-old-space-size.`,
  )
}

function exitCodeOf(error: unknown): number {
  return error instanceof VigilError ? EXIT[error.kind] : EXIT.failure
}

/** What is said of the first error, and with --verbose in a line each of what went wrong behind it. */
function messageOf(error: unknown, later: readonly unknown[], isVerbose: boolean): string {
  const behind = isVerbose ? later.map((one) => `behind it: ${harmlessText(String(one), LATER_MAX)}`) : []
  return [textOf(error, isVerbose), ...behind].join('\n')
}

/** Our own errors carry a code and say what to do. Anything else is a defect, and its stack is wanted. */
function textOf(error: unknown, isVerbose: boolean): string {
  if (error instanceof VigilError) {
    const line = `error ${error.code}: ${harmlessLines(error.message)}`
    return isVerbose ? `${line}\n${harmlessLines(inspect(error))}` : line
  }
  const machine = machineMessage(error)
  if (machine !== null) return harmlessLines(machine)
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `This is a defect of Vigil, not of your input. Please report it with this text:\n${harmlessLines(stack)}`
}
