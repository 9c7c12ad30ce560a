/** Many runs, one after the other, and the smallest scenario that still fails. */
import type { RejectionCounts, RejectionReason } from '../protocol/rejection.ts'
import type { BehaviourName } from './behaviours.ts'
import type { CheckName } from './checker.ts'
import { partsOf, type Scenario, type ScenarioPart, scenarioOf, without } from './scenario.ts'
import type { Mutation } from './team.ts'
import { type Outcome, World } from './world.ts'

/** What many runs came to. */
export type Totals = {
  runs: number
  messages: number
  /** runs with real signatures and bytes */
  ed25519: number
  /** most views that passed between healing and decision */
  viewsAfterHealingMax: number
  /** runs that were decided in view 0, 1, 2, ... */
  readonly views: number[]
  readonly rejections: RejectionCounts
  /** rows on which all honest agents wanted one class, and batches decided without some honest agent's ballot */
  unanimousRows: number
  shortBatches: number
  /** runs with an agent that does this */
  readonly behaviours: { [name in BehaviourName]?: number }
}

/** A run in which a check failed. */
export type Failure = {
  readonly seed: number
  readonly outcome: Outcome
  /** parts that can be left out, and it fails all the same */
  readonly without: readonly ScenarioPart[]
  /** what is left of the scenario */
  readonly scenario: Scenario
}

/** Which runs. */
export type Runs = {
  /** of the first run; the others follow, modulo 2^32 */
  readonly seed: number
  readonly runs: number
  /** parts to leave out of every scenario */
  readonly without?: readonly ScenarioPart[]
  readonly mutation?: Mutation
  /** called after every run */
  readonly onRun?: (totals: Totals) => void
}

/** Runs until one fails, or all are done. The failure is shrunk. */
export function simulate({ seed, runs, mutation = {}, onRun, ...given }: Runs): {
  totals: Totals
  failure: Failure | null
} {
  const totals: Totals = {
    runs: 0,
    messages: 0,
    ed25519: 0,
    viewsAfterHealingMax: 0,
    views: [],
    rejections: {},
    unanimousRows: 0,
    shortBatches: 0,
    behaviours: {},
  }
  for (let run = 0; run < runs; run++) {
    const scenario = without(scenarioOf((seed + run) >>> 0), given.without ?? [])
    const outcome = new World(scenario, { mutation }).run()
    add(totals, scenario, outcome)
    onRun?.(totals)
    if (outcome.violations.length > 0) return { totals, failure: shrink(scenario, { outcome, mutation }) }
  }
  return { totals, failure: null }
}

/** Leaves out one part after the other for as long as the same check fails. */
function shrink(scenario: Scenario, { outcome, mutation = {} }: { outcome: Outcome; mutation?: Mutation }): Failure {
  const { check } = outcome.violations[0]
  const left: ScenarioPart[] = []
  let last = outcome
  for (const part of partsOf(scenario)) {
    const tried = new World(without(scenario, [...left, part]), { mutation }).run()
    if (!fails(tried, check)) continue
    left.push(part)
    last = tried
  }
  return { seed: scenario.seed, outcome: last, without: left, scenario: without(scenario, left) }
}

/** The one command that repeats a failure. */
export function commandOf({ seed, without: left }: Failure): string {
  const parts = left.length === 0 ? '' : ` --without=${left.join(',')}`
  return `npx nx run consensus:simulate --runs=1 --seed=${seed}${parts}`
}

function fails({ violations }: Outcome, check: CheckName): boolean {
  return violations.some((violation) => violation.check === check)
}

function add(totals: Totals, scenario: Scenario, outcome: Outcome): void {
  totals.runs++
  totals.messages += outcome.messages
  if (scenario.signatures === 'ed25519') totals.ed25519++
  totals.viewsAfterHealingMax = Math.max(totals.viewsAfterHealingMax, outcome.viewsAfterHealing)
  totals.unanimousRows += outcome.unanimousRows
  totals.shortBatches += outcome.shortBatches
  for (const name of new Set(scenario.faulty.flatMap(({ behaviours }) => behaviours))) {
    totals.behaviours[name] = (totals.behaviours[name] ?? 0) + 1
  }
  totals.views[outcome.view] = (totals.views[outcome.view] ?? 0) + 1
  for (const [reason, count] of Object.entries(outcome.rejections) as [RejectionReason, number][]) {
    totals.rejections[reason] = (totals.rejections[reason] ?? 0) + count
  }
}
