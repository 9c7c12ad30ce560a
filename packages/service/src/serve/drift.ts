import type { Bundle } from '@vigil/runs'
import { Counter, Gauge, type Registry } from 'prom-client'
import { z } from 'zod'
import type { LiveDecision } from '../decider.ts'
import { BLOCK_DECISIONS, type ChartReport, createDecisionCharts, type KeptCharts } from '../decision-charts.ts'
import { createInputCounts, type InputCounts, type InputDrift, type KeptCounts } from '../input-drift.ts'

/** How a service watches the world change. */
export type DriftSettings = {
  /** Most events that indices of inputs are of. */
  readonly window: number
  /** Decisions from which the usual is learnt. */
  readonly baseline: number
  /** Mean number of decisions to a false alarm of each chart. */
  readonly runLength: number
  readonly onAlarm: (chart: string, side: 'up' | 'down') => void
}

/** What `/v1/drift` tells. */
export type DriftReport = {
  readonly inputs: {
    /** why there are none; null where there are */
    readonly missing: string | null
    readonly events: number
    readonly drift: readonly InputDrift[]
  }
  readonly decisions: {
    readonly block: number
    readonly threshold: number
    readonly waiting: number
    readonly charts: readonly ChartReport[]
  }
}

/** What is watched of the inputs and decisions of a service. */
export type Drift = {
  /** null where the bundle does not tell what the inputs of the training were like */
  readonly counts: InputCounts | null
  take(decision: LiveDecision): void
  report(): DriftReport
  inputs(): InputDrift[]
  charts(): ChartReport[]
  save(): KeptDrift
  /**
   * Goes on from what was saved.
   *
   * @returns whether it does: with other settings it begins anew
   * @throws {VigilError} STATE_INVALID
   */
  restore(kept: KeptDrift): boolean
}

const count = z.int().min(0)
const counts = z.array(count)

/** What is known of inputs and decisions so far, and by which settings. */
export const keptDrift = z.strictObject({
  settings: z.array(z.number()),
  counts: z
    .strictObject({ now: count, before: count, inputs: z.array(z.strictObject({ now: counts, before: counts })) })
    .nullable(),
  charts: z.strictObject({
    taken: count,
    charts: z.array(
      z.strictObject({
        ...{ sum: z.number(), baseline: z.array(z.number()), latest: z.number().nullable() },
        ...{ alarms: count, up: z.number().min(0), down: z.number().min(0) },
      }),
    ),
  }),
})

export type KeptDrift = {
  readonly settings: readonly number[]
  readonly counts: KeptCounts | null
  readonly charts: KeptCharts
}

const MISSING =
  'The bundle does not tell what the inputs of the training were like. Evaluate the run again to write it anew.'

export function createDrift({ reference, pipeline }: Bundle, settings: DriftSettings): Drift {
  const counts = reference === null ? null : createInputCounts(reference, pipeline.columns, settings.window)
  const charts = createDecisionCharts(settings, settings.onAlarm)
  const inputs = () => counts?.report() ?? []
  const own = [settings.window, settings.baseline, settings.runLength]
  return {
    ...{ counts, take: charts.take, inputs, charts: charts.report },
    save: () => ({ settings: own, counts: counts?.save() ?? null, charts: charts.save() }),
    restore(kept) {
      if (JSON.stringify(kept.settings) !== JSON.stringify(own)) return false
      if (kept.counts !== null) counts?.restore(kept.counts)
      charts.restore(kept.charts)
      return true
    },
    report: () => ({
      inputs: { missing: counts === null ? MISSING : null, events: counts?.events ?? 0, drift: inputs() },
      decisions: {
        ...{ block: BLOCK_DECISIONS, threshold: charts.threshold, waiting: charts.waiting, charts: charts.report() },
      },
    }),
  }
}

/** For Prometheus. @param current what is watched now */
export function addDriftMetrics(registry: Registry, current: () => Drift): void {
  const registers = [registry]
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    set: (gauge: Gauge<Label>) => void,
  ) =>
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        this.reset()
        set(this)
      },
    })
  gauge('vigil_psi', 'Population stability index of an input against the training.', ['input'], (own) => {
    for (const { input, psi } of current().inputs()) own.set({ input }, psi)
  })
  gauge('vigil_unknown_share', 'Share of events in which a category is unknown.', ['input'], (own) => {
    for (const { input, unknown } of current().inputs()) if (unknown !== null) own.set({ input }, unknown.live)
  })
  gauge('vigil_cusum', 'Cumulative sums of what is decided.', ['chart', 'side'], (own) => {
    for (const { chart, up, down } of current().charts()) {
      own.set({ chart, side: 'up' }, up)
      own.set({ chart, side: 'down' }, down)
    }
  })
  new Counter({
    ...{ name: 'vigil_drift_alarms_total', help: 'Alarms of the cumulative sums.', labelNames: ['chart'], registers },
    collect() {
      this.reset()
      for (const { chart, alarms } of current().charts()) this.inc({ chart }, alarms)
    },
  })
}
