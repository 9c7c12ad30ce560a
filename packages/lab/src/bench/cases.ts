import type { LabConfigInput } from '@vigil/config'
import type { BackendName } from '@vigil/engine'
import type { WorkloadName } from './workload.ts'

/** The parts of the suite that can be chosen. */
export const GROUPS = ['environment', 'rollout', 'training', 'recipe', 'lstm', 'tfjs', 'time-to-f1'] as const
type Group = (typeof GROUPS)[number]

/** One thing to measure, in a process of its own, so that its peak memory is its own. */
export type BenchCase =
  | { readonly kind: 'environment'; readonly watched: boolean }
  | { readonly kind: 'rollout'; readonly workload: WorkloadName; readonly actors: number }
  | { readonly kind: 'training'; readonly workload: WorkloadName; readonly change: LabConfigInput }
  | { readonly kind: 'time-to-f1'; readonly data: string; readonly seed: number }

/** What to measure. */
export type BenchPlan = {
  readonly groups: readonly Group[]
  /** Most actors, and most threads of the portable engine. */
  readonly cores: number
  /** Of the group `tfjs`. */
  readonly backends: readonly BackendName[]
  /** Rows of a minibatch in the group `tfjs`. */
  readonly minibatches: readonly number[]
  /** Folder of DARPA TC events; null leaves out the group `time-to-f1`. */
  readonly data: string | null
}

const SEEDS = [1, 2, 3]

/** The suite, in the order of its table. */
export function casesOf(plan: BenchPlan): BenchCase[] {
  const { cores, data } = plan
  const counts = countsUpTo(cores)
  const portable = (workload: WorkloadName, threads: number, change: LabConfigInput = {}): BenchCase => ({
    kind: 'training',
    workload,
    change: { engine: 'portable', actors: threads, engineThreads: Math.min(threads, 8), ...change },
  })
  const tfjs = (backend: BackendName, minibatchSize: number): BenchCase => ({
    kind: 'training',
    workload: 'dense',
    change: {
      engine: 'tfjs',
      backend,
      actors: cores,
      engineThreads: 1,
      minibatchSize,
      rowsPerIteration: Math.max(8192, minibatchSize),
    },
  })
  const groups: Readonly<Record<Group, readonly BenchCase[]>> = {
    environment: [false, true].map((watched) => ({ kind: 'environment', watched })),
    rollout: counts.map((actors) => ({ kind: 'rollout', workload: 'dense', actors })),
    training: [
      ...counts.map((threads) => portable('dense', threads)),
      portable('dense', cores, { staleness: 1 }),
      portable('critic', cores),
    ],
    recipe: [portable('recipe', cores), portable('recipe-one-hot', cores)],
    lstm: counts.map((threads) => portable('lstm', threads)),
    tfjs: plan.backends.flatMap((backend) => plan.minibatches.map((size) => tfjs(backend, size))),
    'time-to-f1': data === null ? [] : SEEDS.map((seed) => ({ kind: 'time-to-f1', data, seed })),
  }
  return GROUPS.filter((group) => plan.groups.includes(group)).flatMap((group) => groups[group])
}

/** 1, 2, 4 and so on below `most`, then `most`: enough to see how speed grows, on machines with many cores too. */
function countsUpTo(most: number): number[] {
  const counts = []
  for (let count = 1; count < most; count *= 2) counts.push(count)
  return [...counts, most]
}
