/**
 * What an update on a card consists of: kernels, bytes there and back, and where its time goes. For minibatches of the sizes named:
 *
 *     npx node packages/lab/src/bench/card-profile.bench.ts 4096 65536
 *
 * Encoding is the time in which JavaScript sends the kernels of an update, waiting what follows until its figures are back. The last
 * rows are limits of the same card through the same library: a product of the widest layer, and a kernel that does nearly nothing.
 */
import { availableParallelism } from 'node:os'
import { createTeam } from '@vigil/actors'
import { createEngine, type Engine } from '@vigil/engine'
import { engineSettingsOf, markGarbageAtOnce, ppoSettingsOf, teamSettingsOf, validatedTraining } from '@vigil/learner'
import { initialState } from '@vigil/ppo'
import { tf } from '@vigil/tfjs'
import { updateOperations } from './operations.ts'
import { configOf, datasetOf, WORKLOADS } from './workload.ts'

markGarbageAtOnce()

const ITERATIONS = 4
const wrapped = new Set<string>()
const counts = { kernels: 0, passes: 0, bytesSent: 0, reads: 0 }

for (const size of process.argv.slice(2).map(Number)) await profile(size)
await measureLimits()

async function profile(minibatchSize: number): Promise<void> {
  const config = configOf(WORKLOADS.dense, {
    engine: 'tfjs',
    backend: 'webgpu',
    actors: availableParallelism(),
    engineThreads: 1,
    minibatchSize,
    rowsPerIteration: Math.max(8192, minibatchSize),
  })
  const team = await createTeam(teamSettingsOf(config), datasetOf(WORKLOADS.dense))
  const inner = await createEngine(engineSettingsOf(config), team.network, null)
  countCalls()
  const times = { encode: [] as number[], wait: [] as number[], iteration: [] as number[] }
  let perUpdate = { ...counts }
  const engine: Engine = {
    ...inner,
    async update(minibatch, settings) {
      for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] = 0
      const start = performance.now()
      const figures = inner.update(minibatch, settings)
      const sent = performance.now()
      const stats = await figures
      times.encode.push(sent - start)
      times.wait.push(performance.now() - sent)
      perUpdate = { ...counts }
      return stats
    },
  }
  const state = initialState(ppoSettingsOf(config), team, null)
  engine.loadParameters(state.parameters)
  let start = performance.now()
  for await (const { metrics } of validatedTraining({ config, team, engine }, { ...state, best: null })) {
    times.iteration.push(performance.now() - start)
    if (metrics.iteration === 1) for (const own of Object.values(times)) own.length = 0
    if (metrics.iteration > ITERATIONS) break
    start = performance.now()
  }
  const [encode, wait, iteration] = [times.encode, times.wait, times.iteration].map(median)
  const updates = (config.epochs * config.rowsPerIteration) / minibatchSize
  const ms = encode + wait
  print(`minibatch ${minibatchSize}, ${inner.device}`, {
    ...{ kernels: perUpdate.kernels, passes: perUpdate.passes, reads: perUpdate.reads },
    ...{ 'MB sent': perUpdate.bytesSent / 1e6 },
    ...{ 'update ms': ms, 'encoding ms': encode, 'waiting ms': wait },
    ...{ 'k rows/s': minibatchSize / ms, 'TFLOP/s': (minibatchSize * updateOperations(team.network)) / ms / 1e9 },
    ...{ 'iteration ms': iteration, 'in updates %': (100 * updates * ms) / iteration },
  })
  inner.dispose()
  await team.pool.close()
}

/** Through the prototypes of Dawn's classes, once. */
function countCalls(): void {
  const { device } = tf.backend() as unknown as { readonly device: GPUDevice }
  const pass = device.createCommandEncoder().beginComputePass()
  wrap(Object.getPrototypeOf(pass), 'dispatchWorkgroups', () => counts.kernels++)
  pass.end()
  wrap(Object.getPrototypeOf(device.createCommandEncoder()), 'beginComputePass', () => counts.passes++)
  wrap(Object.getPrototypeOf(device.queue), 'writeBuffer', (_buffer, _offset, data) => {
    counts.bytesSent += (data as ArrayBuffer).byteLength
  })
  const prototype = Object.getPrototypeOf(device.createBuffer({ size: 4, usage: GPUBufferUsage.COPY_DST }))
  wrap(
    prototype,
    'getMappedRange',
    () => undefined,
    (range) => {
      counts.bytesSent += (range as ArrayBuffer).byteLength
    },
  )
  wrap(prototype, 'mapAsync', () => counts.reads++)
}

function wrap(
  prototype: Record<string, (...words: unknown[]) => unknown>,
  name: string,
  before: (...words: unknown[]) => void,
  after: (result: unknown) => void = () => undefined,
): void {
  if (wrapped.has(name)) return
  wrapped.add(name)
  const own = prototype[name]
  prototype[name] = function (this: unknown, ...words) {
    before(...words)
    const result = own.apply(this, words)
    after(result)
    return result
  }
}

async function measureLimits(): Promise<void> {
  const { device } = tf.backend() as unknown as { readonly device: GPUDevice }
  const time = async (repeats: number, work: () => tf.Tensor) => {
    const rounds = []
    for (let round = 0; round < 6; round++) {
      const start = performance.now()
      for (let i = 0; i < repeats; i++) work().dispose()
      // The library sends kernels in groups; a read sends the last.
      const last = tf.zeros([1])
      await tf.neg(last).data()
      await device.queue.onSubmittedWorkDone()
      rounds.push((performance.now() - start) / repeats)
    }
    return median(rounds.slice(1))
  }
  const rows = 65_536
  const x = tf.randomUniform([4, rows, 128])
  const w = tf.randomUniform([4, 128, 128])
  const product = await time(20, () => tf.matMul(x, w))
  const small = tf.zeros([4])
  const nothing = await time(400, () => tf.neg(small))
  const values = new Float32Array(rows * 75)
  const sent = await time(10, () => tf.neg(tf.tensor2d(values, [rows, 75])))
  print('limits', {
    'product TFLOP/s': (2 * 4 * rows * 128 * 128) / product / 1e9,
    'kernel us': 1000 * nothing,
    'sent GB/s': values.byteLength / sent / 1e6,
  })
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]
}

function print(title: string, figures: Readonly<Record<string, number>>): void {
  const words = Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
  console.log(`${title}: ${words.join(', ')}`)
}
