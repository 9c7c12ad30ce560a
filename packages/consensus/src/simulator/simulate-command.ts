/** `npx nx run consensus:simulate`: random runs of the agreement protocol, each from its own seed. */
import { commandLine, numberFlag, readFlags, runCommand, UsageError } from '@vigil/command-line'
import { partsOf, scenarioOf } from './scenario.ts'
import { commandOf, type Failure, simulate, type Totals } from './simulate.ts'

const USAGE = `Random runs of the agreement protocol under loss, partitions, crashes and lying agents.

  --runs=2000       runs, each of its own seed
  --seed=1          of the first run; the next has the next
  --without=A,B     parts to leave out of every scenario, as a failure names them
`

/** A run in which a check failed. */
class SimulationError extends Error {
  readonly code = 'VIOLATION'

  constructor(message: string) {
    super(message)
    this.name = 'SimulationError'
  }
}

await runCommand(
  async () => {
    const flags = readFlags(commandLine(), ['runs', 'seed', 'without', 'help'])
    if (flags.has('help')) {
      process.stdout.write(USAGE)
      return
    }
    const runs = numberFlag(flags, 'runs', { min: 1, max: 1e8, integer: true }) ?? 2000
    const seed = numberFlag(flags, 'seed', { min: 0, max: 2 ** 32 - 1, integer: true }) ?? 1
    const parts = (flags.get('without') ?? '').split(',').filter((part) => part !== '')
    if (runs === 1) assertParts(parts, seed)
    const { totals, failure } = simulate({ seed, runs, without: parts, onRun: progress })
    process.stdout.write(summary(totals))
    if (failure !== null) throw new SimulationError(report(failure))
  },
  { usage: () => false, badData: () => false },
)

function progress(totals: Totals): void {
  if (totals.runs % 5000 === 0) process.stdout.write(`${totals.runs} runs, ${totals.messages} messages\n`)
}

function assertParts(parts: readonly string[], seed: number): void {
  const known = partsOf(scenarioOf(seed))
  const unknown = parts.find((part) => !known.includes(part))
  if (unknown === undefined) return
  throw new UsageError(
    'INVALID_VALUE',
    `--without has "${unknown}", but seed ${seed} has ${known.join(', ') || 'no parts'}.`,
  )
}

function summary({ runs, messages, ed25519, viewsAfterHealingMax, views, rejections }: Totals): string {
  const refused = Object.entries(rejections).sort(([, a], [, b]) => b - a)
  const byView = Array.from(views, (count = 0, view) => `${view}: ${count}`)
  return [
    `${runs} runs, ${messages} messages, ${ed25519} runs with real signatures`,
    `decided in view ${byView.join(', ')}; at most ${viewsAfterHealingMax} views after healing`,
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
