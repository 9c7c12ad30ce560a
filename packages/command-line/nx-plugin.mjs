/**
 * An nx plugin for what `nx run learner:train --agents=3 --out='my runs'` would otherwise get wrong:
 *
 * - nx keeps some flags for itself (--agents is an nx flag), and pastes the others into a shell command, where a `$` in a
 *   path would be expanded. The commands take no words from nx (`forwardAllArgs: false`) but all of them from here;
 * - nx ends with 1 whatever code the command ended with, but 2 and 3 mean bad usage and bad data here;
 * - nx dies when its reader goes away (`| head`), and takes a long training run with it.
 *
 * The command side is src/nx.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const name = 'vigil-command-line'

/** Flags of nx that may stand among ours. */
const FLAGS_OF_NX = /^--(verbose|skip-?nx-?cache|output-?style|tui|no-tui)(=|$)/i

let folder = null

process.stdout.on('error', ignoreBrokenPipe)
process.stderr.on('error', ignoreBrokenPipe)

export function preTasksExecution(_options, { argv }) {
  const words = wordsOfCommand(argv.slice(2))
  if (words === null) return
  folder = mkdtempSync(join(tmpdir(), 'vigil-nx-'))
  process.env.VIGIL_NX_EXIT_CODE_FILE = join(folder, 'exit-code')
  process.env.VIGIL_NX_CWD = process.env.INIT_CWD ?? process.cwd()
  process.env.VIGIL_NX_COMMAND_LINE = JSON.stringify(words)
}

export function postTasksExecution(_options, { taskResults }) {
  if (folder === null) return
  // A code counts only when nx itself says that a task failed: tests of the commands report codes too.
  const failed = Object.values(taskResults).some(({ status }) => status === 'failure')
  try {
    if (!failed) return
    const code = Number(readFileSync(join(folder, 'exit-code'), 'utf8'))
    // nx calls process.exit(1) after this; the last word on the exit code is had in the exit event.
    process.once('exit', () => {
      process.exitCode = code
    })
  } catch {
    // No task reported a code: nx's own stands.
  } finally {
    rmSync(folder, { recursive: true, force: true })
    folder = null
  }
}

/** What follows `run learner:train` or `train learner`; null when nx runs many tasks, which take no words. */
function wordsOfCommand(argv) {
  const names = argv.flatMap((word, i) => (word.startsWith('-') ? [] : [i])).slice(0, 2)
  if (names.length < 2 || ['run-many', 'affected'].includes(argv[names[0]])) return null
  return argv.slice(names[1] + 1).filter((word) => !FLAGS_OF_NX.test(word))
}

function ignoreBrokenPipe(error) {
  if (error.code !== 'EPIPE') throw error
}
