import {
  type NetworkSpec,
  networkPlanBytes,
  POLICY_STATIC_END,
  parameterLayout,
  STATISTICS_BYTES,
  UPDATE,
  writeNetworkPlan,
} from '@vigil/policy-wasm'
import { engineError } from '../errors.ts'

/**
 * Slices that a minibatch is cut into. Not the number of threads: the gradient is the sum over the slices in their
 * order, so this number is part of the arithmetic. More slices share out better, and each costs a gradient's worth of
 * memory to clear and to add: 8 against 4 cost 2 to 5 % on one thread and saved 7 to 9 % on two.
 */
export const SLICE_COUNT = 8

const PAGE_BYTES = 65536

/** A WebAssembly memory ends at 4 GiB. */
const PAGES_MAX = 65536

/** An empty memory that grows with what is laid out in it. */
export function createSharedMemory(): WebAssembly.Memory {
  return new WebAssembly.Memory({ initial: 1, maximum: PAGES_MAX, shared: true })
}

/**
 * Lays out the workspace of one thread.
 *
 * @param plan      offset of the plan block
 * @param at        where it begins, a multiple of 64; a header there may be written, no more than WORKSPACE_HEADER_BYTES
 * @param stepCount T
 * @returns the first byte behind it, which may lie beyond the memory's end
 */
export type LayOutWorkspace = (plan: number, at: number, stepCount: number) => number

/** The shared memory that all threads of an engine work in; every number is a byte offset. */
export type LearningMemory = {
  readonly memory: WebAssembly.Memory
  readonly update: number
  readonly plan: number
  /** Teams of numbers, [A, agentStride / 4]. */
  readonly parameters: number
  readonly firstMoment: number
  readonly secondMoment: number
  /** 0 without a mask */
  readonly inputMask: number
  /** [A, slices, agentStride / 4] */
  readonly gradients: number
  readonly agentStride: number
  readonly rowShares: number
  readonly statistics: number
  readonly gradientNorms: number
  readonly gradientScales: number
  readonly progress: number
  /** Bytes of arrays up to which they are laid out for many minibatches at once. */
  readonly storedBytesMax: number
  /** One for each thread; they move when the number of steps changes. */
  readonly workspaces: readonly number[]
  /** Overwrites a team of numbers with [A, P]. */
  writeTeam(at: number, values: ArrayLike<number>): void
  /** [A, P], a copy */
  readTeam(at: number): Float32Array
  /** Copies parameters and moments. @returns puts them back */
  keepTeam(): () => void
  /**
   * Lays out the workspaces for a minibatch, and room for its arrays behind everything else, where the arrays of the last
   * call were; the memory grows when it must.
   *
   * @param stepCount T; 1 for a feed-forward network
   * @param counts    numbers in each array
   * @returns views on the room; what is in it is left over
   * @throws {VigilError} MEMORY
   */
  placeBatch<Name extends keyof BatchArrays>(
    stepCount: number,
    counts: Readonly<Record<Name, number>>,
  ): Pick<BatchArrays, Name>
  /**
   * The same for a minibatch whose events lie in arrays that serve many: those come first, and are filled once.
   *
   * @param owner whose arrays they are: until another call lays out others, they are found filled
   * @param fill  fills them
   * @throws {VigilError} MEMORY
   */
  placeSelection<Stored extends keyof BatchArrays, Own extends keyof BatchArrays>(
    owner: object,
    stepCount: number,
    counts: { readonly stored: Readonly<Record<Stored, number>>; readonly own: Readonly<Record<Own, number>> },
    fill: (arrays: Pick<BatchArrays, Stored>) => void,
  ): Pick<BatchArrays, Stored> & Pick<BatchArrays, Own>
}

/** What a minibatch can have, as `Minibatch` and `SupervisedBatch` describe it. */
const BATCH_ARRAYS = {
  storedRows: Uint32Array,
  dense: Float32Array,
  categorical: Uint16Array,
  actions: Uint8Array,
  oldLogProbs: Float32Array,
  advantages: Float32Array,
  valueTargets: Float32Array,
  weights: Float32Array,
  costTargets: Float32Array,
  direct: Float32Array,
  accepted: Uint8Array,
  resets: Uint8Array,
  recurrentState: Float32Array,
} as const

