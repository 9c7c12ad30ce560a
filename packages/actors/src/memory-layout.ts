import type { Dataset, Split } from '@vigil/data'
import {
  compileConstraints,
  contextSize,
  type EnvironmentSpec,
  PLAN_WORDS,
  writeConstraints,
  writePlan,
} from '@vigil/env-wasm'
import {
  type NetworkSpec,
  parameterLayout,
  planWords,
  recurrentStateSize,
  scratchBytes,
  valueOutputCount,
  writePlan as writePolicyPlan,
} from '@vigil/policy-wasm'
import { ActorError } from './errors.ts'

/** Bytes below this belong to the static data of the three modules (their `memoryBase` options). */
const STATIC_BYTES = 65536

/** A WebAssembly memory ends at 4 GiB. */
const MEMORY_BYTES_MAX = 2 ** 32

const PAGE_BYTES = 65536

/** What the actors run: one team, its environment, and how the work is cut. */
export type ActorSettings = {
  readonly dataset: Dataset
  readonly network: NetworkSpec
  readonly environment: EnvironmentSpec
  /** S, shards of `lanesPerShard` lanes each; fixed by the config, not by the number of threads. */
  readonly shards: number
  /** E, lanes of one shard. */
  readonly lanesPerShard: number
  /** T, steps of one rollout. */
  readonly stepsPerRollout: number
}

/** The splits that can be evaluated. */
export type EvaluationSplit = 'validation' | 'test'

/** Byte offsets of everything in the shared memory. */
export type MemoryLayout = {
  readonly bytes: number
  readonly dense: number
  readonly categorical: number
  readonly environmentPlan: number
  /** bytes of a lane's record */
  readonly laneBytes: number
  /** Room for three policies: one that collects, one that is evaluated, and the next one. */
  readonly parameters: readonly [number, number, number]
  readonly shards: readonly ShardLocation[]
  readonly evaluations: readonly number[]
  readonly evaluationFields: readonly Readonly<Record<EvaluationField, number>>[]
  readonly segments: number
  readonly splits: Readonly<Record<'train' | EvaluationSplit, { readonly rows: number }>>
  readonly evaluationActions: number
  readonly evaluationScores: number
  /** Fills plan blocks, dataset and jobs into a fresh memory. */
  readonly initialise: (memory: WebAssembly.Memory) => void
}

/** Where one shard lives. Its two areas take turns: one is committed, the other is being worked on. */
export type ShardLocation = {
  readonly job: number
  readonly areas: readonly [ShardArea, ShardArea]
  readonly laneBase: number
  readonly fields: Readonly<Record<RolloutField, number>>
}

/** All that a shard carries from one rollout to the next: lane records [E], and recurrent state f32 [E, A, S]. */
export type ShardArea = { readonly lanes: number; readonly recurrent: number }

/** Fields of `Team`, `Rollout` and `Evaluation` in the order of assembly/{team,rollout,evaluation}.ts. */
const TEAM_FIELDS = [
  'environmentPlan',
  'policyPlan',
  'agentCount',
  'denseCount',
  'columnCount',
  'contextSize',
  'hasCritic',
  'seed',
  'dense',
  'categorical',
  'laneStride',
  'stateBytes',
  'valueOutputs',
  'specificationCount',
  'watchBytes',
] as const
const ROLLOUT_FIELDS = [
  'team',
  'laneCount',
  'laneBase',
  'stepCount',
  'x',
  'categories',
  'scratch',
  'probabilities',
  'nextRows',
  'nextContext',
  'bootstrap',
  'registers',
  'rows',
  'context',
  'actions',
  'logProbs',
  'values',
  'nextValues',
  'rewards',
  'expectedRewards',
  'teamActions',
  'terminated',
  'truncated',
  'robustness',
] as const
const EVALUATION_FIELDS = [
  'team',
  'laneCount',
  'splitRows',
  'x',
  'categories',
  'scratch',
  'probabilities',
  'context',
  'recurrent',
  'watch',
  'registers',
  'rows',
  'positions',
  'ends',
  'stepActions',
  'stepScores',
  'actions',
  'scores',
] as const

type RolloutField = (typeof ROLLOUT_FIELDS)[number]
export type EvaluationField = (typeof EVALUATION_FIELDS)[number]

/**
 * Decides where everything lies, before a byte is allocated.
 *
 * @throws {ActorError} MEMORY when it cannot fit
 * @throws {EnvironmentError} SPECIFICATION
 */
