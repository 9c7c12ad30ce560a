import { writeBlock } from '@vigil/blocks'
import {
  compileConstraints,
  compileEnvironment,
  contextSize,
  ENVIRONMENT_PLAN_BYTES,
  type EnvironmentSpec,
  instantiateEnvironment,
  RESPONSE_BYTES,
  STREAM_STATE,
  WALK,
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
import { createLiveResponse, type LiveResponse } from './live-response.ts'

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
  /** Shows the team's decision about a row to the context [K] that an array begins with, as an evaluation does where actions have no consequences. */
  absorb(row: number, context: Float32Array): void
  /** What streams are shown to be where actions have consequences; null elsewhere. */
  readonly response: LiveResponse | null
}

const STATIC_BYTES = 65536
const PAGE_BYTES = 65536

/**
 * Puts a team into memory.
 *
 * @param rowCount most rows that are decided at once
 * @throws {VigilError} UNDECIDABLE where the team sees what nobody knows live, or is too large; NOT_BUILT
 */
export async function createLiveTeam(bundle: Bundle, rowCount: number): Promise<LiveTeam> {
  assertDecidable(bundle)
  const { network, stopFactor } = bundle
  const environment = liveEnvironment(bundle)
  const agentCount = network.agentCount
  const columnCount = network.vocabularySizes.length
  const contextCount = contextSize(bundle.environment)
  const stateCount = agentCount * recurrentStateSize(network)
  const { at, pages } = layOut(bundle, rowCount)
  const memory = memoryOf(pages)
  const { buffer } = memory
  const policy = instantiatePolicy(await compilePolicy(), memory)
  const environments = instantiateEnvironment(await compileEnvironment(), memory)
  initialise(bundle, environment, { buffer, at })
  const floats = (from: number, length: number) => new Float32Array(buffer, from, length)
  const shown = floats(at.context, contextCount)
  environments.beginLane(at.environmentPlan, 0, at.context)
  const response =
    environment.response === null
      ? null
      : createLiveResponse(
          environments,
          buffer,
          { walk: at.walk, state: at.state, ratios: at.ratios, actions: at.walkActions, context: at.context },
          {
            ...{ agentCount, headCount: contextSize(environment), isAtOnce: environment.response.analystDelay === 0 },
            teamAction: () => environments.teamAction(at.environmentPlan, at.walkActions),
          },
        )
  const firstContext = shown.slice().fill(1, contextSize(environment))
  return {
    ...{ agentCount, contextCount, columnCount, stateCount, firstContext, response },
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
      for (let i = 0; i < contextCount; i++) shown[i] = context[i]
      environments.absorb(at.environmentPlan, 0, at.actions + row * agentCount, 0, at.context, 0)
      for (let i = 0; i < contextCount; i++) context[i] = shown[i]
    },
  }
}

function memoryOf(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (cause) {
    throw serviceError(
      'UNDECIDABLE',
      `This team needs ${Math.ceil((pages * PAGE_BYTES) / 2 ** 20)} MiB of WebAssembly's memory, which are not to be had. Train a smaller one, or give createDecider fewer rows.`,
      { cause },
    )
  }
}

/** Nothing is specified live: the critics alone see robustness, and the policies' weights for it are zero. */
function liveEnvironment({ environment }: Bundle): EnvironmentSpec {
  // Verdicts are those that come: the analyst of the environment would find what is true of rows that are no threats.
  const response = environment.response && { ...environment.response, analystAccuracy: 1 }
  return { ...environment, response, specifications: [], observeConstraints: false }
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
    /** Two rows that are no threats, in one stream. */
    rows: place(8),
    starts: place(8),
    labels: place(2),
    response: place(RESPONSE_BYTES),
    ratios: place(8),
    ahead: place(8),
    walk: place(WALK.bytes),
    state: place(STREAM_STATE.bytes),
    walkActions: place(agentCount),
  }
  return { at, pages: Math.ceil(next / PAGE_BYTES) }
}

/** Writes what does not change from one event to the next. */
function initialise(
  { network, parameters, belief }: Bundle,
  environment: EnvironmentSpec,
  { buffer, at }: { readonly buffer: ArrayBufferLike; readonly at: ReturnType<typeof layOut>['at'] },
): void {
  writeNetworkPlan(network, { buffer, at: at.plan })
  new Float32Array(buffer, at.parameters, parameters.length).set(parameters)
  new Uint32Array(buffer, at.rows, 2).set([0, 1])
  new Uint32Array(buffer, at.starts, 2).set([0, 2])
  const ratios = environment.showsBelief ? at.ratios : 0
  const responseAt = { at: at.response, ratios, multipliers: 0, benignAhead: at.ahead, hazard: belief?.hazard ?? 0 }
  writeEnvironmentPlan(
    { spec: environment, constraints: compileConstraints(environment) },
    {
      ...{ rows: at.rows, rowCount: 2, streamStarts: at.starts, streamCount: 1, labels: at.labels, constraints: 0 },
      ...(environment.response === null ? {} : { response: responseAt }),
    },
    { buffer, at: at.environmentPlan },
  )
  writeBlock(
    WALK,
    { buffer, at: at.walk },
    {
      ...{ plan: at.environmentPlan, state: at.state, rows: at.rows, position: 0, end: 2, actions: at.walkActions },
      ...{ ledger: 0, context: at.context, site: 0 },
    },
  )
}

function assertDecidable({ environment, network, parameters, belief }: Bundle): void {
  if (environment.showsBelief && belief === null) {
    throw serviceError(
      'UNDECIDABLE',
      'This team sees a belief that only the generator of its events knows. Train with --belief=learnt, or without belief.',
    )
  }
  if (environment.response?.layout === 'site') {
    throw serviceError(
      'UNDECIDABLE',
      'This team sees what all streams of its site share, which is not kept here. Train with --response.layout=stream.',
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
