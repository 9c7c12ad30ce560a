import { setImmediate } from 'node:timers/promises'
import { type BoostingModel, DEFAULT_BOOSTING, trainBoosting } from '@vigil/boosting'
import type { Dataset, Split } from '@vigil/data'
import { type BeliefSpec, beliefRatio } from '@vigil/env-wasm'
import type { TreeBelief } from '@vigil/runs'
import { boostedProbabilities, boostingInputs } from './boosting-inputs.ts'

/** Into so many groups the training streams are divided; each is judged by trees that have not seen it. */
export const FOLDS = 3

/** A hazard of 1 would leave nothing to learn from events. */
const HAZARD_MAX = 0.5

/** What trees make of streams. */
export type LearntBelief = {
  /** [N] above 0, for `Consequences.ratios`; 1 for rows that are in no part */
  readonly ratios: Float32Array
  /** With the trees of all training streams, which judge streams that were not trained on. */
  readonly belief: TreeBelief
}

/**
 * What boosted trees say of streams, event by event. `learnt`: whether some event of the stream up to then was a threat, from the
 * event's inputs. `event`: whether the event is one itself. `filtered`: the same, from which Bayes' rule along the stream makes the
 * belief that it is under attack (Shiryaev 1963), as if events were independent; how often streams turn, and how many of the events
 * after that are threats, is counted on training streams. Training rows are judged by trees grown on other streams (stacking, Wolpert 1992),
 * validation and test rows by trees grown on all training streams, so that a policy meets the same kind of belief everywhere.
 * Validation rows say when to stop growing.
 *
 * @param onProgress models done, of how many
 */
export async function learntBelief(
  dataset: Dataset,
  kind: 'learnt' | 'filtered' | 'event',
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<LearntBelief> {
  const { train, validation, test } = dataset.splits
  const inputs = boostingInputs(dataset)
  const spec = kind === 'filtered' ? countedSpec(train, dataset.labels) : { hazard: 0, prior: 1, share: 1 }
  const targetsOf = kind === 'learnt' ? attackedRows : labelledRows
  const ratios = new Float32Array(dataset.rowCount).fill(1)
  const judge = async (model: BoostingModel, rows: Uint32Array) => {
    const probabilities = await boostedProbabilities(model, dataset, rows)
    for (const [i, row] of rows.entries()) ratios[row] = beliefRatio(spec, probabilities[i])
  }
  const stopping = targetsOf(validation, dataset.labels)
  const grow = (rows: ReturnType<typeof targetsOf>) =>
    trainBoosting(inputs, { train: rows, validation: stopping }, DEFAULT_BOOSTING, { pause: setImmediate })
  for (let fold = 0; fold < FOLDS; fold++) {
    onProgress(fold, FOLDS + 1)
    const others = targetsOf(train, dataset.labels, (stream) => stream % FOLDS !== fold)
    const own = targetsOf(train, dataset.labels, (stream) => stream % FOLDS === fold)
    if (own.rows.length > 0 && others.rows.length > 0) await judge(await grow(others), own.rows)
  }
  onProgress(FOLDS, FOLDS + 1)
  const trees = await grow(targetsOf(train, dataset.labels))
  for (const { rows } of [validation, test]) await judge(trees, rows)
  onProgress(FOLDS + 1, FOLDS + 1)
  return { ratios, belief: { trees, ...spec } }
}

/** How often streams turn, and what their events are then, on training streams. */
function countedSpec({ rows, streamStarts }: Split, labels: Uint8Array): BeliefSpec {
  const attacked = attackedRows({ rows, streamStarts }, labels)
  const threats = rows.reduce((sum, row) => sum + labels[row], 0)
  const after = attacked.labels.reduce((sum, label) => sum + label, 0)
  let turned = 0
  for (const end of streamStarts.subarray(1)) turned += attacked.labels[end - 1]
  return {
    hazard: Math.min(HAZARD_MAX, Math.max(1, turned) / (rows.length - after + Math.max(1, turned))),
    prior: Math.max(1, threats) / Math.max(1, rows.length - threats),
    share: after === 0 ? 1 : threats / after,
  }
}

/** The rows of some streams of a split, each with its label. */
function labelledRows(split: Split, labels: Uint8Array, isWanted?: (stream: number) => boolean) {
  const { rows } = attackedRows(split, labels, isWanted)
  return { rows, labels: Uint8Array.from(rows, (row) => labels[row]) }
}

/** The rows of some streams of a split, each with whether a threat has come in its stream by then. */
function attackedRows(
  { rows, streamStarts }: Split,
  labels: Uint8Array,
  isWanted: (stream: number) => boolean = () => true,
) {
  const wanted = { rows: new Uint32Array(rows.length), labels: new Uint8Array(rows.length) }
  let count = 0
  for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
    if (!isWanted(stream)) continue
    let isAttacked = 0
    for (let position = streamStarts[stream]; position < streamStarts[stream + 1]; position++) {
      if (labels[rows[position]] === 1) isAttacked = 1
      wanted.rows[count] = rows[position]
      wanted.labels[count++] = isAttacked
    }
  }
  return { rows: wanted.rows.slice(0, count), labels: wanted.labels.slice(0, count) }
}
