/** `npx nx run tools:sweep`: settings chosen on validation. docs/experiments.md has the rest. */

import { join } from 'node:path'
import { type CommandContext, runCommand, writeFileAtomically } from '@vigil/command-line'
import { CONFIG_ERRORS, type Config } from '@vigil/config'
import { isErrorOf } from '@vigil/errors'
import { markdownTable } from '@vigil/experiments'
import { asciiNumber, planTraining } from '@vigil/learner'
import { renderComparison } from '@vigil/report'
import { lockRunFolder, readMetrics, runFolderAt } from '@vigil/runs'
import { toolError } from '../errors.ts'
import { sayTable } from '../say.ts'
import { HELP, type Options, parseOptions } from './options.ts'
import { compareOutcomes, search } from './search.ts'
import { extremesOf, readSpace, type Space, wordOf } from './space.ts'
import { assertSweepFolder, type Sweep, sweepOf, writeSweep } from './sweep-file.ts'
import { sweepTable } from './table.ts'
import { placeOf } from './trials.ts'

const FILES = ['sweep.html', 'sweep.md', 'sweep.json'] as const

/** Trials whose curves are drawn. */
const DRAWN = 10

await runCommand({ help: HELP, run: sweep })

async function sweep({ words, stop }: CommandContext) {
  const options = parseOptions(words)
  const space = options.space === null ? [] : await readSpace(options.space)
  const base = await baseOf(options, space)
  await assertSweepFolder(options, space, base)
  const unlock = await lockRunFolder(options.out)
  try {
    const session = { stream: process.stdout, stop }
    const found = await search({ space, options, base, session })
    const result = sweepOf(found, options, space, base)
    await writeResults(result, options)
    say('')
    sayTable(sweepTable(result))
    for (const name of FILES) say(join(options.out, name))
    const last = sweepResult(result, options)
    say(JSON.stringify(last))
    return { ...last, files: FILES.map((name) => ({ path: join(options.out, name), what: 'sweep' })) }
  } finally {
    await unlock()
  }
}

/** The config of a trial without what is varied. @throws {VigilError} SWEEP_SPACE for a value that no setting can have */
async function baseOf(options: Options, space: Space): Promise<Config> {
  const plan = async (...words: string[]) =>
    (await planTraining([...options.words, ...words], { name: 'base', out: options.out, log: '' })).config
  const base = await plan()
  for (const parameter of space) {
    if (options.method === 'halving' && parameter.key === 'iterations') {
      throw toolError('SWEEP_SPACE', 'halving gives trials their iterations. Leave "iterations" out of the space.')
    }
    for (const value of extremesOf(parameter)) {
      await plan(wordOf(parameter.key, value)).catch((error: unknown) => {
        // Beside other values of the space it may be right.
        if (isErrorOf(CONFIG_ERRORS, error) && error.code === 'CONFLICT') return
        throw error
      })
    }
  }
  return base
}

async function writeResults(result: Sweep, options: Options): Promise<void> {
  await writeSweep(options.out, result)
  const table = sweepTable(result)
  const lead = 'Figures are of the validation split, by which trials are compared. The test split was not looked at.'
  await writeFileAtomically(join(options.out, 'sweep.md'), `${lead}\n\n${asciiNumber(markdownTable(table))}\n`)
  const best = result.trials.filter(({ score }) => score !== null).sort(compareOutcomes)
  const runs = []
  for (const { trial } of best.slice(0, DRAWN)) {
    const { metrics } = runFolderAt(placeOf(options, trial, result.seeds[0]))
    runs.push({ name: `trial ${trial}`, metrics: await readMetrics(metrics) })
  }
  const headline =
    result.best === null ? 'No trial has come to its end yet.' : `Trial ${result.best} is the best on validation.`
  const page = renderComparison({ title: `sweep, ${result.method}`, headline, lead, tables: [table], runs })
  await writeFileAtomically(join(options.out, 'sweep.html'), page)
}

/** For a program that drives the sweep: the best trial. */
function sweepResult(result: Sweep, options: Options) {
  const best = result.trials.find(({ trial }) => trial === result.best)
  const { rewardMean = null, shortfall = null, cost = null, learningSeconds = null } = best?.score ?? {}
  const folder = best === undefined ? null : placeOf(options, best.trial, result.seeds[0])
  return {
    ...{ isWhole: result.isWhole, trials: result.trials.length, best: result.best, folder },
    ...{ values: best?.values ?? null, rewardMean, shortfall, cost, learningSeconds, pareto: result.pareto },
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
