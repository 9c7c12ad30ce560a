/** Which part of a training's metrics a finding is about, and how figures of it are summed up. */

import type { Config } from '@vigil/config'
import type { IterationMetrics } from '@vigil/runs'

/** A shorter training has no late part: nothing is expected of it. */
const EARLY_ITERATIONS = 5

/** Events of an iteration in the recorded attempts: the 50 iterations that the record speaks of are 102,400 events. */
const RECORDED_EVENTS = 2048

/**
 * Of the events that the recorded attempts had seen by then, a training must have seen this share. Own choice: small networks
 * on 6,000 rows had a value loss above 0.97 up to some 11,000 events, a ninth of what it was recorded after.
 */
const EXPERIENCE_SHARE = 1 / 4

/** The late part: the last fifth of what has been trained, so that one odd iteration decides nothing. */
const LATE_SHARE = 1 / 5
const LATE_LINES_MIN = 3

/** Whether a training is so short that nothing which was not learnt says anything. */
export function isTooShort({ iterations }: Pick<Config, 'iterations'>): boolean {
  return iterations <= EARLY_ITERATIONS
}

/**
 * The iteration after which something may be expected. The recorded attempts had 300 iterations; of a shorter training it
 * is expected after a third, which is where 100 of 300 lie, but not before a quarter of the events that the attempts had
 * seen by then: learning takes experience, however the iterations are cut.
 *
 * @param recorded the iteration that the record of the earlier attempts names (docs/doctor.md)
 */
export function dueAfter(
  recorded: number,
  { iterations, rowsPerIteration }: Pick<Config, 'iterations' | 'rowsPerIteration'>,
): number {
  const experienced = Math.ceil((EXPERIENCE_SHARE * recorded * RECORDED_EVENTS) / rowsPerIteration)
  return Math.max(EARLY_ITERATIONS, Math.min(recorded, Math.floor(iterations / 3)), experienced)
}

/** The last fifth of the lines, at least three, once training is past `due`; else none. */
export function lateLines(metrics: readonly IterationMetrics[], due: number): readonly IterationMetrics[] {
  const past = metrics.filter(({ iteration }) => iteration > due)
  const wanted = Math.max(LATE_LINES_MIN, Math.ceil(LATE_SHARE * metrics.length))
  return past.length < LATE_LINES_MIN ? [] : past.slice(-wanted)
}

/** A median that falls by more than this share of itself is on its way. Own choice; the recorded losses at 1.0 move by less than 0.005. */
const FALL_MIN = 0.02

/**
 * Whether a figure still falls clearly: from as many lines before the late ones to these.
 *
 * @param late the last of `metrics`
 */
export function isFalling(
  metrics: readonly IterationMetrics[],
  late: readonly IterationMetrics[],
  figureOf: (line: IterationMetrics) => number | null,
): boolean {
  const first = metrics.length - late.length
  const before = medianOf(metrics.slice(Math.max(0, first - late.length), first), figureOf)
  const now = medianOf(late, figureOf)
  return before !== null && now !== null && now < before - FALL_MIN * Math.abs(before)
}

/** Median of a figure over the lines that have it; null where none has. */
export function medianOf(
  lines: readonly IterationMetrics[],
  figureOf: (line: IterationMetrics) => number | null,
): number | null {
  const values = lines
    .map(figureOf)
    .filter((value) => value !== null)
    .sort((a, b) => a - b)
  if (values.length === 0) return null
  const middle = values.length >> 1
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
}

/** Mean of a figure; 0 of no lines. */
export function meanOf(lines: readonly IterationMetrics[], figureOf: (line: IterationMetrics) => number): number {
  return lines.reduce((sum, line) => sum + figureOf(line), 0) / Math.max(1, lines.length)
}

/** As "iterations 41 to 60". */
export function spanOf(lines: readonly IterationMetrics[]): string {
  const [first, last] = [lines[0].iteration, lines[lines.length - 1].iteration]
  return first === last ? `iteration ${first}` : `iterations ${first} to ${last}`
}
