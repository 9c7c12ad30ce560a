import type { EvaluationSplit } from '@vigil/actors'
import { type Dataset, QUICKEST } from '@vigil/data'
import {
  clairvoyantReturns,
  lagrangianBound,
  optimalPolicy,
  type ResponseSettings,
  type Streams,
  walkAll,
} from '@vigil/response'
import type { ResponseScores } from '@vigil/runs'
import { meanOf } from './outcomes.ts'
import { streamsOf } from './streams-of.ts'

const CLAIRVOYANT = 'clairvoyant'

/**
 * What no policy exceeds in expectation. Of the generator whose optimum can be computed that is the optimal policy on the same
 * streams, or, where they share analysts, the Lagrangian bound, by the generator's own ratios whatever the team is shown: on a
 * finite split another policy may return more by luck. Elsewhere it is the best of each stream in hindsight, which nobody
 * exceeds on any stream: there an alert is never needed, so that a price on tickets would change nothing.
 */
export function boundOn(
  dataset: Dataset,
  split: EvaluationSplit,
  settings: ResponseSettings,
): Pick<ResponseScores, 'bound' | 'hindsight'> {
  const streams = streamsOf(dataset, split)
  const hindsight = meanOf(clairvoyantReturns(streams, settings))
  const known = dataset.name === 'quickest' ? knownBound(dataset, streams, settings) : null
  return { hindsight, bound: known ?? { name: CLAIRVOYANT, returnMean: hindsight } }
}

/** The bound, and above it the clairvoyant where that is another one: what is shown beside a team. */
export function boundsOf({ bound, hindsight }: Pick<ResponseScores, 'bound' | 'hindsight'>): ResponseScores['bound'][] {
  return bound.name === CLAIRVOYANT ? [bound] : [bound, { name: CLAIRVOYANT, returnMean: hindsight }]
}

function knownBound(dataset: Dataset, streams: Streams, settings: ResponseSettings): ResponseScores['bound'] | null {
  const { order } = streams
  const known = { ...streams, ratios: ratiosOf(dataset), hazard: QUICKEST.hazard }
  if (order !== undefined) {
    const shared = lagrangianBound({ ...known, order }, settings, QUICKEST)
    return shared && { name: 'Lagrangian bound', returnMean: shared.returnMean }
  }
  const optimum = optimalPolicy(settings.spec, QUICKEST)
  if (optimum === null) return null
  return { name: 'exact optimum', returnMean: meanOf(walkAll(known, settings, optimum.policy).returns) }
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
