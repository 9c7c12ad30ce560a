/**
 * A rule of your own: how robustly a trace keeps it, offline over a whole trace and online as events arrive.
 *
 *   node examples/own-specification.ts
 *
 * The language is in docs/stl.md. `npx nx run stl:check` does the same for a CSV file, and
 * `npx nx run learner:train --dataset=synthetic --stl-mode=lagrangian --specifications="FORMULA"` trains a team to keep a rule over its decisions.
 */
import { compile, Monitor, robustness, verdictOf } from '@vigil/stl'

// Whenever an alarm is raised, the load falls below 0.9 within two steps. One step is one sample.
const RULE = 'calm = load < 0.9; G (alarm > 0 -> F[0, 2 steps] calm)'

const trace = {
  load: [0.5, 0.95, 0.97, 0.8, 0.95, 0.96, 0.97, 0.98],
  alarm: [0, 1, 0, 0, 1, 0, 0, 0],
}

// One answer for the whole trace, in the unit of the signals: above 0 satisfied, below 0 violated.
const { verdict, lower } = verdictOf(RULE, trace)
console.log(`The trace is ${verdict}, robustness ${lower.toFixed(2)}`)

// Where it is violated: the same rule without `G`, at every step.
const atEachStep = compile('alarm > 0 -> F[0, 2 steps] load < 0.9', { signals: ['load', 'alarm'] })
robustness(atEachStep, trace).forEach((value, step) => {
  if (value < 0) console.log(`step ${step} is violated by ${(-value).toFixed(2)}`)
})

// Online the value for a step comes when its window has passed: `horizon` steps later.
const monitor = new Monitor(atEachStep)
for (let step = 0; step < trace.load.length; step++) {
  const sample = monitor.signals.map((name) => trace[name as keyof typeof trace][step])
  const value = monitor.push(sample)
  if (value !== null && value < 0) console.log(`seen at step ${step}: step ${step - monitor.horizon} is violated`)
}
