/** What the training's thread and the exchange's thread send each other. */
import type { ActorSettings } from '@vigil/actors'
import type { Broker } from '@vigil/broker'
import type { Family } from '@vigil/engine-native'
import type { Trajectory } from '@vigil/proto'
import type { Audit } from './audit.ts'

/** What the exchange is given at its start. */
export type ExchangeSetup = {
  /** Names this process's training: what earlier ones left on the way is never taken. */
  readonly run: string
  readonly broker: Broker
  /** The dataset's inputs lie in memory that threads share. */
  readonly settings: ActorSettings
  readonly family: Family | null
  readonly audit: Audit
  /** Shards that the learner's own actors compute at a time. */
  readonly slots: number
  /** Whether they take shards that hosts could compute. */
  readonly learnerCollects: boolean
}

/** To the exchange. */
export type Request =
  | {
      readonly kind: 'collect'
      readonly round: number
      readonly policyVersion: number
      /** an encoded PolicySnapshot */
      readonly policy: Uint8Array
      /** committed states, by shard */
      readonly states: readonly Uint8Array[]
    }
  | {
      readonly kind: 'computed'
      readonly round: number
      readonly shard: number
      readonly trajectory: Uint8Array
      readonly state: Uint8Array
    }
  | { readonly kind: 'abandon' }
  | { readonly kind: 'close' }

/** From the exchange. */
export type Report =
  | { readonly kind: 'ready' }
  /** The connection could not be made: an error of this package, without its class, which does not survive the way. */
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'compute'; readonly round: number; readonly shard: number }
  | {
      readonly kind: 'collected'
      readonly round: number
      readonly rollouts: readonly { readonly trajectory: Trajectory; readonly state: Uint8Array }[]
    }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'closed' }
