import type { EvaluationSplit } from '@vigil/actors'
import type { Dataset } from '@vigil/data'
import type { Streams } from '@vigil/response'

/** The streams of a split with what decisions on them need. */
export function streamsOf({ splits, labels, consequences }: Dataset, split: EvaluationSplit | 'train'): Streams {
  const { ratios = null, hazard = 0, damage = null } = consequences ?? {}
  return { ...splits[split], labels, ratios, hazard, damage }
}
