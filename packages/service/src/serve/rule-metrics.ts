import type { TargetedSpecification } from '@vigil/env-wasm'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { LiveDecision } from '../decider.ts'
import { ACTION_NAMES } from '../written-decision.ts'

/** Decisions of which the lowest robustness is told. */
const LOWEST_OF = 1024

/**
 * What specifications come to on live decisions, for Prometheus. Nothing is registered where none is watched.
 *
 * @returns what takes a decision in
 */
export function addRuleMetrics(
  registry: Registry,
  watched: readonly TargetedSpecification[],
): (decision: LiveDecision) => void {
  if (watched.length === 0) return () => undefined
  const registers = [registry]
  const labelNames = ['specification'] as const
  const recent = watched.map(() => new Float32Array(LOWEST_OF))
  let taken = 0
  const gauge = (name: string, help: string, measure: (values: Float32Array) => number) =>
    new Gauge({
      ...{ name, help, labelNames, registers },
      collect() {
        for (const [s, { name: specification }] of watched.entries()) {
          if (taken > 0) this.labels({ specification }).set(measure(recent[s].subarray(0, Math.min(taken, LOWEST_OF))))
        }
      },
    })
  gauge('vigil_robustness', 'Robustness after the latest decision.', (values) => values[(taken - 1) % values.length])
  const lowest = `Lowest robustness of the latest ${LOWEST_OF} decisions.`
  gauge('vigil_robustness_min', lowest, (values) => values.reduce((a, b) => Math.min(a, b)))
  const violations = new Counter({
    ...{ name: 'vigil_violations_total', help: 'Decisions after which robustness was negative.' },
    ...{ labelNames, registers },
  })
  const violated = watched.map(({ name: specification }) => violations.labels({ specification }))
  const watchedTotal = counterOf('vigil_watched_total', 'Decisions that the specifications were watched on.')
  const faults = counterOf(
    'vigil_rule_faults_total',
    'Decisions on which a formula had no value: its monitors began anew.',
  )
  const shielded = new Counter({
    ...{ name: 'vigil_shielded_total', help: 'Actions that the shield replaced, by what they would have broken.' },
    ...{ labelNames: ['specification', 'from', 'to'], registers },
  })

  function counterOf(name: string, help: string) {
    return new Counter({ name, help, registers })
  }

  return ({ robustness, shield }) => {
    if (shield !== null) {
      const { specification, from, to } = shield
      shielded.inc({ specification, from: ACTION_NAMES[from], to: ACTION_NAMES[to] })
    }
    if (robustness === null) {
      faults.inc()
      return
    }
    watchedTotal.inc()
    for (let s = 0; s < robustness.length; s++) {
      recent[s][taken % LOWEST_OF] = robustness[s]
      if (robustness[s] < 0) violated[s].inc()
    }
    taken++
  }
}
