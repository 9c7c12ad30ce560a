import type { EvaluationSplit } from '@vigil/actors'
import type { Dataset } from '@vigil/data'
import { siteOrderOf } from '@vigil/env-wasm'
import type { Streams } from '@vigil/response'

/** The streams of a split with what decisions on them need. */
export function streamsOf(dataset: Dataset, split: EvaluationSplit | 'train'): Streams {
  const { splits, labels, consequences, timeline } = dataset
  const streams = { ...splits[split], labels, ...(consequences ?? { ratios: null, hazard: 0, damage: null }) }
  return timeline === null ? streams : { ...streams, order: siteOrderOf(splits[split], timeline, labels) }
}
