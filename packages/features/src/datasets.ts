/** The sets of inputs that a dataset may have; docs/features.md says what each holds and why. */
export const FEATURE_PROFILES = ['seed7', 'behaviour', 'full', 'posterior', 'history'] as const

/** The set of features: what a learner may see of an event. */
export type FeatureProfile = (typeof FEATURE_PROFILES)[number]

/** What settings and commands have to know of a dataset before anything of it is read. */
type KnownDataset = {
  /** Those that it has, the default first. */
  readonly profiles: readonly [FeatureProfile, ...FeatureProfile[]]
  /** How it is divided unless the request says otherwise. */
  readonly split: 'described' | 'stratified'
  /** How many events are generated, by default and at most; null = they are read. */
  readonly generated: { readonly rows: number; readonly rowsMax: number } | null
}

/** Every dataset that has a name. */
const DATASETS = {
  synthetic: {
    profiles: ['behaviour', 'full', 'seed7'],
    split: 'stratified',
    generated: { rows: 60_000, rowsMax: 20_000_000 },
  },
  quickest: {
    profiles: ['posterior', 'history'],
    split: 'described',
    generated: { rows: 400_000, rowsMax: 20_000_000 },
  },
  campaign: {
    profiles: ['behaviour', 'posterior'],
    split: 'described',
    generated: { rows: 400_000, rowsMax: 5_000_000 },
  },
  events: { profiles: ['behaviour', 'full'], split: 'described', generated: null },
  'darpa-tc': { profiles: ['behaviour', 'full', 'seed7'], split: 'stratified', generated: null },
} as const satisfies Readonly<Record<string, KnownDataset>>

export type DatasetName = keyof typeof DATASETS

export const DATASET_NAMES = Object.keys(DATASETS) as readonly DatasetName[]

/** @returns what is known of a dataset by its name */
export function knownDataset(name: DatasetName): KnownDataset {
  return DATASETS[name]
}

/** What is asked of a dataset: its inputs, how many events to generate, and where to read them. */
type DatasetSettings = {
  readonly dataset: DatasetName
  readonly data: string | null
  readonly features: FeatureProfile
  readonly rows: number | null
}

/** @returns what is asked of a dataset that it does not have, and what to give instead; null where it has all */
export function datasetConflict({ dataset, data, features, rows }: DatasetSettings): string | null {
  const { generated, profiles } = knownDataset(dataset)
  if (!profiles.includes(features)) {
    return `dataset "${dataset}" has the inputs ${profiles.join(', ')}, but features is "${features}". Leave --features out, or give --features=${profiles[0]}.`
  }
  if (generated === null) {
    if (rows !== null) {
      return `rows says how many events to generate, but dataset "${dataset}" is read. Leave --rows out.`
    }
    return data === null ? `dataset "${dataset}" needs the folder or file to read. Give --data=PATH.` : null
  }
  if (data !== null) {
    return `dataset "${dataset}" generates its events and reads no data, but data is "${data}". Leave --dataset out, or --data.`
  }
  return rows !== null && rows > generated.rowsMax
    ? `dataset "${dataset}" generates at most ${generated.rowsMax} events, but rows is ${rows}. Use --rows=${generated.rowsMax}.`
    : null
}