type Numbers<Type> = Type extends Float32ArrayConstructor
  ? Float32Array
  : Type extends Uint32ArrayConstructor
    ? Uint32Array
    : Type extends Uint16ArrayConstructor
      ? Uint16Array
      : Uint8Array

export type BatchArrays = { readonly [Name in keyof typeof BATCH_ARRAYS]: Numbers<(typeof BATCH_ARRAYS)[Name]> }

/** Bytes of arrays of so many numbers. */
export function bytesOf(counts: Readonly<Partial<Record<keyof BatchArrays, number>>>): number {
  const sizes = Object.entries(counts) as [keyof BatchArrays, number][]
  return sizes.reduce((sum, [name, count]) => sum + count * BATCH_ARRAYS[name].BYTES_PER_ELEMENT, 0)
}

/**
 * Lays out the memory of an engine.
 *
 * @param options.memory    as `createSharedMemory` makes it
 * @param options.stepCount T that the workspaces are laid out for at first; 1 for a feed-forward network
 * @param options.inputMask [A, P] or null
 * @param options.storedBytesMax 1 GiB, up to which rollouts too copy the inputs of a dataset as a whole
 * @throws {VigilError} MEMORY when the team, or the workspaces with it, do not fit
 * @throws {VigilError} NETWORK_SPEC
 */
