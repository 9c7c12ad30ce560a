import { writeBlock } from '@vigil/blocks'
import {
  compileConstraints,
  compileEnvironment,
  contextSize,
  ENVIRONMENT_PLAN_BYTES,
  type EnvironmentSpec,
  instantiateEnvironment,
  writeEnvironmentPlan,
} from '@vigil/env-wasm'
import {
  ACTING,
  compilePolicy,
  instantiatePolicy,
  networkPlanBytes,
  parameterLayout,
  recurrentStateSize,
  scratchBytes,
  writeNetworkPlan,
} from '@vigil/policy-wasm'
import type { Bundle } from '@vigil/runs'
import { serviceError } from './errors.ts'

/** The same WebAssembly as in training, over rows of inputs that are filled from outside. Arrays are over its memory. */
export type LiveTeam = {
  readonly agentCount: number
  /** D, K, C */
  readonly denseCount: number
  readonly contextCount: number
  readonly columnCount: number
  /** A H, recurrent state of a row */
  readonly stateCount: number
  /** [rows, D + K] */
  readonly x: Float32Array
  /** [rows, C] */
  readonly categories: Uint16Array
  /** [rows, A, H] before the step, overwritten by that after it */
  readonly recurrentState: Float32Array
  /** [rows, A] */
  readonly actions: Uint8Array
  readonly scores: Float32Array
  /** [K] that a stream begins with */
  readonly firstContext: Float32Array
  /** Greedy actions and scores of rows `from` to `to`. @throws {VigilError} LOGITS */
  act(from: number, to: number): void
  /** Shows the team's decision about a row to a context [K], as an evaluation does. */
  absorb(row: number, context: Float32Array): void
}

const STATIC_BYTES = 65536
const PAGE_BYTES = 65536

/**
 * Puts a team into memory.
 *
 * @param rowCount most rows that are decided at once
 * @throws {VigilError} UNDECIDABLE where the team sees what nobody knows live; NOT_BUILT
 */
export async function createLiveTeam(bundle: Bundle, rowCount: number): Promise<LiveTeam> {
  assertDecidable(bundle)
  const { network, parameters, stopFactor } = bundle
  const environment = liveEnvironment(bundle)
  const agentCount = network.agentCount
  const columnCount = network.vocabularySizes.length
  const contextCount = contextSize(bundle.environment)
  const stateCount = agentCount * recurrentStateSize(network)
  const { at, pages } = layOut(bundle, rowCount)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const { buffer } = memory
  const policy = instantiatePolicy(await compilePolicy(), memory)
  const environments = instantiateEnvironment(await compileEnvironment(), memory)
  writeNetworkPlan(network, { buffer, at: at.plan })
  new Float32Array(buffer, at.parameters, parameters.length).set(parameters)
  new Uint32Array(buffer, at.starts, 2).set([0, 1])
  writeEnvironmentPlan(
    { spec: environment, constraints: compileConstraints(environment) },
    { ...{ rows: at.row, rowCount: 1, streamStarts: at.starts, streamCount: 1, labels: at.label }, constraints: 0 },
    { buffer, at: at.environmentPlan },
  )
  const floats = (from: number, length: number) => new Float32Array(buffer, from, length)
  const shown = floats(at.context, contextCount)
  environments.beginLane(at.environmentPlan, 0, at.context)
  const firstContext = shown.slice().fill(1, contextSize(environment))
  return {
    ...{ agentCount, contextCount, columnCount, stateCount, firstContext },
    denseCount: network.denseSize - contextCount,
    x: floats(at.x, rowCount * network.denseSize),
    categories: new Uint16Array(buffer, at.categories, rowCount * columnCount),
    recurrentState: floats(at.recurrentState, rowCount * stateCount),
    actions: new Uint8Array(buffer, at.actions, rowCount * agentCount),
    scores: floats(at.scores, rowCount * agentCount),
    act(from, to) {
      const entry = from * agentCount
      writeBlock(
        ACTING,
        { buffer, at: at.job },
        {
          ...{ plan: at.plan, parameters: at.parameters, rows: to - from, scratch: at.scratch },
          x: at.x + 4 * from * network.denseSize,
          categories: at.categories + 2 * from * columnCount,
          recurrentState: at.recurrentState + 4 * from * stateCount,
          actions: at.actions + entry,
          scores: at.scores + 4 * entry,
          probabilities: at.probabilities + 16 * entry,
          ...{ logProbs: 0, values: 0, seed: 0, laneBase: 0, steps: 0, stepStride: 0, hasPilots: 0, stopFactor },
        },
      )
      if (policy.actGreedily(at.job) === 0) return
      throw serviceError('LOGITS', 'The weights of the bundle give no number for an event. Train the team again.')
    },
    absorb(row, context) {
      shown.set(context)
      environments.absorb(at.environmentPlan, 0, at.actions + row * agentCount, 0, at.context, 0)
      context.set(shown)
    },
  }
}

/** Nothing is specified live: the critics alone see robustness, and the policies' weights for it are zero. */
function liveEnvironment({ environment }: Bundle): EnvironmentSpec {
  return { ...environment, specifications: [], observeConstraints: false }
}

/** Byte offsets of what a team needs. */
function layOut({ network, environment, parameters }: Bundle, rowCount: number) {
  const { agentCount, denseSize, vocabularySizes } = network
  let next = STATIC_BYTES
  const place = (bytes: number) => {
    const at = next
    next += Math.ceil(bytes / 64) * 64
    return at
  }
  const at = {
    plan: place(networkPlanBytes(network)),
    parameters: place(parameters.byteLength),
    environmentPlan: place(ENVIRONMENT_PLAN_BYTES),
    job: place(ACTING.bytes),
    scratch: place(scratchBytes(network)),
    x: place(4 * rowCount * denseSize),
    categories: place(2 * rowCount * vocabularySizes.length),
    recurrentState: place(4 * rowCount * agentCount * recurrentStateSize(network)),
    actions: place(rowCount * agentCount),
    scores: place(4 * rowCount * agentCount),
    probabilities: place(16 * rowCount * agentCount),
    context: place(4 * contextSize(environment)),
    /** One row that is no threat, in one stream. */
    row: place(4),
    starts: place(8),
    label: place(1),
  }
  return { at, pages: Math.ceil(next / PAGE_BYTES) }
}

function assertDecidable({ environment, network, parameters }: Bundle): void {
  if (environment.response !== null) {
    throw serviceError(
      'UNDECIDABLE',
      'This team was trained in the environment respond: it looks at tickets, verdicts and containment, which service:decide does not follow yet. Decide with a team that was trained in triage.',
    )
  }
  if (environment.mode === 'iid' && network.lstmHidden.length > 0) {
    throw serviceError(
      'UNDECIDABLE',
      'This team remembers events that have nothing to do with each other: it has LSTM layers and was trained on independent events. Train with --episodes=stream.',
    )
  }
  const observed = environment.observeConstraints ? environment.specifications.length : 0
  if (observed === 0) return
  const { slices, parametersPerAgent } = parameterLayout(network)
  const { shape, offset } = slices.find(({ name }) => name === 'policy.dense.0')!
  const [from, to] = [network.denseSize - observed, network.denseSize].map((input) => offset + input * shape[1])
  for (let agent = 0; agent < network.agentCount; agent++) {
    const weights = parameters.subarray(agent * parametersPerAgent + from, agent * parametersPerAgent + to)
    if (weights.every((weight) => weight === 0)) continue
    throw serviceError(
      'UNDECIDABLE',
      'This team sees the robustness of its specifications, which depends on labels, and nobody knows them live. Train with --observe-constraints=critic, the default.',
    )
  }
}
