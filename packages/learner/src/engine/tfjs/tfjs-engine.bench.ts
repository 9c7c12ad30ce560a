/**
 * Time of one PPO update of the TF.js engine.
 *
 *   node src/engine/tfjs/tfjs-engine.bench.ts [backend] [threads]
 *
 * Prints the median and the fastest of the updates, rows per second, and GFLOP/s of the useful arithmetic: products of
 * the dense and LSTM layers (forward, weight gradients, input gradients except the first layer's) and the embedding sums
 * counted as C additions per unit, not as one-hot products.
 */
import { initialiseParameters, type NetworkSpec } from '@vigil/policy-wasm'
import { randomMinibatch, SETTINGS, type Segments } from '../team-fixture.ts'
import type { BackendChoice } from './backend.ts'
import { createTfjsEngine } from './tfjs-engine.ts'

const [backend = 'auto', threads = '1'] = process.argv.slice(2)
const mixed = { agentCount: 4, denseSize: 45, vocabularySizes: Array.from({ length: 25 }, () => 14), layerNorm: false }
const dense = { ...mixed, denseSize: 75, vocabularySizes: [] }
const feedForward = { policyHidden: [128, 128], lstmHidden: [] }
const shapes: { name: string; spec: NetworkSpec; segments: Segments; updates: number }[] = [
  {
    name: 'value 64-64',
    spec: { ...mixed, ...feedForward, valueHidden: [64, 64] },
    segments: { stepCount: 1, laneCount: 1024 },
    updates: 50,
  },
  {
    name: 'value 128-128',
    spec: { ...mixed, ...feedForward, valueHidden: [128, 128] },
    segments: { stepCount: 1, laneCount: 2048 },
    updates: 50,
  },
  {
    name: 'no value',
    spec: { ...mixed, ...feedForward, valueHidden: null },
    segments: { stepCount: 1, laneCount: 1024 },
    updates: 50,
  },
  {
    name: 'LSTM 128 behind 128',
    spec: { ...dense, policyHidden: [128], valueHidden: [128], lstmHidden: [128] },
    segments: { stepCount: 16, laneCount: 128 },
    updates: 5,
  },
]
for (const { name, spec, segments, updates } of shapes) {
  const size = segments.stepCount * segments.laneCount
  const engine = await createTfjsEngine({ spec, backend: backend as BackendChoice, threads: Number(threads) })
  engine.loadParameters(initialiseParameters(spec, 1))
  const minibatch = randomMinibatch(spec, segments, 1)
  const times: number[] = []
  for (let run = 0; run < 2 + updates; run++) {
    const startMs = performance.now()
    await engine.update(minibatch, SETTINGS)
    if (run >= 2) times.push(performance.now() - startMs)
  }
  times.sort((a, b) => a - b)
  const medianMs = times[times.length >> 1]
  const giga = usefulOperations(spec, size) / 1e6
  console.log(
    `${engine.device}: B ${size}, ${name}: median ${medianMs.toFixed(2)} ms, ` +
      `fastest ${times[0].toFixed(2)} ms, ${Math.round((size / medianMs) * 1000)} rows/s, ` +
      `${(giga / medianMs).toFixed(1)} GFLOP/s (fastest ${(giga / times[0]).toFixed(1)})`,
  )
  engine.dispose()
}

/** Floating-point operations of one update of the whole team. */
function usefulOperations(spec: NetworkSpec, size: number): number {
  const trunk = (hidden: readonly number[], outputs: number) => {
    const widths = [spec.denseSize, ...hidden]
    let operations = 2 * spec.vocabularySizes.length * hidden[0]
    for (let layer = 0; layer < hidden.length; layer++) {
      operations += (layer === 0 ? 4 : 6) * widths[layer] * widths[layer + 1]
    }
    let inputs = hidden[hidden.length - 1]
    for (const width of spec.lstmHidden) {
      operations += 6 * (inputs + width) * 4 * width
      inputs = width
    }
    return operations + 6 * inputs * outputs
  }
  const value = spec.valueHidden === null ? 0 : trunk(spec.valueHidden, 1)
  return spec.agentCount * size * (trunk(spec.policyHidden, 4) + value)
}
