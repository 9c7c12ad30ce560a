import { setImmediate } from 'node:timers/promises'
import { type BoostingInputs, type BoostingModel, predictProbabilities } from '@vigil/boosting'
import type { Dataset } from '@vigil/data'

/** What the trees read of a dataset: the team's inputs, without the context that a stream gives. */
export function boostingInputs({ dense, denseNames, categorical, categoricalColumns }: Dataset): BoostingInputs {
  return { dense, denseCount: denseNames.length, categorical, categoricalCount: categoricalColumns.length }
}

/** Between so many rows others have their turn. */
const ROWS_AT_ONCE = 1 << 16

/** [n] P(threat) of some rows, by trees; signals and timers have their turn. */
export async function boostedProbabilities(
  model: BoostingModel,
  dataset: Dataset,
  rows: Uint32Array,
): Promise<Float32Array> {
  const inputs = boostingInputs(dataset)
  const probabilities = new Float32Array(rows.length)
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    probabilities.set(predictProbabilities(model, inputs, rows.subarray(from, from + ROWS_AT_ONCE)), from)
    await setImmediate()
  }
  return probabilities
}
