import { type BlockValues, writeBlock } from '@vigil/blocks'
import type { Dataset, Split } from '@vigil/data'
import {
  compileConstraints,
  contextSize,
  ENVIRONMENT_PLAN_BYTES,
  type EnvironmentSpec,
  STEP,
  WALK,
  writeConstraints,
  writeEnvironmentPlan,
} from '@vigil/env-wasm'
import {
  ACTING,
  type NetworkSpec,
  networkPlanBytes,
  parameterLayout,
  recurrentStateSize,
  scratchBytes,
  valueOutputCount,
  writeNetworkPlan,
} from '@vigil/policy-wasm'
import { EVALUATION, type EvaluationFields, ROLLOUT, type RolloutFields, TEAM } from './blocks.ts'
import { actorError } from './errors.ts'
import { placeResponse } from './response-memory.ts'
import { placeSites, type SiteMemory } from './site-memory.ts'

/** Bytes below this belong to the static data of the three modules (their `memoryBase` options). */
const STATIC_BYTES = 65536

/** A WebAssembly memory ends at 4 GiB. */
const MEMORY_BYTES_MAX = 2 ** 32

/**
 * Inputs of a dataset that lie in the memory at most. There they are a second copy; larger ones stay where they were loaded,
 * and the host copies the rows of each step.
 */
const INSIDE_BYTES_MAX = 2 ** 30

const PAGE_BYTES = 65536

/** What the actors run: one team, its environment, and how the work is cut. */
export type ActorSettings = {
  readonly dataset: Dataset
  readonly network: NetworkSpec
  readonly environment: EnvironmentSpec
  /** Shards of `lanesPerShard` lanes each; fixed by the config, not by the number of threads. */
  readonly shards: number
  /** E, lanes of one shard. */
  readonly lanesPerShard: number
  /** T, steps of one rollout. */
  readonly stepsPerRollout: number
  /** Whether the training streams are to be walked too, to learn from what might have been done in them. Default: no. */
  readonly walksTraining?: boolean
  /** Bytes of inputs from which on the dataset stays outside the memory; absent = INSIDE_BYTES_MAX */
  readonly insideBytesMax?: number
}

/** The splits that are evaluated. */
export type EvaluationSplit = 'validation' | 'test'

/** Byte offsets of everything in the shared memory. */
export type MemoryLayout = {
  readonly bytes: number
  /** Whether the dataset's inputs lie outside. */
  readonly rowsOutside: boolean
  readonly dense: number
  readonly categorical: number
  readonly environmentPlan: number
  /** bytes of a lane's record */
  readonly laneBytes: number
  /** Room for three policies: one that collects, one that is evaluated, and the next one. */
  readonly parameters: readonly [number, number, number]
  readonly shards: readonly ShardLocation[]
  readonly evaluations: readonly number[]
  readonly evaluationFields: readonly EvaluationFields[]
  readonly segments: number
  readonly splits: Readonly<Record<'train' | EvaluationSplit, { readonly rows: number }>>
  readonly evaluationActions: number
  readonly evaluationScores: number
  /** Where training streams are walked, else null: contexts f32 [n, K] and probabilities f32 [n, A, 4] by position. */
  readonly views: { readonly contexts: number; readonly probabilities: number } | null
  /** Where actions have consequences, else null: ledgers f64 [streams, 8] and votes u8 [A] of an evaluation. */
  readonly consequences: { readonly ledgers: number; readonly votes: number } | null
  /** The order of events where streams share analysts, else null. */
  readonly sites: SiteMemory | null
  /** Fills plan blocks, dataset and jobs into a fresh memory. */
  readonly initialise: (memory: WebAssembly.Memory) => void
}

/** Where one shard lives. Its two areas take turns: one is committed, the other is being worked on. */
export type ShardLocation = {
  readonly job: number
  readonly areas: readonly [ShardArea, ShardArea]
  readonly laneBase: number
  readonly fields: RolloutFields
}

/** All that a shard carries from one rollout to the next: lane records [E], and recurrent state f32 [E, A, H]. */
export type ShardArea = { readonly lanes: number; readonly recurrentState: number }

/**
 * Decides where everything lies, before a byte is allocated.
 *
 * @throws {VigilError} MEMORY when it cannot fit
 * @throws {VigilError} SPECIFICATION
 * @throws {VigilError} CONSEQUENCES, SITES
 */
