/** `npx nx run tools:runs`: list, compare, tag and delete runs. README.md has the flags. */

import { runCommand, systemReason, writeFileAtomically } from '@vigil/command-line'
import { renderComparison } from '@vigil/report'
import { readTags, runFolderAt, runFolderError, writeTags } from '@vigil/runs'
import { sayTable } from '../say.ts'
import { deleteRuns } from './delete-runs.ts'
import { expanded, findRuns, type KnownRun, knownRun, stateOf } from './known-run.ts'
import { HELP, type Options, parseOptions } from './options.ts'
import { differenceTable, listTable, measureTable } from './tables.ts'

await runCommand({
  help: HELP,
  async run({ words }) {
    const options = parseOptions(words)
    const { action } = options
    if (action === 'delete') await deleteAsked(options)
    else if (action === 'tag') await tagAsked(options)
    else if (action === 'compare') await compareAsked(options)
    else await listAsked(options)
  },
})

async function listAsked(options: Options): Promise<void> {
  const runs = await chosenRuns(options)
  if (options.json) sayJson(runs)
  else if (runs.length === 0) say(`There is no ${options.tags.length > 0 ? 'such run' : 'run'} in ${options.within}.`)
  else sayTable(listTable(runs))
}

async function compareAsked(options: Options): Promise<void> {
  const runs = await chosenRuns(options)
  if (runs.length < 2) {
    throw runFolderError(
      'RUN_FOLDER',
      `compare needs two runs or more, but there is ${runs.length}. Name them: --runs=A,B.`,
    )
  }
  const [measures, differences] = [measureTable(runs), differenceTable(runs)]
  if (options.json) sayJson(runs)
  else {
    sayTable(measures)
    if (differences.rows.length > 0) sayTable(differences)
    else say('The runs have the same settings.')
    for (const { path, problem } of runs) if (problem !== null) say(`${path}: ${problem}`)
  }
  if (options.page === null) return
  const page = renderComparison({
    title: 'comparison of runs',
    headline: `${runs.length} runs side by side`,
    lead:
      differences.rows.length === 0
        ? 'They have the same settings.'
        : `They differ in ${differences.rows.map(([name]) => name).join(', ')}.`,
    tables: [measures, differences].filter(({ rows }) => rows.length > 0),
    runs: runs.map(({ path, metrics }) => ({ name: path, metrics })),
  })
  await writeFileAtomically(options.page, page)
  if (!options.json) say(options.page)
}

async function tagAsked({ runs, tags, untag, json }: Options): Promise<void> {
  const known: KnownRun[] = []
  for (const path of await expanded(runs)) {
    const { problem, config } = await knownRun(path)
    if (config === null) throw runFolderError('RUN_FOLDER', problem ?? `${path} is no run.`)
    const folder = runFolderAt(path)
    const kept = (await readTags(folder)).filter((tag) => !untag.includes(tag))
    await writeTags(folder, [...kept, ...tags])
    known.push(await knownRun(path))
  }
  if (json) sayJson(known)
  else sayTable(listTable(known))
}

async function deleteAsked({ runs, yes, json }: Options): Promise<void> {
  const deleted = await deleteRuns(runs, yes)
  if (json) say(JSON.stringify({ deleted }))
  else for (const path of deleted) say(`deleted ${path}`)
}

/** Runs that were named, or all in the folder; of them those with all tags. */
async function chosenRuns({ runs, within, tags }: Options): Promise<readonly KnownRun[]> {
  const paths =
    runs.length > 0
      ? await expanded(runs)
      : await findRuns(within).catch((cause: Error) => {
          throw runFolderError('RUN_FOLDER', `${within} cannot be listed: ${systemReason(cause)}. Give --in=FOLDER.`)
        })
  const known: KnownRun[] = []
  for (const path of paths) known.push(await knownRun(path))
  return known.filter((run) => tags.every((tag) => run.tags.includes(tag)))
}

function sayJson(runs: readonly KnownRun[]): void {
  const entries = runs.map((run) => ({
    ...{ run: run.path, state: stateOf(run), tags: run.tags, problem: run.problem },
    ...{ iterations: run.metrics.length, measures: run.measures, config: run.config },
  }))
  say(JSON.stringify(entries, null, 2))
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
