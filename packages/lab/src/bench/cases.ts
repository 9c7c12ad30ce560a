import { fileURLToPath } from 'node:url'
import type { LabConfigInput } from '@vigil/config'
import type { BackendName } from '@vigil/engine'
import type { WorkloadName } from './workload.ts'

/** The parts of the suite that can be chosen. */
export const GROUPS = ['environment', 'rollout', 'training', 'recipe', 'lstm', 'tfjs', 'peer', 'time-to-f1'] as const
type Group = (typeof GROUPS)[number]

/** One thing to measure, in a process of its own, so that its peak memory is its own. */
export type BenchCase =
  | { readonly kind: 'environment'; readonly watched: boolean }
  | {
      readonly kind: 'rollout'
      readonly workload: WorkloadName
      readonly actors: number
      /** false = without V8's revectoriser */
      readonly revectorise: boolean
    }
  | { readonly kind: 'training'; readonly workload: WorkloadName; readonly change: LabConfigInput }
  | {
      readonly kind: 'peer'
      readonly command: string
      readonly workload: 'dense' | 'critic' | 'lstm'
      readonly engine: 'native' | 'portable'
      readonly threads: number
    }
  | { readonly kind: 'time-to-f1'; readonly data: string; readonly seed: number }

/** What to measure. */
export type BenchPlan = {
  readonly groups: readonly Group[]
  /** Most actors, and most threads of the engines on cores. */
  readonly cores: number
  /** Whether the native engine is built here. */
  readonly hasNative: boolean
  /** Command line of another program for the group `peer`; null leaves it out. */
  readonly peer: string | null
  /** Of the group `tfjs`. */
  readonly backends: readonly BackendName[]
  /** Rows of a minibatch in the group `tfjs`. */
  readonly minibatches: readonly number[]
  /** Folder of DARPA TC events; null leaves out the group `time-to-f1`. */
  readonly data: string | null
}

/** The portable engine beside itself, which tells what V8's revectoriser brings. */
const WITHOUT_REVECTORISER = `"${process.execPath}" "${fileURLToPath(new URL('./portable-peer.ts', import.meta.url))}"`

const SEEDS = [1, 2, 3]

/** The suite, in the order of its table. */
export function casesOf(plan: BenchPlan): BenchCase[] {
  const { cores, data, peer } = plan
  const counts = countsUpTo(cores)
  const on = (engine: 'native' | 'portable', workload: WorkloadName, threads: number): BenchCase => ({
    kind: 'training',
    workload,
    change: { engine, actors: threads, engineThreads: Math.min(threads, 8) },
  })
  const engines = plan.hasNative ? (['native', 'portable'] as const) : (['portable'] as const)
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
    rollout: [true, false].flatMap((revectorise) =>
      counts.map((actors): BenchCase => ({ kind: 'rollout', workload: 'dense', actors, revectorise })),
    ),
    training: [
      ...engines.flatMap((engine) => counts.map((threads) => on(engine, 'dense', threads))),
      {
        kind: 'training',
        workload: 'dense',
        change: { engine: 'portable', actors: cores, engineThreads: Math.min(cores, 8), staleness: 1 },
      },
      ...engines.map((engine) => on(engine, 'critic', cores)),
      { kind: 'peer', command: WITHOUT_REVECTORISER, workload: 'dense', engine: 'portable', threads: cores },
    ],
    recipe: engines.flatMap((engine) => [on(engine, 'recipe', cores), on(engine, 'recipe-one-hot', cores)]),
    lstm: engines.flatMap((engine) => counts.map((threads) => on(engine, 'lstm', threads))),
    tfjs: plan.backends.flatMap((backend) => plan.minibatches.map((size) => tfjs(backend, size))),
    peer:
      peer === null
        ? []
        : engines.flatMap((engine) =>
            (['dense', 'critic', 'lstm'] as const).map(
              (workload): BenchCase => ({ kind: 'peer', command: peer, workload, engine, threads: cores }),
            ),
          ),
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
