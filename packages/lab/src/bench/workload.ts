import { type Config, type LabConfigInput, resolveLabConfig } from '@vigil/config'
import type { Dataset, Split } from '@vigil/data'
import { randomStream, randomUnit, randomWord } from '@vigil/random'

/** What the agents see and what they are. */
export type Workload = {
  /** For people. */
  readonly title: string
  readonly dense: number
  /** Vocabulary of each categorical column. */
  readonly vocabularies: readonly number[]
  /** Whether the columns are given as dense one-hot inputs, in front of the numbers. */
  readonly oneHot: boolean
  readonly config: LabConfigInput
}

/** Those of DARPA TC, inputs `behaviour`: 410 in all. */
const BEHAVIOUR = [9, 37, 8, 21, 25, 25, 25, 25, 25, 25, 37, 18, 18, 33, 24, 20, 19, 8, 8]

const ROWS = 60_000

/** 8,192 rows an iteration, four epochs, minibatches of 2,048 rows, rewards of every action as the baseline. */
const COMMON: LabConfigInput = {
  agents: 4,
  policyHidden: [128, 128],
  valueHidden: null,
  baseline: 'counterfactual',
  rowsPerIteration: 8192,
  minibatchSize: 2048,
  epochs: 4,
}

/** The shapes that are measured, by name. */
export const WORKLOADS = {
  dense: { title: '75 numbers, 128-128', dense: 75, vocabularies: [], oneHot: false, config: COMMON },
  critic: {
    title: '75 numbers, 128-128, critic 64-64',
    dense: 75,
    vocabularies: [],
    oneHot: false,
    config: { ...COMMON, valueHidden: [64, 64], baseline: 'critic' },
  },
  recipe: {
    title: '5 numbers, 19 categories, 128-128',
    dense: 5,
    vocabularies: BEHAVIOUR,
    oneHot: false,
    config: COMMON,
  },
  'recipe-one-hot': {
    title: 'the same as 415 numbers',
    dense: 5,
    vocabularies: BEHAVIOUR,
    oneHot: true,
    config: COMMON,
  },
  lstm: {
    title: '75 numbers, 128, LSTM 128, segments of 16',
    dense: 75,
    vocabularies: [],
    oneHot: false,
    config: { ...COMMON, policy: 'lstm', policyHidden: [128], lstmHidden: [128], rolloutSteps: 16 },
  },
} as const satisfies Readonly<Record<string, Workload>>

export type WorkloadName = keyof typeof WORKLOADS

/** The config of a workload, checked like any other. */
export function configOf({ config }: Workload, change: LabConfigInput): Config {
  return resolveLabConfig(
    { iterations: 1_000_000, validateEvery: 1_000_000, anneal: false, ...config, ...change },
    'bench',
  )
}

/**
 * Random events, a tenth of them threats, told by the first number and, where there are any, the first two columns. The
 * same events whether the columns are given as indices or as one-hot inputs.
 */
export function datasetOf({ dense: numbers, vocabularies, oneHot }: Workload): Dataset {
  const stream = randomStream(1, 'generatedEvent')
  const columns = vocabularies.length
  const firstOf = vocabularies.map((_, column) => vocabularies.slice(0, column).reduce((sum, size) => sum + size, 0))
  const categories = new Uint16Array(ROWS * columns)
  for (let i = 0; i < categories.length; i++) categories[i] = randomWord(stream, i, 1) % vocabularies[i % columns]
  const ones = oneHot ? vocabularies.reduce((sum, size) => sum + size, 0) : 0
  const width = ones + numbers
  const dense = new Float32Array(ROWS * width)
  const labels = new Uint8Array(ROWS)
  for (let row = 0; row < ROWS; row++) {
    const own = categories.subarray(row * columns, (row + 1) * columns)
    if (oneHot) for (const [column, category] of own.entries()) dense[row * width + firstOf[column] + category] = 1
    for (let i = 0; i < numbers; i++) dense[row * width + ones + i] = 2 * randomUnit(stream, row * numbers + i, 2) - 1
    const evidence = columns === 0 ? 0.1 : own[0] / vocabularies[0] + own[1] / vocabularies[1] - 1
    labels[row] = dense[row * width + ones] + evidence > 0.9 ? 1 : 0
  }
  return {
    name: 'bench',
    rowCount: ROWS,
    dense,
    categorical: oneHot ? new Uint16Array(0) : categories,
    denseNames: Array.from({ length: width }, (_, i) => `x${i}`),
    categoricalColumns: Array.from({ length: oneHot ? 0 : columns }, (_, i) => ({
      name: `c${i}`,
      vocabularySize: vocabularies[i],
    })),
    labels,
    classes: labels,
    classNames: ['benign', 'threat'],
    splits: { train: rowsFrom(0, 50_000), validation: rowsFrom(50_000, 55_000), test: rowsFrom(55_000, ROWS) },
    posterior: null,
    consequences: null,
    timeline: null,
    eventsPerDay: null,
    fingerprint: new Uint8Array(32).fill(1),
  }
}

/** One stream. */
function rowsFrom(from: number, to: number): Split {
  return {
    rows: Uint32Array.from({ length: to - from }, (_, i) => from + i),
    streamStarts: Uint32Array.of(0, to - from),
  }
}
