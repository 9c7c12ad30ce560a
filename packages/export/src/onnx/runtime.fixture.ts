/** ONNX Runtime as an independent reader: the WebAssembly build, on one thread. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm'

env.wasm.numThreads = 1
const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'))
env.wasm.wasmPaths = `${pathToFileURL(join(folder, '/'))}`

/** Runs a model. Feeds are column by column: texts, f64, f32 or flags, with their shape. */
export async function openModel(bytes: Uint8Array) {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: 'all' })
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (feeds: Readonly<Record<string, Feed>>): Promise<Record<string, Tensor>> => {
      const tensors = Object.entries(feeds).map(([name, { data, shape }]) => [name, tensorOf(data, shape)])
      return (await session.run(Object.fromEntries(tensors))) as Record<string, Tensor>
    },
    close: async () => await session.release(),
  }
}

/** What goes into one input. */
export type Feed = {
  readonly data: readonly string[] | Float64Array | Float32Array | Uint8Array
  readonly shape: readonly number[]
}

function tensorOf(data: Feed['data'], shape: readonly number[]): Tensor {
  if (data instanceof Float64Array) return new Tensor('float64', data, shape)
  if (data instanceof Float32Array) return new Tensor('float32', data, shape)
  if (data instanceof Uint8Array) return new Tensor('bool', data, shape)
  return new Tensor('string', [...data], shape)
}