export function layOutMemory(settings: ActorSettings): MemoryLayout {
  const { dataset, network, environment } = settings
  const constraints = compileConstraints(environment)
  const { specificationCount, laneBytes } = constraints
  const K = contextSize(environment)
  const D = dataset.denseNames.length
  const C = dataset.categoricalColumns.length
  const A = network.agentCount
  const E = settings.lanesPerShard
  const events = E * settings.stepsPerRollout
  const stateBytes = 4 * A * recurrentStateSize(network)
  const decisions = events * A
  const O = valueOutputCount(network)
  // The greedy walk watches only what its context shows.
  const watchBytes = environment.observeConstraints ? constraints.watchBytes : 0

  let next = STATIC_BYTES
  const place = (bytes: number) => {
    const at = next
    next += Math.ceil(bytes / 64) * 64
    return at
  }
  const placeSplit = (split: Split) => ({
    split,
    rows: place(split.rows.byteLength),
    streamStarts: place(split.streamStarts.byteLength),
  })
  const placeArea = () => ({ lanes: place(E * laneBytes), recurrent: place(E * stateBytes) })
  const placeStep = () => ({
    x: place(4 * E * (D + K)),
    categories: place(2 * E * C),
    scratch: place(scratchBytes(network)),
    probabilities: place(16 * E * A),
    registers: place(constraints.registerBytes),
  })

  const dense = place(dataset.dense.byteLength)
  const categorical = place(dataset.categorical.byteLength)
  const labels = place(dataset.labels.byteLength)
  const splits = {
    train: placeSplit(dataset.splits.train),
    validation: placeSplit(dataset.splits.validation),
    test: placeSplit(dataset.splits.test),
  }
  const environmentPlan = place(4 * PLAN_WORDS)
  const constraintBlock = place(constraints.blockBytes)
  const policyPlan = place(4 * planWords(network))
  const team = place(4 * TEAM_FIELDS.length)
  const parameterBytes = 4 * A * parameterLayout(network).parametersPerAgent
  const parameters = [place(parameterBytes), place(parameterBytes), place(parameterBytes)] as const
  const evaluationRows = Math.max(dataset.splits.validation.rows.length, dataset.splits.test.rows.length)
  const segments = place(8 * evaluationRows)
  const evaluationActions = place(evaluationRows * A)
  const evaluationScores = place(4 * evaluationRows * A)

  const critic = network.valueHidden !== null
  const shards = Array.from({ length: settings.shards }, (_, shard) => ({
    job: place(4 * ROLLOUT_FIELDS.length),
    areas: [placeArea(), placeArea()] as const,
    laneBase: shard * E,
    fields: {
      team,
      laneCount: E,
      laneBase: shard * E,
      stepCount: settings.stepsPerRollout,
      ...placeStep(),
      nextRows: place(4 * E),
      nextContext: place(4 * E * K),
      bootstrap: place(4 * E * A * O),
      rows: place(4 * events),
      context: place(4 * events * K),
      actions: place(decisions),
      logProbs: place(4 * decisions),
      values: place(critic ? 4 * decisions * O : 0),
      nextValues: place(critic ? 4 * decisions * O : 0),
      rewards: place(4 * decisions),
      expectedRewards: place(4 * decisions),
      teamActions: place(events),
      terminated: place(events),
      truncated: place(events),
      robustness: place(4 * events * specificationCount),
    },
  }))
  const evaluationFields = Array.from({ length: settings.shards }, () => ({
    team,
    laneCount: E,
    splitRows: 0,
    ...placeStep(),
    context: place(4 * E * K),
    recurrent: place(E * stateBytes),
    watch: place(E * watchBytes),
    rows: place(4 * E),
    positions: place(4 * E),
    ends: place(4 * E),
    stepActions: place(E * A),
    stepScores: place(4 * E * A),
    actions: evaluationActions,
    scores: evaluationScores,
  }))
  const evaluations = evaluationFields.map(() => place(4 * EVALUATION_FIELDS.length))
  const bytes = Math.ceil(next / PAGE_BYTES) * PAGE_BYTES
  if (bytes > MEMORY_BYTES_MAX) {
    throw new ActorError(
      'MEMORY',
      `The dataset of ${dataset.rowCount} rows and the buffers need ${(bytes / 2 ** 30).toFixed(1)} GiB, but one WebAssembly memory holds 4 GiB. Use fewer rows or fewer features.`,
    )
  }

  const initialise = (memory: WebAssembly.Memory) => {
    const { buffer } = memory
    new Float32Array(buffer, dense, dataset.dense.length).set(dataset.dense)
    new Uint16Array(buffer, categorical, dataset.categorical.length).set(dataset.categorical)
    new Uint8Array(buffer, labels, dataset.labels.length).set(dataset.labels)
    for (const { split, rows, streamStarts } of Object.values(splits)) {
      new Uint32Array(buffer, rows, split.rows.length).set(split.rows)
      new Uint32Array(buffer, streamStarts, split.streamStarts.length).set(split.streamStarts)
    }
    const train = dataset.splits.train
    writeConstraints(constraints, environment, { buffer, at: constraintBlock })
    writePlan(
      { spec: environment, constraints },
      {
        rows: splits.train.rows,
        rowCount: train.rows.length,
        streamStarts: splits.train.streamStarts,
        streamCount: train.streamStarts.length - 1,
        labels,
        constraints: constraintBlock,
      },
      new Uint32Array(buffer, environmentPlan, PLAN_WORDS),
    )
    writePolicyPlan(network, new Int32Array(buffer, policyPlan, planWords(network)))
    writeFields(buffer, team, TEAM_FIELDS, {
      environmentPlan,
      policyPlan,
      agentCount: A,
      denseCount: D,
      columnCount: C,
      contextSize: K,
      hasCritic: critic ? 1 : 0,
      seed: environment.seed,
      dense,
      categorical,
      laneStride: laneBytes,
      stateBytes,
      valueOutputs: O,
      specificationCount,
      watchBytes,
    })
    for (const shard of shards) writeFields(buffer, shard.job, ROLLOUT_FIELDS, shard.fields)
    for (const [i, fields] of evaluationFields.entries()) writeEvaluation(memory, evaluations[i], fields)
  }

  return {
    bytes,
    dense,
    categorical,
    environmentPlan,
    laneBytes,
    parameters,
    shards,
    evaluations,
    evaluationFields,
    segments,
    splits,
    evaluationActions,
    evaluationScores,
    initialise,
  }
}

/** Writes one `Evaluation` block. */
export function writeEvaluation(
  memory: WebAssembly.Memory,
  job: number,
  fields: Readonly<Record<EvaluationField, number>>,
): void {
  writeFields(memory.buffer, job, EVALUATION_FIELDS, fields)
}

function writeFields<Name extends string>(
  buffer: ArrayBufferLike,
  at: number,
  order: readonly Name[],
  fields: Readonly<Record<Name, number>>,
): void {
  const words = new Uint32Array(buffer, at, order.length)
  for (const [i, name] of order.entries()) words[i] = fields[name]
}
