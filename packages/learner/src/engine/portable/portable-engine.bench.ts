/**
 * Time of one PPO update of the portable engine, beside the matrix product that it is built of.
 *
 *   node packages/learner/src/engine/portable/portable-engine.bench.ts [updates]
 *
 * The roofline is the module's own product of 64 x 128 x 128, whose operands stay in the cache, on one thread and on two
 * at once (two cores may share what makes one fast). Rooflines and updates with one and two threads take turns in short
 * rounds, so that a busy neighbour slows all of them; the fastest round of each counts, and the median is printed beside
 * it. GFLOP/s are of useful arithmetic: products (forward, weights' and inputs' gradients, no gradient of the network's
 * inputs) and embedding sums as C additions per unit and direction; the functions of an LSTM's gates count nothing.
 */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { compilePolicy, initialiseParameters, instantiatePolicy, type NetworkSpec } from '@vigil/policy-wasm'
import type { Engine, Minibatch } from '../engine.ts'
import { randomMinibatch, SETTINGS, type Segments } from '../team-fixture.ts'
import { createPortableEngine } from './portable-engine.ts'

const ROUND_UPDATES = 4
const ROOFLINE_MS = 30

/** Issue sizes: a dense network, the recipe of categorical columns, and a recurrent network. */
const SHAPES: { name: string; spec: NetworkSpec; rows: number | Segments }[] = [
  {
    name: '75 dense inputs, 128-128, critic 128-128, 4 agents, 2,048 rows',
    spec: {
      agentCount: 4,
      denseSize: 75,
      vocabularySizes: [],
      policyHidden: [128, 128],
      valueHidden: [128, 128],
      layerNorm: false,
      lstmHidden: [],
    },
    rows: 2048,
  },
  {
    name: '9 dense inputs, 19 columns of 21 categories, 128-128, critic 64-64, 4 agents, 1,024 rows',
    spec: {
      agentCount: 4,
      denseSize: 9,
      vocabularySizes: Array.from({ length: 19 }, () => 21),
      policyHidden: [128, 128],
      valueHidden: [64, 64],
      layerNorm: false,
      lstmHidden: [],
    },
    rows: 1024,
  },
  {
    name: '75 dense inputs, 128, LSTM 128, critic 128, LSTM 128, 4 agents, 2,048 rows as 128 lanes x 16 steps',
    spec: {
      agentCount: 4,
      denseSize: 75,
      vocabularySizes: [],
      policyHidden: [128],
      valueHidden: [128],
      layerNorm: false,
      lstmHidden: [128],
    },
    rows: { stepCount: 16, laneCount: 128 },
  },
]

const measureProduct = await startProduct()
if (isMainThread) {
  const neighbour = new Worker(new URL(import.meta.url))
  await once(neighbour, 'message')
  for (const shape of SHAPES) await measureShape(shape, neighbour, Number(process.argv[2] ?? 200))
  await neighbour.terminate()
} else {
  parentPort!.on('message', () => parentPort!.postMessage(measureProduct()))
  parentPort!.postMessage('ready')
}

async function measureShape({ name, spec, rows }: (typeof SHAPES)[number], neighbour: Worker, updates: number) {
  console.log(name)
  const minibatch = randomMinibatch(spec, rows, 1)
  const { size } = minibatch
  minibatch.weights.fill(1)
  const engines = await Promise.all([1, 2].map((threads) => createPortableEngine({ spec, threads })))
  for (const engine of engines) {
    engine.loadParameters(initialiseParameters(spec, 1))
    for (let warmUp = 0; warmUp < 2; warmUp++) await timeOf(engine, minibatch)
  }
  const times: number[][] = [[], []]
  const rooflines: number[][] = [[], []]
  for (let round = 0; round < updates / ROUND_UPDATES; round++) {
    for (const [index, engine] of engines.entries()) {
      rooflines[index].push(index === 0 ? measureProduct() : await measureTwoProducts(neighbour))
      times[index].push(await timeOf(engine, minibatch))
    }
  }
  const giga = usefulOperations(spec, size) / 1e6
  for (const [index, engine] of engines.entries()) {
    const roofline = Math.max(...rooflines[index])
    const fastest = Math.min(...times[index])
    const medianMs = median(times[index])
    const share = (rate: number, limit: number) => `${((100 * rate) / limit).toFixed(0)} %`
    console.log(
      `  ${engine.device}: ${fastest.toFixed(2)} ms (median ${medianMs.toFixed(2)}), ` +
        `${Math.round((1000 * size) / fastest)} rows/s, ${(giga / fastest).toFixed(1)} GFLOP/s, ` +
        `${share(giga / fastest, roofline)} of the roofline ${roofline.toFixed(1)} ` +
        `(medians ${share(giga / medianMs, median(rooflines[index]))} of ${median(rooflines[index]).toFixed(1)})`,
    )
    engine.dispose()
  }
  const ratio = (statistic: (values: number[]) => number) => (statistic(times[0]) / statistic(times[1])).toFixed(2)
  console.log(`  two threads: ${ratio((values) => Math.min(...values))} x one (medians ${ratio(median)} x)`)
}

/** Mean time of an update in one round, ms. */
async function timeOf(engine: Engine, minibatch: Minibatch): Promise<number> {
  const startMs = performance.now()
  for (let update = 0; update < ROUND_UPDATES; update++) await engine.update(minibatch, SETTINGS)
  return (performance.now() - startMs) / ROUND_UPDATES
}

/** A function that runs the product for ROOFLINE_MS, GFLOP/s. */
async function startProduct(): Promise<() => number> {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 16, shared: true })
  const { matmul } = instantiatePolicy(await compilePolicy(), memory)
  const [a, b, c, init] = [65536, 131072, 262144, 327680]
  const [m, k, n] = [64, 128, 128]
  new Float32Array(memory.buffer, a, m * k).fill(0.5)
  new Float32Array(memory.buffer, b, k * n).fill(0.5)
  return () => {
    const startMs = performance.now()
    let products = 0
    while (performance.now() - startMs < ROOFLINE_MS) {
      for (let i = 0; i < 10; i++) matmul(a, b, init, 0, c, m, k, n, 0)
      products += 10
    }
    return (2 * m * k * n * products) / (performance.now() - startMs) / 1e6
  }
}

/** The product on this thread and the neighbour's at once, GFLOP/s of both. */
async function measureTwoProducts(neighbour: Worker): Promise<number> {
  const answer = once(neighbour, 'message')
  neighbour.postMessage('measure')
  const own = measureProduct()
  const [other] = (await answer) as [number]
  return own + other
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

/** Floating-point operations of one update of the whole team. */
function usefulOperations(spec: NetworkSpec, size: number): number {
  const trunk = (hidden: readonly number[], outputs: number) => {
    const [first, ...above] = hidden
    let operations = (2 * spec.vocabularySizes.length + 4 * spec.denseSize) * first
    let inputs = first
    for (const width of above) {
      operations += 6 * inputs * width
      inputs = width
    }
    for (const width of spec.lstmHidden) {
      operations += 6 * (inputs + width) * 4 * width
      inputs = width
    }
    return operations + 6 * inputs * outputs
  }
  const value = spec.valueHidden === null ? 0 : trunk(spec.valueHidden, 1)
  return spec.agentCount * size * (trunk(spec.policyHidden, 4) + value)
}
