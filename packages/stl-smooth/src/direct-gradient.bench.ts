/**
 * Milliseconds of the processor per call of directGradient() for one iteration of a run: 512 lanes, 16 steps, four
 * specifications, with episodes of 16 steps or ones that end at any step. Other programs do not count. Run: npx node packages/stl-smooth/src/direct-gradient.bench.ts
 */
import { directGradient } from './direct-gradient.ts'

const STEPS = 16
const LANES = 512
const ROUNDS = 15

const FORMULAS = {
  'follow-up': 'G (threat > 0.5 -> F[0,5] action > 0.5)',
  posture: 'G (detection_rate[100] >= 0.8 and fp_rate[100] <= 0.05)',
  'false positives': 'G (fp_rate[100] <= 0.02)',
  until: 'G (action < 0.5 U[0,5] threat > 0.5)',
}

/** @param endRate share of the steps at which an episode begins anew */
function windowOf(historySteps: number, endRate: number) {
  const count = (historySteps + STEPS) * LANES
  const wave = (i: number, prime: number) => ((i * prime) % 1009) / 1009
  return {
    steps: STEPS,
    historySteps,
    lanes: LANES,
    restrictive: Float32Array.from({ length: count }, (_, i) => wave(i, 7919)),
    threat: Float32Array.from({ length: count }, (_, i) => (wave(i, 6007) < 0.1 ? 1 : 0)),
    begins: Uint8Array.from({ length: count }, (_, i) => (wave(i, 3001) < endRate ? 1 : 0)),
    signals: {},
  }
}

for (const [historySteps, endRate] of [
  [0, 0],
  [0, 0.02],
  [99, 0],
]) {
  const window = windowOf(historySteps, endRate)
  for (const [name, formulas] of [
    ...Object.entries(FORMULAS).map(([name, formula]) => [name, [formula]] as const),
    ['all', Object.values(FORMULAS)] as const,
  ]) {
    const specifications = formulas.map((formula) => ({ formula, weight: 1, temperature: 0.1 }))
    const rounds = Array.from({ length: ROUNDS }, () => {
      const begin = process.threadCpuUsage()
      directGradient({ specifications, window })
      const { user, system } = process.threadCpuUsage(begin)
      return (user + system) / 1000
    }).sort((a, b) => a - b)
    const [smallest, median] = [rounds[0], rounds[ROUNDS >> 1]].map((ms) => ms.toFixed(1))
    const what = `history ${historySteps}, ends ${endRate}, ${name}`
    process.stdout.write(`${what.padEnd(44)} ${smallest} ms, median ${median} ms\n`)
  }
}
