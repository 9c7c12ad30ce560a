import type { ScoreCurve } from '@vigil/runs'

/** What a threshold flags of the events, in events. */
export type ThresholdCounts = {
  readonly threshold: number
  readonly tp: number
  readonly fp: number
  readonly fn: number
  readonly tn: number
}

/** Events whose score is from `from` up to, and not at, `to`; `to` is null for the highest. */
export type ScoreBand = {
  readonly from: number
  readonly to: number | null
  readonly events: number
  readonly threats: number
}

type Split = { readonly rows: number; readonly threats: number }

/** The points of a curve in events: its shares are those of whole numbers. */
export function countsOf({ points }: Pick<ScoreCurve, 'points'>, { rows, threats }: Split): ThresholdCounts[] {
  return points.map(({ threshold, recall, falsePositiveRate }) => {
    const tp = Math.round(recall * threats)
    const fp = Math.round(falsePositiveRate * (rows - threats))
    return { threshold, tp, fp, fn: threats - tp, tn: rows - threats - fp }
  })
}

/** Bands between thresholds of a curve, from the highest: about one for each tenth of the scores from 0 to 1. Empty ones are left out. */
export function scoreBands(curve: Pick<ScoreCurve, 'points'>, split: Split): ScoreBand[] {
  const bands: ScoreBand[] = []
  let before = { threshold: null as number | null, tp: 0, fp: 0 }
  const counts = countsOf(curve, split)
  for (const [i, point] of counts.entries()) {
    const next = counts[i + 1]
    // A band ends with the last threshold of its tenth.
    if (next !== undefined && tenthOf(next.threshold) === tenthOf(point.threshold)) continue
    const events = point.tp + point.fp - before.tp - before.fp
    if (events > 0) bands.push({ from: point.threshold, to: before.threshold, events, threats: point.tp - before.tp })
    before = point
  }
  return bands
}

function tenthOf(score: number): number {
  return Math.min(9, Math.floor(10 * score))
}

/**
 * How far a score is from the share of threats at least, mean over the events: the distance of each band's share from the scores
 * that lie in it. The scores themselves may be farther off.
 */
export function leastCalibrationError(bands: readonly ScoreBand[]): number {
  const events = bands.reduce((sum, band) => sum + band.events, 0)
  const sum = bands.reduce((total, band) => {
    const share = band.threats / band.events
    return total + band.events * Math.max(0, band.from - share, share - (band.to ?? 1))
  }, 0)
  return events === 0 ? 0 : sum / events
}
