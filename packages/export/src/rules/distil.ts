import { loadRaw, loadRecording } from '@vigil/data'
import { meanReward } from '@vigil/env-wasm'
import { type Bundle, type ConfusionCounts, countConfusion, deriveRates } from '@vigil/runs'
import { createDecider, replay, requestOfRun } from '@vigil/service'
import { chooseList, fidelityOf } from './choose-list.ts'
import { type DecisionList, decideByList } from './condition.ts'
import type { Examples } from './fit-decision-list.ts'

/** Training examples beyond these say little that is new. */
const TRAINING_MAX = 100_000

const BLOCK = 1
const QUARANTINE = 2
const ALERT = 3

/** What decisions on the test split come to. */
export type RuleFigures = ReturnType<typeof deriveRates> & {
  /** per event, in the units of the reward table */
  readonly rewardMean: number
}

/** A decision list that does what a team does, and what that costs. */
export type DistilledList = {
  readonly kind: 'decision list'
  readonly dataset: string
  readonly list: DecisionList
  /** Share of the events on which the list does what the team does. */
  readonly fidelity: {
    readonly train: number
    readonly validation: number
    readonly test: number
    /** of the test events that the team restricts, and of those on which it alerts; null where there are none */
    readonly onRestricted: number | null
    readonly onAlerted: number | null
  }
  /** Events of the test split. */
  readonly rows: number
  readonly team: RuleFigures
  readonly rules: RuleFigures
}

type Part = 'train' | 'validation' | 'test'

/**
 * Distils the team of a run whose actions change nothing but their reward: fits lists to its decisions on training events, chooses
 * one on validation, and counts it once on the test split. Quarantine counts as block, which is paid alike.
 *
 * @param data where the data lie now; null = where they lay
 * @throws {VigilError} RUN_FOLDER, UNDECIDABLE, READING_MISSING, and as loadDataset
 */
export async function distilList(bundle: Bundle, run: string, data: string | null): Promise<DistilledList> {
  const request = { ...(await requestOfRun(run, data)), pipeline: bundle.pipeline }
  const recording = await loadRecording(request)
  const { columns, labels, splits } = await loadRaw(request)
  const own = { ...bundle, pipeline: recording.pipeline }
  /** The team's decisions on a part, by the position of the row in it. */
  const decisionsOn = async (part: Part): Promise<Examples & { readonly decided: Uint8Array }> => {
    const { rows } = splits[part]
    const positions = new Map(Array.from(rows, (row, position) => [row, position]))
    const actions = new Uint8Array(rows.length)
    const decided = new Uint8Array(rows.length)
    for await (const { row, decision } of replay(await createDecider(own), recording, part)) {
      const position = positions.get(row) as number
      actions[position] = decision.action === QUARANTINE ? BLOCK : decision.action
      decided[position] = decision.decided ? 1 : 0
    }
    return { columns, rows, actions, decided }
  }
  const training = await decisionsOn('train')
  const { list, validation } = chooseList(thinned(training, TRAINING_MAX), await decisionsOn('validation'))
  const test = await decisionsOn('test')
  const labelsOfTest = Uint8Array.from(test.rows, (row) => labels[row])
  const byRules = decideByList(list, columns, test.rows)
  const figures = (counts: ConfusionCounts): RuleFigures => ({
    ...deriveRates(counts),
    rewardMean: meanReward(counts, bundle.environment.rewards),
  })
  return {
    ...{ kind: 'decision list', dataset: request.dataset, list, rows: test.rows.length },
    fidelity: {
      ...{
        train: fidelityOf(list, training),
        validation,
        test: sameShare(byRules, test.actions, () => true) as number,
      },
      onRestricted: sameShare(byRules, test.actions, (action) => action === BLOCK),
      onAlerted: sameShare(byRules, test.actions, (action) => action === ALERT),
    },
    team: figures(countConfusion(test.actions, labelsOfTest, test.decided)),
    rules: figures(countConfusion(byRules, labelsOfTest)),
  }
}

/** Evenly spaced examples, at most so many. */
function thinned({ columns, rows, actions }: Examples, most: number): Examples {
  const step = Math.max(1, rows.length / most)
  const kept = Uint32Array.from({ length: Math.min(rows.length, most) }, (_, i) => Math.floor(i * step))
  return { columns, rows: kept.map((i) => rows[i]), actions: Uint8Array.from(kept, (i) => actions[i]) }
}

/** Share of the team's actions of a kind that another decides alike; null where there are none. */
function sameShare(own: Uint8Array, team: Uint8Array, isOf: (action: number) => boolean): number | null {
  let [same, all] = [0, 0]
  for (let i = 0; i < team.length; i++) {
    if (!isOf(team[i])) continue
    all++
    if (own[i] === team[i]) same++
  }
  return all === 0 ? null : same / all
}
