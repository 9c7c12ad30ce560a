/**
 * An nx plugin for what `nx run learner:train --agents=3 --out='my runs'` would otherwise get wrong:
 *
 * - nx keeps some flags for itself (--agents is an nx flag), and pastes the others into a shell command, where a `$` in a
 *   path would be expanded. The commands take no words from nx (`forwardAllArgs: false`) but all of them from here;
 * - nx answers --help itself. It is called again with the flag behind a `--`, where nx does not look;
 * - nx prints banners around the output. Of help and of JSON nothing but the output goes to stdout;
 * - nx ends with 1 whatever code the command ended with, but 2 and 3 mean bad usage and bad data here;
 * - nx dies when its reader goes away (`| head`), and takes a long training run with it;
 * - nx keeps all output of a task in memory. A command whose input and output are data (VIGIL_NX_STREAMS in its target) is started
 *   from here when nx has built what it needs, with nx's own stdin and stdout;
 * - nx advises after every run to speed up or split its longest task, which is the training. No setting of nx stops that.
 *
 * The command side is src/nx.ts.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

export const name = 'vigil-command-line'

const WORKSPACE = new URL('../../', import.meta.url)

/** Flags of nx that may stand among ours. `--verbose` is both's. */
const FLAGS_OF_NX = /^--(skip-?nx-?cache|output-?style|tui|no-tui)(=|$)/i
const DONE = ['success', 'local-cache', 'local-cache-kept-existing', 'remote-cache']
/** Characters of nx's own output that are kept for the case that it fails. */
const CHATTER_MAX = 1_000_000

/** 128 + the number of each signal that ends a command, as shells have it. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** nx's report on how fast its tasks were, with its recommendations: one piece that it writes when all is over. */
const ADVICE =
  /^ {2}Run duration: .*\n(?: {2}Cache: .*\n)? {2}Critical path: .*\n {2}Recoverable time: .*\n(?:\n {2}Recommendation: .*\n|\n {2}Recommendations:\n(?: {4}.*\n)+)?$/

let folder = null
/** The exit code for the signal that nx got; null before one. */
let signalled = null
/** The file of a command that is started when nx is done; null of others. */
let later = null
/** Puts process.stdout's `write` back as it was before a command; null where it is. */
let restore = null
/** process.stdout's own `write`, and what nx has written meanwhile; null where nx may speak. */
let silenced = null

process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') return
  process.stderr.write(`error OUTPUT: The output could not be written (${error.code}).\n`)
  process.exit(1)
})
process.stderr.on('error', () => undefined)
passHelpOn(process.argv)

export function preTasksExecution(_options, { argv }) {
  assertNode(process)
  const words = wordsOfCommand(argv.slice(2))
  if (words === null) return
  process.env.VIGIL_NX_CWD = process.env.INIT_CWD ?? process.cwd()
  process.env.VIGIL_NX_COMMAND_LINE = JSON.stringify(words)
  for (const [signal, code] of Object.entries(SIGNALS)) process.once(signal, () => (signalled ??= code))
  folder = makeFolder()
  if (folder === null) return
  process.env.VIGIL_NX_EXIT_CODE_FILE = join(folder, 'exit-code')
  if (!isOurCommand(argv.slice(2))) return
  leaveAdviceOut()
  if (!isForReading(words)) {
    later = streamingFile(argv.slice(2))
    if (later === null) return
    process.env.VIGIL_NX_LATER = '1'
    silence()
    return
  }
  process.env.VIGIL_NX_OUTPUT_FILE = join(folder, 'output')
  process.env.VIGIL_NX_COLUMNS = String(process.stdout.columns ?? '')
  silence()
}

export async function postTasksExecution(_options, { taskResults }) {
  if (folder === null) return
  const results = Object.values(taskResults)
  // A code counts only when nx itself says that a task did not end well: tests of the commands report codes too.
  const failed = results.length === 0 || results.some(({ status }) => !DONE.includes(status))
  const reported = failed ? textOf('exit-code') : null
  // A command that was killed reports nothing.
  let code = Number(reported ?? signalled ?? Math.max(0, ...results.map(({ code = 0 }) => code)))
  if (silenced !== null) await speak(textOf('output') ?? '', failed && reported === null)
  restore?.()
  restore = null
  if (later !== null && !failed) code = await runNow(later)
  // nx calls process.exit(1) after this; the last word on the exit code is had in the exit event.
  if ((failed || later !== null) && code > 0) {
    process.once('exit', () => {
      process.exitCode = code
    })
  }
  rmSync(folder, { recursive: true, force: true })
  folder = null
}

/** Every task runs on the Node that nx runs on; one that knows no TypeScript would end each with a stack. */
export function assertNode({ features, version }) {
  if (features.typescript) return
  process.stderr.write(
    `error NODE: Vigil runs on Node 24, which npm ci installs in node_modules/node, but this is ${version}: it is missing there. ` +
      'Run npm ci again (npm must be allowed to run the install script of the package node), or use Node 24 or newer.\n',
  )
  process.exit(1)
}

/** What follows `run learner:train` or `train learner`; null when nx runs many tasks, which take no words. */
function wordsOfCommand(argv) {
  const names = positionsOfNames(argv)
  if (names === null) return null
  const words = argv.slice(names[1] + 1)
  // `--` is how other tools are told that what follows is not theirs.
  const separator = words.indexOf('--')
  return words.filter((word, i) => i !== separator && !FLAGS_OF_NX.test(word))
}

