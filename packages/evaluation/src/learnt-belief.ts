import { setImmediate } from 'node:timers/promises'
import { type BoostingModel, DEFAULT_BOOSTING, predictProbabilities, trainBoosting } from '@vigil/boosting'
import type { Dataset, Split } from '@vigil/data'
import { beliefOdds } from '@vigil/env-wasm'
import { boostingInputs } from './boosting-inputs.ts'

/** Into so many groups the training streams are divided; each is judged by trees that have not seen it. */
const FOLDS = 3

/** What trees make of streams. */
export type LearntBelief = {
  /** [N] odds, above 0, that a stream is under attack by the row; 1 for rows that are in no part */
  readonly odds: Float32Array
  /** The trees of all training streams, which judge streams that were not trained on. */
  readonly model: BoostingModel
}

/**
 * The odds that a stream is under attack, event by event: of each row, whether some event of its stream up to it was a threat,
 * estimated from the row's inputs by boosted trees. Training rows are judged by trees grown on the other streams (stacking,
 * Wolpert 1992), validation and test rows by trees grown on all training streams, so that a policy meets the same kind of
 * belief everywhere. Validation rows say when to stop growing.
 *
 * @param onProgress models done, of how many
 */
export async function learntBelief(
  dataset: Dataset,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<LearntBelief> {
  const { train, validation, test } = dataset.splits
  const inputs = boostingInputs(dataset)
  const odds = new Float32Array(dataset.rowCount).fill(1)
  const judge = (model: BoostingModel, rows: Uint32Array) => {
    const probabilities = predictProbabilities(model, inputs, rows)
    for (const [i, row] of rows.entries()) odds[row] = beliefOdds(probabilities[i])
  }
  const stopping = attackedRows(validation, dataset.labels)
  const grow = (rows: ReturnType<typeof attackedRows>) =>
    trainBoosting(inputs, { train: rows, validation: stopping }, DEFAULT_BOOSTING, async () => {
      await setImmediate() // signals and timers
    })
  for (let fold = 0; fold < FOLDS; fold++) {
    onProgress(fold, FOLDS + 1)
    const others = attackedRows(train, dataset.labels, (stream) => stream % FOLDS !== fold)
    const own = attackedRows(train, dataset.labels, (stream) => stream % FOLDS === fold)
    if (own.rows.length > 0 && others.rows.length > 0) judge(await grow(others), own.rows)
  }
  onProgress(FOLDS, FOLDS + 1)
  const model = await grow(attackedRows(train, dataset.labels))
  for (const { rows } of [validation, test]) judge(model, rows)
  onProgress(FOLDS + 1, FOLDS + 1)
  return { odds, model }
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
