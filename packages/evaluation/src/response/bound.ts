import type { EvaluationSplit } from '@vigil/actors'
import { type Dataset, QUICKEST } from '@vigil/data'
import { clairvoyantReturns, optimalPolicy, type ResponseSettings, walkAll } from '@vigil/response'
import type { ResponseScores } from '@vigil/runs'
import { meanOf } from './outcomes.ts'
import { streamsOf } from './streams-of.ts'

/**
 * What no policy exceeds in expectation. Of the generator whose optimum can be computed that is the optimal policy on the same
 * streams, by the generator's own ratios whatever the team is shown: on a finite split another policy may return more by luck.
 * Elsewhere it is the best of each stream in hindsight, which nobody exceeds on any stream.
 */
export function boundOn(dataset: Dataset, split: EvaluationSplit, settings: ResponseSettings): ResponseScores['bound'] {
  const streams = streamsOf(dataset, split)
  const optimum = dataset.name === 'quickest' ? optimalPolicy(settings.spec, QUICKEST) : null
  if (optimum === null) return { name: 'clairvoyant', returnMean: meanOf(clairvoyantReturns(streams, settings)) }
  const { returns } = walkAll(
    { ...streams, ratios: ratiosOf(dataset), hazard: QUICKEST.hazard },
    settings,
    optimum.policy,
  )
  return { name: 'exact optimum', returnMean: meanOf(returns) }
}

/** [N] the likelihood ratios by which the generator's posterior moved; 1 where it cannot be told from certainty any more. */
function ratiosOf({ posterior, splits, rowCount }: Dataset): Float32Array {
  const ratios = new Float32Array(rowCount).fill(1)
  for (const { rows, streamStarts } of Object.values(splits)) {
    for (let stream = 0; stream + 1 < streamStarts.length; stream++) {
      let before = 0
      for (const row of rows.subarray(streamStarts[stream], streamStarts[stream + 1])) {
        const [prior, after] = [before + (1 - before) * QUICKEST.hazard, posterior![row]]
        if (after < 1 && prior < 1) ratios[row] = (after * (1 - prior)) / ((1 - after) * prior)
        before = after
      }
    }
  }
  return ratios
}
