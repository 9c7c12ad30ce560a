/** Runs the forward pass of the module on rows of inputs, for tests only. */
import { writeBlock } from '@vigil/blocks'
import { ACTING } from './blocks.ts'
import { compilePolicy, instantiatePolicy } from './module.ts'
import { type NetworkSpec, recurrentStateSize, valueOutputCount } from './network.ts'
import { networkPlanBytes, scratchBytes, writeNetworkPlan } from './plan.ts'

/** x and categories of some rows. */
export type Inputs = { readonly rows: number; readonly dense: Float32Array; readonly categories: Uint16Array }

/** What to run; `recurrentState` is the state [rows, A, H] before the step, zeros by default. */
type Run = {
  readonly spec: NetworkSpec
  readonly parameters: Float32Array
  readonly inputs: Inputs
  readonly recurrentState?: Float32Array
  readonly seed?: number
  readonly step?: number
}

/**
 * A function that acts greedily, evaluates and acts, in this order. Every buffer is poisoned first, so that a value not
 * written shows.
 */
export async function createForwardPass() {
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 256, shared: true })
  const policy = instantiatePolicy(await compilePolicy(), memory)
  return (options: Run) => {
    const { spec, parameters, inputs } = options
    const entries = inputs.rows * spec.agentCount
    const before = options.recurrentState ?? new Float32Array(entries * recurrentStateSize(spec))
    let next = 65536
    const place = (bytes: number) => {
      const at = next
      next = Math.ceil((next + bytes) / 16) * 16
      return at
    }
    const placeFloats = (values: Float32Array) => {
      const at = place(values.byteLength)
      new Float32Array(memory.buffer, at, values.length).set(values)
      return at
    }
    new Uint8Array(memory.buffer).fill(0xff, 65536)
    const plan = place(networkPlanBytes(spec))
    writeNetworkPlan(spec, { buffer: memory.buffer, at: plan })
    const job = place(ACTING.bytes)
    const weights = placeFloats(parameters)
    const x = placeFloats(inputs.dense)
    const categories = place(inputs.categories.byteLength)
    new Uint16Array(memory.buffer, categories, inputs.categories.length).set(inputs.categories)
    const scratch = place(scratchBytes(spec))
    const behindScratch = place(64)
    const steps = place(8 * inputs.rows)
    new Uint32Array(memory.buffer, steps, 2 * inputs.rows).fill(options.step ?? 0)
    const [actions, logProbs] = [place(entries), place(4 * entries)]
    const criticLength = entries * valueOutputCount(spec)
    const [probabilities, values, scores] = [place(16 * entries), place(4 * criticLength), place(4 * entries)]
    const floatsAt = (at: number, length: number) => new Float32Array(memory.buffer, at, length).slice()
    const actionsNow = () => new Uint8Array(memory.buffer, actions, entries).slice()
    const given = { plan, parameters: weights, x, categories, rows: inputs.rows, scratch }
    const draw = { seed: options.seed ?? 1, laneBase: 0, steps, stepStride: 8, hasPilots: 0, stopFactor: 1 }
    const outcome = { actions, logProbs, scores, probabilities, values }
    const describeJob = (recurrentState: number) => {
      writeBlock(ACTING, { buffer: memory.buffer, at: job }, { ...given, ...draw, ...outcome, recurrentState })
      return job
    }

    const greedyAt = placeFloats(before)
    policy.actGreedily(describeJob(greedyAt))
    const greedy = {
      greedy: actionsNow(),
      scores: floatsAt(scores, entries),
      greedyState: floatsAt(greedyAt, before.length),
    }
    const state = placeFloats(before)
    if (spec.valueHidden !== null) policy.evaluateStates(describeJob(state))
    const critics = { evaluated: floatsAt(values, criticLength), evaluatedState: floatsAt(state, before.length) }
    new Uint8Array(memory.buffer).fill(0xff, probabilities, scores)
    const status = policy.act(describeJob(state))
    return {
      ...greedy,
      ...critics,
      status,
      /** whether nothing was written behind the scratch */
      keptToScratch: new Uint8Array(memory.buffer, behindScratch, 64).every((byte) => byte === 0xff),
      sampled: actionsNow(),
      logProbs: floatsAt(logProbs, entries),
      /** [rows, A, O] */
      values: floatsAt(values, criticLength),
      probabilities: floatsAt(probabilities, 4 * entries),
      recurrentState: floatsAt(state, before.length),
    }
  }
}
