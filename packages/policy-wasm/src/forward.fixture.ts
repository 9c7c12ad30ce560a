/** Runs the forward pass of the module on rows of inputs, for tests only. */
import { compilePolicy, instantiatePolicy } from './module.ts'
import { type NetworkSpec, recurrentStateSize, valueOutputCount } from './network.ts'
import { planWords, scratchBytes, writePlan } from './plan.ts'

/** x and categories of some rows. */
export type Inputs = { readonly rows: number; readonly dense: Float32Array; readonly categories: Uint16Array }

/** What to run; `recurrent` is the state [rows, A, S] before the step, zeros by default. */
type Run = {
  readonly spec: NetworkSpec
  readonly parameters: Float32Array
  readonly inputs: Inputs
  readonly recurrent?: Float32Array
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
    const before = options.recurrent ?? new Float32Array(entries * recurrentStateSize(spec))
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
    const plan = place(planWords(spec) * 4)
    writePlan(spec, new Int32Array(memory.buffer, plan, planWords(spec)))
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
    const common = [plan, weights, x, categories, inputs.rows, scratch] as const

    const greedyState = placeFloats(before)
    policy.actGreedily(...common, greedyState, actions, scores, probabilities)
    const greedy = {
      greedy: actionsNow(),
      scores: floatsAt(scores, entries),
      greedyRecurrent: floatsAt(greedyState, before.length),
    }
    const state = placeFloats(before)
    if (spec.valueHidden !== null) policy.evaluateStates(...common, state, values)
    const critics = { evaluated: floatsAt(values, criticLength), evaluatedRecurrent: floatsAt(state, before.length) }
    new Uint8Array(memory.buffer).fill(0xff, probabilities, scores)
    const draw = [options.seed ?? 1, 0, steps, 8] as const
    const status = policy.act(...common, state, ...draw, actions, logProbs, probabilities, values)
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
      recurrent: floatsAt(state, before.length),
    }
  }
}
