/**
 * Microseconds per sample online, the smallest and the median of 15 rounds. The requirement is 0.2, 0.5
 * and 5 us for the three formulas, flat in the width; it quotes RTAMT's C++ at 3.1, 4.8 and 218 us. Run: npx node packages/stl/src/stl.bench.ts
 */
import { Monitor } from './online/monitor.ts'
import { compile } from './program/compile.ts'

const SAMPLES = 100_000
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

for (const formula of FORMULAS) {
  const monitor = new Monitor(compile(formula))
  const rounds = Array.from({ length: ROUNDS }, () => microsecondsPerSample(monitor)).sort((a, b) => a - b)
  const [smallest, median] = [rounds[0], rounds[ROUNDS >> 1]].map((us) => us.toFixed(3))
  process.stdout.write(`${formula.padEnd(52)} ${smallest} us, median ${median} us\n`)
}

function microsecondsPerSample(monitor: Monitor): number {
  const sample = new Float64Array(monitor.signals.length)
  const begin = performance.now()
  for (let t = 0; t < SAMPLES; t++) {
    for (let s = 0; s < sample.length; s++) sample[s] = WAVES[s][t % WAVES[s].length]
    monitor.push(sample)
  }
  return (1000 * (performance.now() - begin)) / SAMPLES
}
