/**
 * Microseconds per sample online, the smallest and the median of 15 rounds. The requirement is 0.2, 0.5
 * and 5 us for the three formulas, flat in the width; it quotes RTAMT's C++ at 3.1, 4.8 and 218 us. Run: npx node packages/stl/src/stl.bench.ts
 */
import { DenseMonitor } from './dense/dense-monitor.ts'
import { IntervalMonitor } from './online/interval-monitor.ts'
import { Monitor } from './online/monitor.ts'
import { compile } from './program/compile.ts'

const SAMPLES = 100_000
/** Where a sample may take longer. */
const FEWER_SAMPLES = 10_000
const ROUNDS = 15

/** Slow waves with jumps; prime lengths, so that windows and samples do not beat. */
const WAVES = [4093, 4091, 4079].map((length, k) =>
  Float64Array.from({ length }, (_, t) => Math.sin(t / (7 + k)) + ((t * 7919) % 13) / 13 - 0.5),
)

const WIDTHS = [10, 100, 1000, 10_000, 100_000]
const FORMULAS = [
  '(x < 0.5) and (x > -0.5)',
  ...WIDTHS.map((width) => `G[0,${width}](p -> F[0,100] q)`),
  ...WIDTHS.map((width) => `p U[0,${width}] q`),
  'p S[0,1000] q',
  'G[0,1000](p > 0 -> F[0,100] q > 0)',
  'mean(x)[1000] <= 0.5 and rate(p > 0)[1000] >= 0.1',
]

/** Bounds at the newest step: with each sample, whatever the window ahead. */
const INTERVAL_FORMULAS = [
  ...WIDTHS.map((width) => `G[0,${width}](p -> F[0,100] q)`),
  ...WIDTHS.map((width) => `p U[0,${width}] q`),
  'H[0,9] F[0,1000] p > 0',
]
/** Formulas in dense time, where a sample comes every 10 ms. */
const DENSE_FORMULAS = ['O[0,0.1] p > 0', 'O[0,10] p > 0', 'p S[0.5,10] q']

for (const formula of FORMULAS) report(formula, new Monitor(compile(formula)))
for (const formula of INTERVAL_FORMULAS) {
  report(`bounds of ${formula}`, new IntervalMonitor(compile(formula)), FEWER_SAMPLES)
}
for (const formula of DENSE_FORMULAS) {
  const monitor = new DenseMonitor(compile(formula, { time: 'dense' }))
  let time = 0
  const push = (sample: Float64Array) => {
    time += 0.01
    return monitor.push(time, sample)
  }
  report(`dense ${formula}`, { signals: monitor.signals, push }, FEWER_SAMPLES)
}

type Watcher = { readonly signals: readonly string[]; push(sample: Float64Array): unknown }

function report(name: string, monitor: Watcher, samples = SAMPLES): void {
  const rounds = Array.from({ length: ROUNDS }, () => microsecondsPerSample(monitor, samples)).sort((a, b) => a - b)
  const [smallest, median] = [rounds[0], rounds[ROUNDS >> 1]].map((us) => us.toFixed(3))
  process.stdout.write(`${name.padEnd(52)} ${smallest} us, median ${median} us\n`)
}

function microsecondsPerSample(monitor: Watcher, samples: number): number {
  const sample = new Float64Array(monitor.signals.length)
  const begin = performance.now()
  for (let t = 0; t < samples; t++) {
    for (let s = 0; s < sample.length; s++) sample[s] = WAVES[s][t % WAVES[s].length]
    monitor.push(sample)
  }
  return (1000 * (performance.now() - begin)) / samples
}
