import type { BoostingInputs } from '@vigil/boosting'
import type { Dataset } from '@vigil/data'

/** What the trees read of a dataset: the team's inputs, without the context that a stream gives. */
export function boostingInputs({ dense, denseNames, categorical, categoricalColumns }: Dataset): BoostingInputs {
  return { dense, denseCount: denseNames.length, categorical, categoricalCount: categoricalColumns.length }
}