export function layOutMemory(settings: ActorSettings): MemoryLayout {
  const { dataset, network, environment } = settings

  let next = STATIC_BYTES
  const place = (bytes: number) => {
    const at = next
    next += Math.ceil(bytes / 64) * 64
    return at
  }
  const sites = placeSites(settings, place)
  const constraints = compileConstraints(environment, sites?.slotCount)
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
  // The greedy walk watches only what its context shows. Where actions have consequences that is nothing: a lane's windows go on
  // across streams, and which stream follows which in a walk is the actors' affair.
  const isWatched = environment.observeConstraints && environment.response === null
  const watchBytes = isWatched ? constraints.watchBytes : 0

  const placeSplit = (split: Split) => ({
    split,
    rows: place(split.rows.byteLength),
    streamStarts: place(split.streamStarts.byteLength),
  })
  const placeArea = () => ({ lanes: place(E * laneBytes), recurrentState: place(E * stateBytes) })
  const inputBytes = dataset.dense.byteLength + dataset.categorical.byteLength
  const rowsOutside = inputBytes > (settings.insideBytesMax ?? INSIDE_BYTES_MAX)
  const dense = place(rowsOutside ? 0 : dataset.dense.byteLength)
  const categorical = place(rowsOutside ? 0 : dataset.categorical.byteLength)
  const labels = place(dataset.labels.byteLength)
  const splits = {
    train: placeSplit(dataset.splits.train),
    validation: placeSplit(dataset.splits.validation),
    test: placeSplit(dataset.splits.test),
  }
  const environmentPlan = place(ENVIRONMENT_PLAN_BYTES)
  const constraintBlock = place(constraints.blockBytes)
  const policyPlan = place(networkPlanBytes(network))
  const team = place(TEAM.bytes)
  const parameterBytes = 4 * A * parameterLayout(network).parametersPerAgent
  const parameters = [place(parameterBytes), place(parameterBytes), place(parameterBytes)] as const
  const { train, validation, test } = dataset.splits
  const walked = settings.walksTraining === true ? [train, validation, test] : [validation, test]
  const evaluationRows = Math.max(...walked.map(({ rows }) => rows.length))
  const segments = place(8 * evaluationRows)
  const evaluationActions = place(evaluationRows * A)
  const evaluationScores = place(4 * evaluationRows * A)
  const views =
    settings.walksTraining === true
      ? { contexts: place(4 * train.rows.length * K), probabilities: place(16 * train.rows.length * A) }
      : null

  const response = placeResponse(settings, place)

  const critic = network.valueHidden !== null
  const placeActing = (own: Partial<BlockValues<(typeof ACTING)['fields']>>) => ({
    at: place(ACTING.bytes),
    fields: {
      plan: policyPlan,
      parameters: 0,
      x: place(4 * E * (D + K)),
      categories: place(2 * E * C),
      rows: E,
      scratch: place(scratchBytes(network)),
      recurrentState: 0,
      actions: 0,
      logProbs: 0,
      scores: 0,
      probabilities: place(16 * E * A),
      values: 0,
      seed: environment.seed,
      laneBase: 0,
      steps: 0,
      stepStride: laneBytes,
      hasPilots: environment.response === null ? 0 : 1,
      stopFactor: 1,
      ...own,
    },
  })
  const placeStep = (laneBase: number, probabilities: number) => ({
    at: place(STEP.bytes),
    fields: {
      plan: environmentPlan,
      lanes: 0,
      count: E,
      laneBase,
      actions: 0,
      probabilities,
      rewards: 0,
      expectedRewards: 0,
      teamActions: 0,
      terminated: 0,
      truncated: 0,
      nextRows: place(4 * E),
      nextContext: place(4 * E * K),
      robustness: 0,
      registers: place(constraints.registerBytes),
    },
  })
  const shards = Array.from({ length: settings.shards }, (_, shard) => {
    const laneBase = shard * E
    const acting = placeActing({ laneBase })
    const step = placeStep(laneBase, acting.fields.probabilities)
    return {
      job: place(ROLLOUT.bytes),
      areas: [placeArea(), placeArea()] as const,
      laneBase,
      acting,
      step,
      fields: {
        team,
        acting: acting.at,
        step: step.at,
        stepCount: settings.stepsPerRollout,
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
    }
  })
  const evaluationActing = shards.map(() =>
    placeActing({ recurrentState: place(E * stateBytes), actions: place(E * A), scores: place(4 * E * A) }),
  )
  const evaluationFields = evaluationActing.map((acting) => ({
    team,
    acting: acting.at,
    laneCount: E,
    splitRows: 0,
    context: place(4 * E * K),
    watch: place(E * watchBytes),
    registers: place(constraints.registerBytes),
    rows: place(4 * E),
    positions: place(4 * E),
    ends: place(4 * E),
    actions: evaluationActions,
    scores: evaluationScores,
    walk: response === null ? 0 : place(WALK.bytes),
    states: response === null ? 0 : place(E * constraints.stateBytes),
    segmentNumbers: response === null ? 0 : place(4 * E),
    ledgers: response?.ledgers ?? 0,
    firstSegment: 0,
    votes: response?.votes ?? 0,
    contexts: 0,
    probabilities: 0,
  }))
  const evaluations = evaluationFields.map(() => place(EVALUATION.bytes))
  const bytes = Math.ceil(next / PAGE_BYTES) * PAGE_BYTES
  if (bytes > MEMORY_BYTES_MAX) {
    throw actorError(
      'MEMORY',
      `The row numbers and labels of ${dataset.rowCount} rows and the buffers need ${(bytes / 2 ** 30).toFixed(1)} GiB, but one WebAssembly memory holds 4 GiB. Use fewer rows, shorter rollouts or fewer agents.`,
    )
  }

  const initialise = (memory: WebAssembly.Memory) => {
    const { buffer } = memory
    if (!rowsOutside) {
      new Float32Array(buffer, dense, dataset.dense.length).set(dataset.dense)
      new Uint16Array(buffer, categorical, dataset.categorical.length).set(dataset.categorical)
    }
    new Uint8Array(buffer, labels, dataset.labels.length).set(dataset.labels)
    for (const { split, rows, streamStarts } of Object.values(splits)) {
      new Uint32Array(buffer, rows, split.rows.length).set(split.rows)
      new Uint32Array(buffer, streamStarts, split.streamStarts.length).set(split.streamStarts)
    }
    writeConstraints(constraints, environment, { buffer, at: constraintBlock })
    writeEnvironmentPlan(
      { spec: environment, constraints },
      {
        rows: splits.train.rows,
        rowCount: train.rows.length,
        streamStarts: splits.train.streamStarts,
        streamCount: train.streamStarts.length - 1,
        labels,
        constraints: constraintBlock,
        ...(response === null ? {} : { response: response.location }),
        ...(sites === null ? {} : { site: sites.at.train }),
      },
      { buffer, at: environmentPlan },
    )
    response?.initialise(buffer)
    sites?.initialise(buffer, splits)
    writeNetworkPlan(network, { buffer, at: policyPlan })
    writeBlock(
      TEAM,
      { buffer, at: team },
      {
        environmentPlan,
        agentCount: A,
        denseCount: D,
        columnCount: C,
        contextSize: K,
        hasCritic: critic ? 1 : 0,
        rowsOutside: rowsOutside ? 1 : 0,
        dense,
        categorical,
        stateBytes,
        valueOutputs: O,
        specificationCount,
        watchBytes,
        walkBytes: constraints.stateBytes,
        isSite: sites === null ? 0 : 1,
      },
    )
    for (const { job, acting, step, fields } of shards) {
      writeBlock(ACTING, { buffer, at: acting.at }, acting.fields)
      writeBlock(STEP, { buffer, at: step.at }, step.fields)
      writeBlock(ROLLOUT, { buffer, at: job }, fields)
    }
    for (const { at, fields } of evaluationActing) writeBlock(ACTING, { buffer, at }, fields)
    for (const [i, fields] of evaluationFields.entries()) {
      writeEvaluation(memory, evaluations[i], fields)
      if (fields.walk > 0) writeBlock(WALK, { buffer, at: fields.walk }, { ...NOWHERE, plan: environmentPlan })
    }
  }

  return {
    bytes,
    rowsOutside,
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
    views,
    consequences: response && { ledgers: response.ledgers, votes: response.votes },
    sites,
    initialise,
  }
}

/** A walk that has not begun. */
const NOWHERE = { state: 0, rows: 0, position: 0, end: 0, actions: 0, ledger: 0, context: 0, site: 0 }

/** Writes one `Evaluation` block. */
export function writeEvaluation(memory: WebAssembly.Memory, job: number, fields: EvaluationFields): void {
  writeBlock(EVALUATION, { buffer: memory.buffer, at: job }, fields)
}