export function createLearningMemory(options: {
  readonly spec: NetworkSpec
  readonly memory: WebAssembly.Memory
  readonly layOutWorkspace: LayOutWorkspace
  readonly threads: number
  readonly stepCount: number
  readonly inputMask: Uint8Array | null
  readonly storedBytesMax?: number
}): LearningMemory {
  const { spec, memory, threads, inputMask, storedBytesMax = 2 ** 30 } = options
  const { agentCount } = spec
  const { parametersPerAgent } = parameterLayout(spec)
  const trunks = agentCount * (spec.valueHidden === null ? 1 : 2)
  // Whole cache lines, and room for the zeros behind the last parameter that the kernels run over.
  const agentStride = align(4 * parametersPerAgent)

  let end = align(POLICY_STATIC_END)
  const place = (bytes: number) => {
    const at = end
    end = align(end + bytes)
    reserve(memory, end, 'Use a smaller network or fewer agents.')
    return at
  }
  const placeTeam = () => place(agentCount * agentStride)

  const plan = place(networkPlanBytes(spec))
  writeNetworkPlan(spec, { buffer: memory.buffer, at: plan })
  const regions = {
    update: place(UPDATE.bytes),
    parameters: placeTeam(),
    firstMoment: placeTeam(),
    secondMoment: placeTeam(),
    inputMask: inputMask === null ? 0 : placeTeam(),
    gradients: place(agentCount * SLICE_COUNT * agentStride),
    rowShares: place(4 * agentCount),
    statistics: place(trunks * SLICE_COUNT * STATISTICS_BYTES),
    gradientNorms: place(8 * trunks),
    gradientScales: place(8 * trunks),
    progress: place(4 * (1 + trunks)),
  }
  const firstWorkspace = end
  let workspaces: number[] = []
  let workspaceSteps = 0
  let stored: { readonly owner: WeakRef<object>; readonly arrays: Partial<BatchArrays>; readonly end: number } | null =
    null
  const layOutWorkspaces = (stepCount: number) => {
    end = firstWorkspace
    workspaceSteps = 0
    workspaces = Array.from({ length: threads }, () => {
      const at = place(WORKSPACE_HEADER_BYTES)
      end = options.layOutWorkspace(plan, at, stepCount)
      reserve(memory, end, shorterWorkspaces(threads, stepCount))
      return at
    })
    workspaceSteps = stepCount
  }
  const placeArrays = <Name extends keyof BatchArrays>(
    from: number,
    counts: Readonly<Record<Name, number>>,
    remedy: string,
  ) => {
    let next = align(from)
    const places = (Object.entries(counts) as [Name, number][]).map(([name, count]) => {
      const at = next
      next = align(next + count * BATCH_ARRAYS[name].BYTES_PER_ELEMENT)
      return { name, at, count }
    })
    reserve(memory, next, remedy)
    const views = places.map(({ name, at, count }) => [name, new BATCH_ARRAYS[name](memory.buffer, at, count)])
    return { arrays: Object.fromEntries(views) as Pick<BatchArrays, Name>, end: next }
  }
  layOutWorkspaces(options.stepCount)

  const agents = (at: number) =>
    Array.from(
      { length: agentCount },
      (_, agent) => new Float32Array(memory.buffer, at + agent * agentStride, parametersPerAgent),
    )
  const writeTeam = (at: number, values: ArrayLike<number>) => {
    for (const [agent, own] of agents(at).entries()) {
      for (let index = 0; index < parametersPerAgent; index++) own[index] = values[agent * parametersPerAgent + index]
    }
  }
  if (inputMask !== null) writeTeam(regions.inputMask, inputMask)

  return {
    memory,
    plan,
    agentStride,
    storedBytesMax,
    ...regions,
    get workspaces() {
      return workspaces
    },
    writeTeam,

    readTeam(at) {
      const values = new Float32Array(agentCount * parametersPerAgent)
      for (const [agent, own] of agents(at).entries()) values.set(own, agent * parametersPerAgent)
      return values
    },

    keepTeam() {
      const states = [regions.parameters, regions.firstMoment, regions.secondMoment].map((at) => ({
        at,
        copy: new Uint8Array(memory.buffer, at, agentCount * agentStride).slice(),
      }))
      return () => {
        for (const { at, copy } of states) new Uint8Array(memory.buffer).set(copy, at)
      }
    },

    placeBatch<Name extends keyof BatchArrays>(stepCount: number, counts: Readonly<Record<Name, number>>) {
      if (stepCount !== workspaceSteps) layOutWorkspaces(stepCount)
      stored = null
      return placeArrays(end, counts, SMALLER_MINIBATCH).arrays
    },

    placeSelection<Stored extends keyof BatchArrays, Own extends keyof BatchArrays>(
      owner: object,
      stepCount: number,
      counts: { readonly stored: Readonly<Record<Stored, number>>; readonly own: Readonly<Record<Own, number>> },
      fill: (arrays: Pick<BatchArrays, Stored>) => void,
    ) {
      if (stepCount !== workspaceSteps) layOutWorkspaces(stepCount)
      if (stored?.owner.deref() !== owner) {
        stored = null
        const placed = placeArrays(end, counts.stored, 'Use fewer rows in an iteration (rowsPerIteration).')
        fill(placed.arrays)
        stored = { ...placed, owner: new WeakRef(owner) }
      }
      const own = placeArrays(stored!.end, counts.own, SMALLER_MINIBATCH)
      return { ...(stored!.arrays as Pick<BatchArrays, Stored>), ...own.arrays }
    },
  }
}

const SMALLER_MINIBATCH = 'Use a smaller minibatch (minibatchSize).'

/** Enough for the addresses that policy.wasm writes into a workspace when it lays it out. */
const WORKSPACE_HEADER_BYTES = 128

/** Up to the next cache line, which two threads should not share. */
function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64
}

/** What decides on the size of the workspaces, for messages. The minibatch does not: each is worked on tile by tile. */
function shorterWorkspaces(threads: number, stepCount: number): string {
  const steps = stepCount === 1 ? '' : `, shorter segments (rolloutSteps, here ${stepCount})`
  return `Use fewer threads (engineThreads, here ${threads})${steps} or narrower layers.`
}

/** Lets the memory grow to at least `bytes`. */
function reserve(memory: WebAssembly.Memory, bytes: number, remedy: string): void {
  const pages = Math.ceil(bytes / PAGE_BYTES)
  if (pages > PAGES_MAX) {
    throw engineError(
      'MEMORY',
      `the engine needs at least ${Math.ceil(bytes / 2 ** 20)} MiB, but a WebAssembly memory ends at 4096 MiB. ${remedy}`,
    )
  }
  const missing = pages - memory.buffer.byteLength / PAGE_BYTES
  if (missing > 0) memory.grow(missing)
}
