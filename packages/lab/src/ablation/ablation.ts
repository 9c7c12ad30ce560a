/** `npx nx run tools:ablation`: presets over seeds, side by side. README.md has the flags. */

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand, writeFileAtomically } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { markGarbageAtOnce } from '@vigil/learner'
import { labError } from '../errors.ts'
import { type Ablation, readAblation, writeAblation } from './ablation-file.ts'
import { figuresOf, meansOf } from './figures.ts'
import { HELP, type Options, parseOptions } from './options.ts'
import { type Plan, planOf } from './plan.ts'
import { quickInWords } from './quick.ts'
import { renderAblation } from './report.ts'
import { type AllOutcomes, type RunOutcome, runAll } from './run-all.ts'
import { ablationMarkdown, ablationTable, notesOn } from './table.ts'

const FILES = ['ablation.html', 'ablation.md', 'ablation.json'] as const

await runCommand({
  help: HELP,
  async run({ words, stop }) {
    markGarbageAtOnce()
    const say = (text: string) => process.stdout.write(`${text}\n`)
    const options = await parseOptions(words)
    const plan = planOf(options)
    for (const omitted of plan.omitted) say(omitted)
    const isTTY = process.stdout.isTTY === true
    if (options.quick) say(quickInWords(options.overrides))
    const { outcomes, broken } = await runAll(plan.runs, { stream: process.stdout, isTTY, stop })
    const unfinished = plan.runs.length - outcomes.length - broken.length
    if (unfinished > 0)
      say(`\nStopped: ${unfinished} of ${plan.runs.length} trainings are left. The same command goes on.`)
    const ablation = outcomes.length > 0 ? await writeResults(options, plan, outcomes) : null
    if (ablation !== null) {
      for (const note of ['', ...notesOn(ablation)]) say(note)
      say(`\n${ablationTable(ablation, { isTTY, environment: process.env })}`)
      for (const name of FILES) say(join(options.out, name))
    }
    if (broken.length > 0) throw brokenRuns(broken, plan.runs.length)
    const files = FILES.map((name) => ({ path: join(options.out, name), what: 'ablation' }))
    return { unfinished, means: ablation?.means ?? [], files: ablation === null ? [] : files }
  },
})

/** Figures first; page and Markdown are made from what can be read back of them. */
async function writeResults(options: Options, plan: Plan, outcomes: readonly RunOutcome[]): Promise<Ablation> {
  await mkdir(options.out, { recursive: true })
  const [html, markdown, json] = FILES.map((name) => join(options.out, name))
  await writeAblation(json, ablationOf(options, plan, outcomes))
  const ablation = await readAblation(json)
  const metrics = new Map(
    outcomes.map((outcome) => [outcome.run.folder, 'training' in outcome ? outcome.training.metrics : outcome.metrics]),
  )
  await writeFileAtomically(markdown, ablationMarkdown(ablation))
  await writeFileAtomically(html, renderAblation(ablation, metrics))
  return ablation
}

function brokenRuns(broken: AllOutcomes['broken'], planned: number): VigilError {
  const lines = broken.map(({ run, error }) => `  ${run.name}, seed ${run.seed}: ${error.code}: ${error.message}`)
  const has = broken.length === 1 ? 'has' : 'have'
  return labError(
    'BROKEN_RUNS',
    `${broken.length} of ${planned} trainings ${has} no result:\n${lines.join('\n')}\nThe same command tries again.`,
  )
}

function ablationOf({ quick, overrides }: Options, plan: Plan, outcomes: readonly RunOutcome[]): Ablation {
  const runs = outcomes.map((outcome) => {
    const { name, preset, seed, folder } = outcome.run
    const [training, failure] =
      'training' in outcome
        ? [outcome.training, null]
        : [{ metrics: outcome.metrics, lastWeights: null }, outcome.failure]
    return { name, preset, seed, folder, iterations: training.metrics.length, failure, ...figuresOf(training) }
  })
  const names = [...new Set(runs.map(({ name }) => name))]
  return {
    quick: quick ? quickInWords(overrides) : null,
    overrides: { ...overrides },
    planned: plan.runs.length,
    runs,
    means: names.map((name) => {
      const own = runs.filter((run) => run.name === name)
      return { name, preset: own[0].preset, seeds: own.length, ...meansOf(own) }
    }),
  }
}