/** Where the two words stand that say which task of which project to run. */
function positionsOfNames(argv) {
  const names = argv.flatMap((word, i) => (word.startsWith('-') ? [] : [i])).slice(0, 2)
  return names.length < 2 || ['run-many', 'affected'].includes(argv[names[0]]) ? null : names
}

/** Whether the task is a command of Vigil, and not a build or its tests. */
function isOurCommand(argv) {
  return optionsOf(argv)?.command.startsWith('exec node ') === true
}

/** The file of a command whose input and output are data; null of others. */
function streamingFile(argv) {
  const options = optionsOf(argv)
  return options?.env?.VIGIL_NX_STREAMS === undefined ? null : options.command.replace('exec node ', '')
}

/** Runs a command with nx's own stdin, stdout and stderr. @returns its exit code */
async function runNow(file) {
  const { VIGIL_NX_LATER: _, VIGIL_NX_EXIT_CODE_FILE: __, ...env } = process.env
  const child = spawn('node', [file], { cwd: WORKSPACE, env, stdio: 'inherit' })
  // A terminal sends SIGINT to both; these come to nx alone, whose own listeners end it: the command has to know before.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.prependListener(signal, () => child.kill(signal))
  return await new Promise((resolve) => {
    child.once('error', () => resolve(1))
    child.once('exit', (status, signal) => resolve(status ?? SIGNALS[signal] ?? 1))
  })
}

/** The options of the target that is to be run; null where it is none of ours. */
function optionsOf(argv) {
  const names = positionsOfNames(argv)
  if (names === null) return null
  const [first, second] = names.map((i) => argv[i])
  const [project, target] = first === 'run' ? second.split(':') : [second, first]
  const short = project.replace(/^@vigil\//, '')
  // consensus:simulate has its own name, in a project.json below its package.
  for (const file of [
    `packages/${short}/package.json`,
    `${short}/package.json`,
    `packages/agreement/${short}/project.json`,
  ]) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(file, WORKSPACE), 'utf8'))
      const { options } = (manifest.nx ?? manifest).targets[target]
      if (typeof options.command === 'string') return options
    } catch {
      // No such file, or no such target in it: the next one.
    }
  }
  return null
}

/** Whether the output is for another program, is help, or is not wanted: then nothing of nx stands beside it. */
export function isForReading(words) {
  const isAlone = words.some((word, i) => {
    const match = /^--(?:json|quiet)(?:=(.*))?$/s.exec(word)
    if (match === null) return false
    const next = words[i + 1] ?? '--'
    // As booleanOf of src/flags.ts, which nx cannot load.
    return /^(true|yes|on)$/i.test(match[1] ?? (next.startsWith('--') ? 'true' : next))
  })
  return isAlone || words[0] === 'help' || words.some((word) => word === '--help' || word === '-h')
}

/**
 * Ends this process, at the first word of nx's own help, after another nx that has --help where it does not take it for its
 * own. Not before: until then this one holds the lock of the project graph, for which the other would wait.
 */
function passHelpOn([node, script, ...argv]) {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const names = positionsOfNames(argv)
  if (!argv.slice(0, end).includes('--help') || names === null || !isOurCommand(argv)) return
  const cut = names[1] + 1
  const args = [script, ...argv.slice(0, cut).filter((word) => word !== '--help'), '--', '--help']
  process.stdout.write = () => {
    process.exit(spawnSync(node, args, { stdio: 'inherit' }).status ?? 1)
  }
}

/** A folder for what a command hands back; null where none can be made, and nx's own exit codes have to do. */
function makeFolder() {
  for (const parent of [tmpdir(), new URL('.nx/', WORKSPACE).pathname]) {
    try {
      return mkdtempSync(join(parent, 'vigil-nx-'))
    } catch {
      // Read-only, full or missing: the next one.
    }
  }
  return null
}

function textOf(file) {
  try {
    return readFileSync(join(folder, file), 'utf8')
  } catch {
    return null
  }
}

function leaveAdviceOut() {
  const write = process.stdout.write
  restore = () => {
    process.stdout.write = write
  }
  process.stdout.write = (text, encoding, done) => {
    if (typeof text !== 'string' || !ADVICE.test(stripVTControlCharacters(text))) {
      return write.call(process.stdout, text, encoding, done)
    }
    return leftOut(encoding, done)
  }
}

function silence() {
  const write = process.stdout.write
  silenced = { write, chatter: '' }
  process.stdout.write = (text, encoding, done) => {
    silenced.chatter = `${silenced.chatter}${text}`.slice(-CHATTER_MAX)
    return leftOut(encoding, done)
  }
}

/** What `write` does of a piece that is not written: its callback is called all the same. */
function leftOut(encoding, done) {
  const callback = typeof encoding === 'function' ? encoding : done
  if (callback) process.nextTick(callback)
  return true
}

/** Writes the command's output alone; where nx itself failed, what it had to say goes to stderr. */
async function speak(output, nxFailed) {
  const { write, chatter } = silenced
  process.stdout.write = write
  silenced = null
  if (nxFailed) process.stderr.write(chatter)
  await new Promise((resolve) => process.stdout.write(output, resolve))
}
