import { callOf } from '@vigil/command-line'
import { type Budget, CHEAP_ATTACKS, DEFAULT_BUDGETS } from '@vigil/evaluation'
import type { Evaluation } from '@vigil/runs'
import { createNotes } from '../terminal/notes.ts'
import { assertBudgets, assertContainmentRate, assertThresholds } from './assert-budgets.ts'
import { type Composition, PLAIN } from './composition.ts'
import { evaluateRun } from './evaluate-run.ts'
import { startLearner } from './learner.ts'
import { loadData, loadGrowing, type Session } from './session.ts'
import { type CollectionSharing, shareCollections } from './share-collections.ts'
import { type TrainRunPlan, trainInFolder } from './train-in-folder.ts'

const BUDGET_NAMES: Readonly<Record<Budget['measure'], string>> = {
  falsePositiveRate: 'false-positive-rate',
  alertsPerDay: 'alerts-per-day',
}

/** How a run is composed and judged, where not as usual. */
type TrainRunOptions = {
  readonly composition?: Composition
  /** What the operating points of its evaluation may cost at most; null = as usual. */
  readonly budgets?: readonly Budget[] | null
  /** Largest share of the streams without a threat that its stop level may contain; null = any. */
  readonly maxFalseContainmentRate?: number | null
  /** Where other hosts join; null = nowhere. */
  readonly sharing?: CollectionSharing | null
  /** Whether the best checkpoint is evaluated on the test split when training has ended. Default true. */
  readonly evaluates?: boolean
}

/** What a training comes to. */
type TrainedRun = {
  readonly folder: string
  /** The one that it has made; null where it ended without. */
  readonly evaluation: Evaluation | null
}

/**
 * The main job: data, team, training, evaluation, report. Nothing is written before the data are read and the team
 * stands, so a mistake leaves no half-made folder.
 *
 * @example
 * ```ts
 * const config = resolveConfig({ iterations: 10, seed: 1 }, () => 'this script')
 * await trainRun({ kind: 'new', config }, { stream: process.stdout, isTTY: false, stop }) // examples/train-from-script.ts
 * ```
 */
export async function trainRun(
  plan: TrainRunPlan,
  session: Session,
  {
    composition = PLAIN,
    budgets: askedBudgets = null,
    maxFalseContainmentRate = null,
    sharing = null,
    evaluates = true,
  }: TrainRunOptions = {},
): Promise<TrainedRun> {
  assertContainmentRate(maxFalseContainmentRate, plan.config)
  assertThresholds(askedBudgets, plan.config)
  const budgets = askedBudgets ?? DEFAULT_BUDGETS
  const say = (text: string) => session.stream.write(`${text}\n`)
  const data = await (plan.kind === 'new' && plan.origin !== undefined
    ? loadGrowing(plan.config, plan.origin.pipeline, say)
    : loadData(plan.config, plan.kind === 'resume' ? plan.pipeline : undefined, say))
  assertBudgets(budgets, data.dataset)
  const notes = createNotes(say)
  const started = await startLearner(
    plan.config,
    data,
    say,
    composition,
    plan.kind === 'resume' ? plan.computing : plan.config,
  )
  const { team, pipeline, belief } = started
  let learner = started
  try {
    if (sharing !== null) learner = await shareCollections(started, sharing, notes.tell)
    const trained = await trainInFolder(plan, learner, { ...session, notes }, maxFalseContainmentRate)
    const { folder, config, identity, state, record, stopLevel } = trained
    const ended = { folder: folder.path, evaluation: null }
    const goOn = [
      `Go on with: ${callOf(composition.commandOf(config))} --resume=${folder.path}`,
      ...judgingFlags(askedBudgets ?? [], maxFalseContainmentRate),
    ].join(' ')
    if (record === null) {
      say(`Stopped after iteration ${state.iteration} of ${config.iterations}. ${goOn}`)
      return ended
    }
    say(`weights SHA-256 ${record.weightsSha256}`)
    if (!evaluates) return ended
    if (session.stop.requested()) {
      say(`Stopped before the evaluation. ${goOn}`)
      return ended
    }
    const evaluation = await evaluateRun(
      {
        ...{ config, composition, folder, team, identity, pipeline, belief },
        ...{ split: 'test', attacks: CHEAP_ATTACKS, budgets, maxFalseContainmentRate, certify: false, stopLevel },
      },
      session,
    )
    return { ...ended, evaluation }
  } finally {
    await learner.team.pool.close()
  }
}

/** The flags by which an evaluation that is still to come is the one that was asked for. */
function judgingFlags(budgets: readonly Budget[], maxFalseContainmentRate: number | null): string[] {
  const asked = budgets.filter((budget) => !DEFAULT_BUDGETS.includes(budget))
  return [
    ...asked.map(({ measure, max }) => `--max-${BUDGET_NAMES[measure]}=${max}`),
    ...(maxFalseContainmentRate === null ? [] : [`--max-false-containment-rate=${maxFalseContainmentRate}`]),
  ]
}
