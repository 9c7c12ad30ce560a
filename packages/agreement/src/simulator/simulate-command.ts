/** `npx nx run consensus:simulate`: random runs of the agreement protocol, each from its own seed. */

import { commandError, type FlagTable, flagsOf, numberFlag, readFlags, runCommand, textFlag } from '@vigil/command-line'
import { agreementError } from '../errors.ts'
import { partsOf, scenarioOf } from './scenario.ts'
import { commandOf, type Failure, simulate, type Totals } from './simulate.ts'

const FLAGS = {
  runs: {
    value: 'N',
    about: 'runs, each of its own seed',
    default: 2000,
    number: { min: 1, max: 1e8, integer: true },
  },
  seed: {
    value: 'N',
    about: 'of the first run; the next has the next',
    default: 1,
    number: { min: 0, max: 2 ** 32 - 1, integer: true },
  },
  without: { value: 'LIST', about: 'parts to leave out of every scenario, as a failure names them: A,B' },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'consensus:simulate',
    file: 'packages/agreement/src/simulator/simulate-command.ts',
    purpose: 'Random runs of the agreement protocol under loss, partitions, crashes and lying agents.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['', '--runs=100000 --seed=7'],
    exitCodes: '0 every check held, 1 one failed, 2 bad usage',
  },
  async run({ words }) {
    const flags = readFlags(words, FLAGS)
    const runs = numberFlag(flags, 'runs', FLAGS.runs.number) ?? FLAGS.runs.default
    const seed = numberFlag(flags, 'seed', FLAGS.seed.number) ?? FLAGS.seed.default
    const parts = (textFlag(flags, 'without', 'A,B') ?? '').split(',').filter((part) => part !== '')
    if (runs === 1) assertParts(parts, seed)
    const { totals, failure } = simulate({ seed, runs, without: parts, onRun: progress })
    process.stdout.write(summary(totals))
    if (failure !== null) throw agreementError('VIOLATION', report(failure))
    return totals
  },
})

function progress(totals: Totals): void {
  if (totals.runs % 5000 === 0) process.stdout.write(`${totals.runs} runs, ${totals.messages} messages\n`)
}

function assertParts(parts: readonly string[], seed: number): void {
  const known = partsOf(scenarioOf(seed))
  const unknown = parts.find((part) => !known.includes(part))
  if (unknown === undefined) return
  throw commandError(
    'INVALID_VALUE',
    `--without has "${unknown}", but seed ${seed} has ${known.join(', ') || 'no parts'}.`,
  )
}

function summary(totals: Totals): string {
  const { runs, messages, ed25519, viewsAfterHealingMax, views, rejections, behaviours } = totals
  const liars = Object.entries(behaviours).sort(([, a], [, b]) => b - a)
  const refused = Object.entries(rejections).sort(([, a], [, b]) => b - a)
  const byView = Array.from(views, (count = 0, view) => `${view}: ${count}`)
  return [
    `${runs} runs, ${messages} messages, ${ed25519} runs with real signatures`,
    `decided in view ${byView.join(', ')}; at most ${viewsAfterHealingMax} views after healing`,
    `${totals.unanimousRows} rows on which all honest agents want one class; ${totals.shortBatches} batches decided without some honest ballot`,
    `runs with liars: ${liars.map(([name, count]) => `${name} ${count}`).join(', ')}`,
    `refused: ${refused.map(([reason, count]) => `${reason} ${count}`).join(', ')}`,
    '',
  ].join('\n')
}

function report(failure: Failure): string {
  const { outcome, scenario } = failure
  const { agentCount, faults, faulty, crashes, partitions } = scenario
  const left = { agentCount, faults, faulty, crashes, partitions }
  return [
    ...outcome.violations.map(({ check, detail }) => `${check}: ${detail}`),
    `Repeat it with: ${commandOf(failure)}`,
    `What is left of the scenario: ${JSON.stringify(left)}`,
  ].join('\n')
}
