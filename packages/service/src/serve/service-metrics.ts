import type { TargetedSpecification } from '@vigil/env-wasm'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { LiveDecision } from '../decider.ts'
import { ACTION_NAMES } from '../written-decision.ts'
import { addDriftMetrics, type Drift } from './drift.ts'
import { addRuleMetrics } from './rule-metrics.ts'
import { addShadowMetrics, type Shadow } from './shadow.ts'

/** What the service counts, for Prometheus. */
export type ServiceMetrics = {
  /** @param decision null = late */
  decided(decision: LiveDecision | null): void
  leftOut(): void
  repeated(): void
  /** @param isHeard whether its stream is remembered */
  verdict(isHeard: boolean): void
  refused(code: string): void
  /** @param seconds from when events came together to their answers */
  answered(seconds: number): void
  /** Another team was to take the place of the one at work. */
  exchanged(outcome: 'done' | 'refused'): void
  /** In the text format of Prometheus. */
  text(): Promise<string>
}

/** What is measured when somebody asks. */
type Gauges = {
  readonly waitingEvents: () => number
  readonly streamsKept: () => number
  readonly streamsOpen: () => number
}

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5]

/**
 * @param watched specifications whose robustness decisions come with
 * @param shadow the team beside the one at work
 * @param drift what is watched of inputs and decisions now
 */
export function createServiceMetrics(
  {
    watched,
    drift,
    shadow,
  }: {
    readonly watched: readonly TargetedSpecification[]
    readonly drift: () => Drift
    readonly shadow: Shadow | null
  },
  { waitingEvents, streamsKept, streamsOpen }: Gauges,
): ServiceMetrics {
  const registry = new Registry()
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name: `vigil_${name}_total`, help, labelNames, registers: [registry] })
  const gauge = (name: string, help: string, measure: () => number) =>
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        this.set(measure())
      },
    })
  const decisions = counter('decisions', 'Decisions by the action of the team.', ['action'])
  const undecided = counter('undecided', 'Decisions in which no class of actions won the vote.')
  const tally = decisionTally(decisions, undecided)
  const late = counter('late', 'Events answered with the fallback because their deadline had passed.')
  const leftOut = counter('left_out', 'Events that the description of the training leaves out.')
  const repeated = counter('repeated', 'Events that had come before and got the same answer.')
  const verdicts = counter('verdicts', 'Verdicts by whether their stream is remembered.', ['heard'])
  const errors = counter('errors', 'Events and requests that were refused, by code.', ['code'])
  const seconds = new Histogram({
    ...{ name: 'vigil_answer_seconds', help: 'From when events came together to their answers.' },
    ...{ buckets: SECONDS, registers: [registry] },
  })
  const exchanges = counter('exchanges', 'Teams that were to take the place of the one at work.', ['outcome'])
  gauge('vigil_waiting_events', 'Events that wait for their decision.', waitingEvents)
  gauge('vigil_streams_kept', 'Streams of which something is kept.', streamsKept)
  gauge('vigil_streams_open', 'Requests that bring events line by line.', streamsOpen)
  addDriftMetrics(registry, drift)
  if (shadow !== null) addShadowMetrics(registry, shadow)
  const ruled = addRuleMetrics(registry, watched)
  addProcessMetrics(registry)
  return {
    decided(decision) {
      if (decision === null) late.inc()
      else {
        tally.take(decision)
        ruled(decision)
        drift().take(decision)
      }
    },
    leftOut: () => leftOut.inc(),
    repeated: () => repeated.inc(),
    verdict: (isHeard) => verdicts.inc({ heard: String(isHeard) }),
    refused: (code) => errors.inc({ code }),
    answered: (duration) => seconds.observe(duration),
    exchanged: (outcome) => exchanges.inc({ outcome }),
    text: async () => {
      tally.tell()
      return await registry.metrics()
    },
  }
}

/** Counts decisions by hand, and tells the counters when somebody asks: to count one takes them longer than the vote takes. */
function decisionTally(decisions: Counter<'action'>, undecided: Counter) {
  const byAction = [0, 0, 0, 0]
  let undecidedCount = 0
  return {
    take(decision: LiveDecision) {
      byAction[decision.action]++
      if (!decision.decided) undecidedCount++
    },
    tell() {
      for (const [i, action] of ACTION_NAMES.entries()) decisions.inc({ action }, byAction[i])
      undecided.inc(undecidedCount)
      byAction.fill(0)
      undecidedCount = 0
    },
  }
}

function addProcessMetrics(registry: Registry): void {
  new Counter({
    ...{ name: 'process_cpu_seconds_total', help: 'Time of processors.', registers: [registry] },
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  new Gauge({
    ...{ name: 'process_resident_memory_bytes', help: 'Resident memory.', registers: [registry] },
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
}
