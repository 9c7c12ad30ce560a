import type { EvaluationSplit } from '@vigil/actors'
import { COMMAND_LINE, type Config, configError, withSettings } from '@vigil/config'
import { type Attack, type Budget, CHEAP_ATTACKS, DEFAULT_BUDGETS } from '@vigil/evaluation'
import { parsePipeline } from '@vigil/features'
import type { Evaluation } from '@vigil/runs'
import { assertBudgets, assertContainmentRate, assertThresholds } from './assert-budgets.ts'
import { type Composition, PLAIN } from './composition.ts'
import { assertEvaluable, evaluateRun, resultFolder } from './evaluate-run.ts'
import { openRun } from './open-run.ts'
import { identityOf, loadData, type Session } from './session.ts'

/** What shall be evaluated, and how. */
export type FolderEvaluation = {
  readonly split: EvaluationSplit
  readonly attacks: readonly Attack[]
  /** null = as usual */
  readonly budgets: readonly Budget[] | null
  /** Largest share of the streams without a threat that the stop level may contain; null = any. */
  readonly maxFalseContainmentRate?: number | null
  readonly certify: boolean
  /** What a person gave besides: `out`, the folder for the results, and settings without effect on results. */
  readonly settings: Readonly<Record<string, unknown>>
}

/**
 * Evaluates the run in a folder.
 *
 * @throws {VigilError} CONFLICT for what is not for runs with consequences; as openRun, loadDataset, createTeam and evaluateRun
 */
export async function evaluateFolder(
  path: string,
  { settings, ...evaluation }: FolderEvaluation,
  session: Pick<Session, 'stream' | 'isTTY'>,
  composition: Composition = PLAIN,
): Promise<Evaluation> {
  const { folder, config: saved, pipeline: savedPipeline } = await openRun(path)
  const config = withSettings(saved, settings, COMMAND_LINE)
  assertPossible(config, evaluation)
  assertContainmentRate(evaluation.maxFalseContainmentRate ?? null, config)
  assertThresholds(evaluation.budgets, config)
  const budgets = evaluation.budgets ?? DEFAULT_BUDGETS
  const wanted = settings.out === undefined ? null : config.out
  const results = wanted === null ? {} : { out: await resultFolder(wanted, folder) }
  await assertEvaluable({ folder, split: evaluation.split, ...results })
  const { dataset, pipeline, belief } = await loadData(config, parsePipeline(savedPipeline), (text) =>
    session.stream.write(`${text}\n`),
  )
  assertBudgets(budgets, dataset)
  const team = await composition.createTeam(config, dataset)
  try {
    const run = { config, composition, folder, team, identity: identityOf(config, team), pipeline, belief }
    return await evaluateRun({ ...run, ...evaluation, budgets, ...results }, session)
  } finally {
    await team.pool.close()
  }
}

/** Refuses what only decisions without consequences allow. @throws {VigilError} CONFLICT */
function assertPossible({ environment }: Config, { certify, attacks }: Omit<FolderEvaluation, 'settings'>): void {
  if (environment !== 'respond') return
  // One of them alone was asked for by name; all of them are there already.
  const asked = attacks.filter((attack) => !CHEAP_ATTACKS.includes(attack))
  if (certify)
    throw impossible('--certify', 'certificates are of every event of a split, of which a team cuts some off')
  if (asked.length === 1) throw impossible(`--attack=${asked[0]}`, 'it has attacks of its own, which are always run')
}

function impossible(flag: string, reason: string) {
  return configError(
    'CONFLICT',
    `${flag} does not work with environment "respond": ${reason} (docs/respond.md). Leave ${flag} out.`,
  )
}
