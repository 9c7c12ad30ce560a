import { type Cusum, createCusum, thresholdFor } from './cusum.ts'
import type { LiveDecision } from './decider.ts'
import { serviceError } from './errors.ts'
import { ACTION_NAMES } from './written-decision.ts'

/** Decisions whose mean is one value of the charts. */
export const BLOCK_DECISIONS = 100

/** A score that hardly varies may vary by this. */
const SCORE_DEVIATION_MIN = 1e-3

/** What a chart tells. */
export type ChartReport = {
  /** `score`, or the share of an action */
  readonly chart: string
  /** of the blocks of the baseline; null while it is not whole */
  readonly mean: number | null
  readonly deviation: number | null
  /** of the latest block; null before the first */
  readonly latest: number | null
  readonly up: number
  readonly down: number
  readonly alarms: number
}

/** Charts of the team's score and of the share of each action. */
export type DecisionCharts = {
  take(decision: Pick<LiveDecision, 'score' | 'action'>): void
  save(): KeptCharts
  /** Goes on from what charts with the same settings have saved. @throws {VigilError} STATE_INVALID */
  restore(kept: KeptCharts): void
  /** h */
  readonly threshold: number
  /** Decisions that are still to come before the charts begin. */
  readonly waiting: number
  report(): ChartReport[]
}

/** What charts know of the decisions so far. */
export type KeptCharts = {
  readonly taken: number
  readonly charts: readonly {
    /** of the block that goes on */
    readonly sum: number
    /** means of the blocks from which the usual is learnt */
    readonly baseline: readonly number[]
    readonly latest: number | null
    readonly alarms: number
    readonly up: number
    readonly down: number
  }[]
}

type Chart = {
  readonly chart: string
  sum: number
  baseline: number[]
  cusum: (Cusum & { readonly mean: number; readonly deviation: number }) | null
  latest: number | null
  alarms: number
}

/**
 * Watches means over blocks of decisions by cumulative sums. What is usual is learnt from the first blocks: events in a row resemble each
 * other, so the deviation is that of blocks, not of decisions.
 *
 * @param baseline decisions from which the usual is learnt, rounded up to blocks; two blocks or more
 * @param runLength mean number of decisions to a false alarm of each chart
 * @param onAlarm called with the chart and the side
 */
export function createDecisionCharts(
  { baseline, runLength }: { readonly baseline: number; readonly runLength: number },
  onAlarm: (chart: string, side: 'up' | 'down') => void,
): DecisionCharts {
  const threshold = thresholdFor(runLength / BLOCK_DECISIONS)
  const blocks = Math.max(2, Math.ceil(baseline / BLOCK_DECISIONS))
  const charts: Chart[] = ['score', ...ACTION_NAMES].map((chart) => ({
    ...{ chart, sum: 0, baseline: [], cusum: null, latest: null, alarms: 0 },
  }))
  let taken = 0

  function endBlock(chart: Chart): void {
    const value = chart.sum / BLOCK_DECISIONS
    chart.sum = 0
    chart.latest = value
    if (chart.cusum === null) {
      chart.baseline.push(value)
      if (chart.baseline.length === blocks) chart.cusum = usual(chart, { threshold, up: 0, down: 0 })
      return
    }
    const side = chart.cusum.take(value)
    if (side === null) return
    chart.alarms++
    onAlarm(chart.chart, side)
  }

  return {
    take({ score, action }) {
      charts[0].sum += score
      charts[1 + action].sum++
      taken++
      if (taken % BLOCK_DECISIONS === 0) for (const chart of charts) endBlock(chart)
    },
    save: () => ({
      taken,
      charts: charts.map(({ sum, baseline: values, latest, alarms, cusum }) => ({
        ...{ sum, baseline: [...values], latest, alarms, up: cusum?.up ?? 0, down: cusum?.down ?? 0 },
      })),
    }),
    restore(kept) {
      const whole = Math.min(blocks, Math.floor(kept.taken / BLOCK_DECISIONS))
      if (kept.charts.length !== charts.length || kept.charts.some(({ baseline: own }) => own.length !== whole)) {
        throw serviceError('STATE_INVALID', 'Charts: need those of the same baseline. Begin without a past.')
      }
      taken = kept.taken
      for (const [i, { sum, baseline: values, latest, alarms, up, down }] of kept.charts.entries()) {
        Object.assign(charts[i], { sum, baseline: [...values], latest, alarms })
        charts[i].cusum = whole === blocks ? usual(charts[i], { threshold, up, down }) : null
      }
    },
    threshold,
    get waiting() {
      return Math.max(0, blocks * BLOCK_DECISIONS - taken)
    },
    report: () =>
      charts.map(({ chart, cusum, latest, alarms }) => ({
        ...{ chart, mean: cusum?.mean ?? null, deviation: cusum?.deviation ?? null, latest },
        ...{ up: cusum?.up ?? 0, down: cusum?.down ?? 0, alarms },
      })),
  }
}

/** @param values means of blocks */
function usual(
  { chart, baseline: values }: Chart,
  { threshold, up, down }: { readonly threshold: number; readonly up: number; readonly down: number },
): NonNullable<Chart['cusum']> {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1)
  const deviation = Math.max(
    Math.sqrt(variance),
    chart === 'score' ? SCORE_DEVIATION_MIN : drawnDeviation(mean, values),
  )
  const cusum = createCusum({ mean, deviation, threshold }, { up, down })
  return {
    ...{ mean, deviation, take: cusum.take },
    get up() {
      return cusum.up
    },
    get down() {
      return cusum.down
    },
  }
}

/** Of a block's share of an action, were each decision drawn by itself; of one that never came, as if half a decision had been it. */
function drawnDeviation(mean: number, { length }: readonly number[]): number {
  const decisions = length * BLOCK_DECISIONS
  const share = (mean * decisions + 0.5) / (decisions + 1)
  return Math.sqrt((share * (1 - share)) / BLOCK_DECISIONS)
}
