import type { TargetedSpecification } from '@vigil/env-wasm'
import type { FeatureProfile } from '@vigil/features'
import type { EarlierLength } from '@vigil/ppo'
import type { ParsedConfig } from './lab-config-schema.ts'

/** A run's settings, resolved: no `auto` is left except where it changes speed alone. Frozen, saved as config.json. */
export type Config = Readonly<
  Omit<
    ParsedConfig,
    | 'dataset'
    | 'features'
    | 'split'
    | 'environment'
    | 'episodes'
    | 'belief'
    | 'warmStart'
    | 'iterations'
    | 'fallbackAction'
    | 'rolloutSteps'
    | 'rowsPerIteration'
    | 'minibatchSize'
    | 'faults'
    | 'credit'
    | 'epochs'
    | 'entropyCoef'
    | 'gamma'
    | 'specifications'
    | 'observeConstraints'
  > & {
    readonly dataset: Exclude<ParsedConfig['dataset'], 'auto'>
    readonly features: FeatureProfile
    readonly split: Exclude<ParsedConfig['split'], 'auto'>
    readonly environment: Exclude<ParsedConfig['environment'], 'auto'>
    readonly episodes: Exclude<ParsedConfig['episodes'], 'auto'>
    readonly fallbackAction: Exclude<ParsedConfig['fallbackAction'], 'auto'>
    readonly belief: Exclude<ParsedConfig['belief'], 'auto'>
    readonly warmStart: Exclude<ParsedConfig['warmStart'], 'auto'>
    readonly iterations: number
    readonly rolloutSteps: number
    readonly rowsPerIteration: number
    readonly minibatchSize: number
    readonly faults: number
    readonly credit: Exclude<ParsedConfig['credit'], 'auto'>
    readonly epochs: number
    readonly entropyCoef: number
    readonly gamma: number
    readonly observeConstraints: Exclude<ParsedConfig['observeConstraints'], 'auto'>
    /** Those in force, each with its target. */
    readonly specifications: readonly TargetedSpecification[]
    /** What `iterations` was before training was made longer, one for each time that it was. */
    readonly earlierLengths: readonly EarlierLength[]
    /** The trained team that training began from; null = fresh weights. */
    readonly from: RunOrigin | null
  }
>

/** A run whose best weights another run began from. */
export type RunOrigin = {
  /** Its folder as it was named. */
  readonly run: string
  /** SHA-256 (hex) of those weights. */
  readonly weightsSha256: string
}
