/**
 * An nx plugin for two things that `nx run learner:train --agents=3` would otherwise get wrong:
 *
 * - nx keeps some flags for itself (--agents is an nx flag), so the command would never see them;
 * - nx ends with 1 whatever code the command ended with, but 2 and 3 mean bad usage and bad data here.
 *
 * The command side is src/nx.ts.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const name = 'vigil-command-line'

/** Flags of ours that nx treats as its own. */
const KEPT_BY_NX = ['--agents']

let folder = null

export function preTasksExecution(_options, { argv }) {
  folder = mkdtempSync(join(tmpdir(), 'vigil-nx-'))
  process.env.VIGIL_NX_EXIT_CODE_FILE = join(folder, 'exit-code')
  process.env.VIGIL_NX_KEPT_FLAGS = JSON.stringify(argv.flatMap((word, i) => keptFlag(word, argv[i + 1])))
}

export function postTasksExecution() {
  try {
    const code = Number(readFileSync(join(folder, 'exit-code'), 'utf8'))
    // nx calls process.exit(1) after this; the last word on the exit code is had in the exit event.
    process.once('exit', () => {
      process.exitCode = code
    })
  } catch {
    // No task reported a code: nx's own stands.
  }
  rmSync(folder, { recursive: true, force: true })
}

/** `--agents=3` and `--agents 3`, as one word; the second leaves its value behind as a stray word. */
function keptFlag(word, next) {
  if (KEPT_BY_NX.some((flag) => word.startsWith(`${flag}=`))) return [{ flag: word, stray: null }]
  return KEPT_BY_NX.includes(word) ? [{ flag: `${word}=${next}`, stray: next }] : []
}
