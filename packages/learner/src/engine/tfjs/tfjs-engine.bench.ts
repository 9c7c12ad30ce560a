/**
 * Time of one PPO update of the TF.js engine.
 *
 *   node src/engine/tfjs/tfjs-engine.bench.ts [backend] [threads]
 *
 * Prints the median and the fastest of the updates, rows per second, and GFLOP/s of the useful arithmetic: products of
 * the dense layers (forward, weight gradients, input gradients except the first layer's) and the embedding sums
 * counted as C additions per unit, not as one-hot products.
 */
import { initialiseParameters, type NetworkSpec } from '@vigil/policy-wasm'
import { randomMinibatch, SETTINGS } from '../team-fixture.ts'
import type { BackendChoice } from './backend.ts'
import { createTfjsEngine } from './tfjs-engine.ts'

const [backend = 'auto', threads = '1'] = process.argv.slice(2)
const shapes: { valueHidden: number[] | null; size: number }[] = [
  { valueHidden: [64, 64], size: 1024 },
  { valueHidden: [128, 128], size: 2048 },
  { valueHidden: null, size: 1024 },
]
for (const { valueHidden, size } of shapes) {
  const spec: NetworkSpec = {
    agentCount: 4,
    denseSize: 45,
    vocabularySizes: Array.from({ length: 25 }, () => 14),
    policyHidden: [128, 128],
    valueHidden,
    layerNorm: false,
    lstmHidden: [],
  }
  const engine = await createTfjsEngine({ spec, backend: backend as BackendChoice, threads: Number(threads) })
  engine.loadParameters(initialiseParameters(spec, 1))
  const minibatch = randomMinibatch(spec, size, 1)
  const times: number[] = []
  for (let run = 0; run < 60; run++) {
    const startMs = performance.now()
    await engine.update(minibatch, SETTINGS)
    if (run >= 10) times.push(performance.now() - startMs)
  }
  times.sort((a, b) => a - b)
  const medianMs = times[times.length >> 1]
  const giga = usefulOperations(spec, size) / 1e6
  console.log(
    `${engine.device}: B ${size}, value ${valueHidden?.join('-') ?? 'none'}: median ${medianMs.toFixed(2)} ms, ` +
      `fastest ${times[0].toFixed(2)} ms, ${Math.round((size / medianMs) * 1000)} rows/s, ` +
      `${(giga / medianMs).toFixed(1)} GFLOP/s (fastest ${(giga / times[0]).toFixed(1)})`,
  )
  engine.dispose()
}

/** Floating-point operations of one update of the whole team. */
function usefulOperations(spec: NetworkSpec, size: number): number {
  const trunk = (hidden: readonly number[], outputs: number) => {
    const widths = [spec.denseSize, ...hidden, outputs]
    let operations = 2 * spec.vocabularySizes.length * hidden[0]
    for (let layer = 0; layer + 1 < widths.length; layer++) {
      operations += (layer === 0 ? 4 : 6) * widths[layer] * widths[layer + 1]
    }
    return operations
  }
  const value = spec.valueHidden === null ? 0 : trunk(spec.valueHidden, 1)
  return spec.agentCount * size * (trunk(spec.policyHidden, 4) + value)
}
