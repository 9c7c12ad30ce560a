import { prAuc, type ScoreCurve } from '@vigil/runs'
import { type Ranking, rankingOf } from './ranking.ts'

/** Steps of recall, and as many of the false-positive rate, at which a curve keeps a point. */
const STEPS = 64

/** The curves of a score over events; no more than 2 * STEPS + 2 points, the areas from all of them. */
export function curveOf(name: string, scores: Float32Array, labels: Uint8Array): ScoreCurve {
  const ranking = rankingOf(scores, labels)
  const { thresholds, hits, falseAlarms, threats, benign } = ranking
  const points = [...new Set([...evenly(hits), ...evenly(falseAlarms)])].sort((a, b) => a - b)
  return {
    name,
    rocAuc: rocAuc(ranking),
    prAuc: prAuc(scores, labels),
    points: points.map((g) => ({
      threshold: thresholds[g],
      falsePositiveRate: benign === 0 ? 0 : falseAlarms[g] / benign,
      recall: threats === 0 ? 0 : hits[g] / threats,
      precision: hits[g] / (hits[g] + falseAlarms[g]),
    })),
  }
}

/**
 * Area under the ROC curve, which is the chance that a threat has a higher score than a benign event, a tie counting half
 * (Hanley and McNeil 1982): sum_g f_g (h_{g-1} + h_g) / 2 over the f_g benign events of each score, h the threats up to it.
 */
function rocAuc({ hits, falseAlarms, threats, benign }: Ranking): number | null {
  if (threats === 0 || benign === 0) return null
  let twice = 0
  for (let g = 0; g < hits.length; g++) {
    const [hitsBefore, falseBefore] = g === 0 ? [0, 0] : [hits[g - 1], falseAlarms[g - 1]]
    twice += (falseAlarms[g] - falseBefore) * (hitsBefore + hits[g])
  }
  return twice / (2 * threats * benign)
}

/** Places at which counts [thresholds], which never fall, reach even steps of their last value; the first and the last place. */
function evenly(counts: Uint32Array): number[] {
  const places: number[] = []
  let step = 0
  for (let g = 0; g < counts.length; g++) {
    const reached = Math.floor((STEPS * counts[g]) / Math.max(1, counts[counts.length - 1]))
    if (g > 0 && g < counts.length - 1 && reached <= step) continue
    places.push(g)
    step = reached
  }
  return places
}
