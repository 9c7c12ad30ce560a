/** `npx nx run tools:vigil-bench`: one table over all datasets. docs/experiments.md has the rest. */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CommandContext,
  runCommand,
  type StopRequest,
  systemReason,
  writeFileAtomically,
  writeJsonFile,
} from '@vigil/command-line'
import { isErrorOf, type VigilError } from '@vigil/errors'
import { EXPERIMENT_ERRORS, type Experiment, markdownTable, readExperiment } from '@vigil/experiments'
import { asciiNumber, planSeeds, trainSeeds } from '@vigil/learner'
import { lockRunFolder } from '@vigil/runs'
import { toolError } from '../errors.ts'
import { sayTable } from '../say.ts'
import { HELP, type Options, parseOptions } from './options.ts'
import { type BenchEntry, benchTable, benchVerdict } from './table.ts'
import { dataWords, missingOf, quickWords, TASKS, type Task } from './tasks.ts'

/** What may lie in the folder of a bench. */
const OWN: readonly string[] = [
  ...TASKS.map(({ name }) => name),
  'data',
  'vigil-bench.json',
  'vigil-bench.md',
  '.lock',
  '.lock-holder',
]

await runCommand({ help: HELP, run: bench })

async function bench({ words, stop }: CommandContext) {
  const options = parseOptions(words)
  await assertBenchFolder(options.out)
  const unlock = await lockRunFolder(options.out)
  try {
    const found = await entriesIn(options)
    const failures: VigilError[] = []
    for (const task of options.tasks) {
      found.set(task.name, await measure(task, options, { stop, failures }))
      await writeResults(options, inOrder(found))
    }
    const entries = inOrder(found)
    say('')
    sayTable(benchTable(entries))
    const verdict = benchVerdict(entries)
    if (verdict !== '') say(asciiNumber(verdict))
    const files = ['vigil-bench.md', 'vigil-bench.json'].map((name) => join(options.out, name))
    for (const path of files) say(path)
    if (failures.length > 0) {
      throw toolError(
        failures.every(({ kind }) => kind === 'data') ? 'BENCH_DATA' : 'BENCH_RUNS',
        `Some trainings have no result:\n${failures.map(({ message }) => message).join('\n')}\nThe same command tries again.`,
      )
    }
    return {
      files: files.map((path) => ({ path, what: 'table of the bench' })),
      datasets: entries.map(({ name, experiment, absent }) => ({
        name,
        absent,
        measures: experiment?.measures ?? null,
      })),
    }
  } finally {
    await unlock()
  }
}

/** Trains a dataset, or reads what is finished of it. One that fails does not keep the others from being done. */
async function measure(
  task: Task,
  options: Options,
  { stop, failures }: { readonly stop: StopRequest; readonly failures: VigilError[] },
): Promise<BenchEntry> {
  const { name } = task
  const out = join(options.out, name)
  const missing = await missingOf(task, options.dataDir)
  if (missing !== null) {
    say(`${name} is absent: ${missing} is not there.`)
    return { name, experiment: await experimentIn(out), absent: `absent: ${task.data}` }
  }
  if (stop.requested()) return { name, experiment: await experimentIn(out), absent: 'not begun' }
  say(`\n${name}`)
  const words = [
    ...task.words,
    ...(await dataWords(task, options.dataDir, options.out)),
    ...(options.budget === 'quick' ? quickWords(task) : []),
  ]
  const plan = await planSeeds(words, { out, seeds: options.seeds, parallel: options.parallel })
  const session = { stream: process.stdout, isTTY: process.stdout.isTTY === true, stop }
  try {
    return { name, experiment: await trainSeeds(plan, session), absent: null }
  } catch (error) {
    if (!isErrorOf(EXPERIMENT_ERRORS, error) || !WITHOUT_RESULT.includes(error.code)) throw error
    failures.push(error.at(name))
    return { name, experiment: await experimentIn(out), absent: 'no seed has a result' }
  }
}

/** What trainSeeds throws after all seeds were tried. */
const WITHOUT_RESULT: readonly string[] = ['TRAININGS_DATA', 'TRAININGS_FAILED']

/**
 * What the folder has of every dataset already: the table is of all, whichever are asked for now.
 *
 * @throws {VigilError} BENCH_FOLDER where it was filled with another --budget
 */
async function entriesIn({ out, budget }: Options): Promise<Map<string, BenchEntry>> {
  const before = await budgetIn(out)
  if (before !== null && before !== budget) {
    throw toolError('BENCH_FOLDER', `${out} holds a bench with --budget=${before}. Give another --out.`)
  }
  const found = new Map<string, BenchEntry>()
  for (const { name } of TASKS) {
    const experiment = await experimentIn(join(out, name))
    if (experiment !== null) found.set(name, { name, experiment, absent: null })
  }
  return found
}

/** Entries in the order of the table. */
function inOrder(found: ReadonlyMap<string, BenchEntry>): readonly BenchEntry[] {
  return TASKS.flatMap(({ name }) => found.get(name) ?? [])
}

/** null where there are no results. */
async function budgetIn(out: string): Promise<string | null> {
  const text = await readFile(join(out, 'vigil-bench.json'), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return JSON.parse(text).budget ?? null
  } catch {
    return null // half a file is of no budget, and is written anew
  }
}

async function experimentIn(out: string): Promise<Experiment | null> {
  return await readExperiment(join(out, 'experiment.json')).catch(() => null)
}

async function writeResults({ out, budget, seeds }: Options, entries: readonly BenchEntry[]): Promise<void> {
  const tables = entries.map(({ name, experiment, absent }) => ({ name, absent, experiment }))
  await writeJsonFile(join(out, 'vigil-bench.json'), { budget, seeds, tasks: tables })
  const notes = [
    ...(budget === 'quick' ? ['Trained with --budget=quick, which hardly trains: these are no results.'] : []),
    'Test split; interquartile mean over the seeds, with its 95 % bootstrap interval. The checkpoint was chosen on validation. Reward is per event, of quickest and campaign per stream. In the last columns: what the team earns more on the same events, mean over the seeds with its interval, and of how many seeds it does.',
    benchVerdict(entries),
  ]
  const text = [...notes.filter((note) => note !== ''), markdownTable(benchTable(entries))].join('\n\n')
  await writeFileAtomically(join(out, 'vigil-bench.md'), `${asciiNumber(text)}\n`)
}

/** @throws {VigilError} BENCH_FOLDER */
async function assertBenchFolder(out: string): Promise<void> {
  const names = await readdir(out).catch((cause: NodeJS.ErrnoException): string[] => {
    if (cause.code === 'ENOENT') return []
    throw toolError('BENCH_FOLDER', `${out} cannot be used: ${systemReason(cause)}. Give another --out.`)
  })
  const foreign = names.find((name) => !OWN.includes(name.replace(/\.\d+$/, '')))
  if (foreign === undefined) return
  throw toolError(
    'BENCH_FOLDER',
    `${out} must be empty or hold a bench, but has ${JSON.stringify(foreign)}. Give another --out.`,
  )
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
