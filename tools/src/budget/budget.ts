/** `npx nx run tools:budget`: what one more analyst saves. docs/respond.md explains it. */
import { type CommandContext, harmlessJson, runCommand } from '@vigil/command-line'
import { loadData } from '@vigil/learner'
import { BELIEF, budgetCurve, type Streams } from '@vigil/response'
import { HELP, parseOptions } from './options.ts'
import { budgetReport, budgetTable } from './report.ts'

await runCommand({ help: HELP, run: showBudgets })

async function showBudgets({ words }: CommandContext): Promise<void> {
  const { config, analysts, alertsPerAnalyst, json } = parseOptions(words)
  const say = (text: string) => process.stderr.isTTY === true && process.stderr.write(`${text}\n`)
  const { dataset } = await loadData(config, undefined, say)
  const { labels, consequences, splits } = dataset
  const { ratios = null, hazard = 0, damage = null } = consequences ?? {}
  const streamsOf = (part: 'validation' | 'test'): Streams => ({ ...splits[part], labels, ratios, hazard, damage })
  const curve = await budgetCurve(
    { validation: streamsOf('validation'), evaluated: streamsOf('test') },
    { spec: config.response, seed: config.seed },
    {
      score: BELIEF,
      budgets: Array.from({ length: analysts + 1 }, (_, count) => count * alertsPerAnalyst),
      onProgress: (tuned) => say(`tuning rule ${tuned + 1}`),
    },
  )
  const report = budgetReport(curve, config)
  const style = { isTTY: process.stdout.isTTY === true, environment: process.env }
  process.stdout.write(json ? `${harmlessJson(report)}\n` : budgetTable(report, style))
}
