import type { TargetedSpecification } from '@vigil/env-wasm'
import type { Length } from '@vigil/ppo'
import type { ParsedConfig } from './lab-config-schema.ts'

/** A run's settings, resolved: no `auto` is left except where it changes speed alone. Frozen, saved as config.json. */
export type Config = Readonly<
  Omit<ParsedConfig, 'faults' | 'gamma' | 'specifications' | 'observeConstraints'> & {
    readonly faults: number
    readonly gamma: number
    readonly observeConstraints: Exclude<ParsedConfig['observeConstraints'], 'auto'>
    /** Those in force, each with its target. */
    readonly specifications: readonly TargetedSpecification[]
    /** E, lanes of one shard: rowsPerIteration / (shards * rolloutSteps). */
    readonly lanesPerShard: number
    /** How long training was told to be, and from when on: one for each time it was made longer. The last is in force. */
    readonly lengths: readonly Length[]
  }
>
