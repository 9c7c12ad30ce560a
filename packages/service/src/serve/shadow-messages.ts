import type { RawEvent } from '@vigil/features'
import type { Trust } from '../bundle-signature.ts'
import type { OutputSettings } from '../output/decision-output.ts'

/** What the thread of a shadow is started with. */
export type ShadowStart = {
  readonly run: string
  /** whose signed bundle it must have; null = any is taken */
  readonly trust: Trust | null
  /** where its decisions are written, a line each; null = nowhere */
  readonly log: string | null
  /** how they are written */
  readonly output: OutputSettings
}

/** Events with what was answered, in their order. */
export type ShadowBatch = readonly {
  readonly event: RawEvent
  readonly id: string | number
  readonly isOwn: boolean
  readonly action: number
}[]

/** What the thread is told: events to decide on, or that it is to end when its log is written. */
export type ShadowRequest = ShadowBatch | 'end'

/** What the thread tells: that it is ready, why it cannot be, or what a batch came to. */
export type ShadowNews =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly message: string }
  | {
      readonly kind: 'decided'
      readonly taken: number
      /** events that it could not decide on */
      readonly refused: number
      /** [4][4] by what was answered and by its own action, flat */
      readonly actions: readonly number[]
      /** the last in which the two differ */
      readonly latest: readonly Disagreement[]
    }

/** An event on which a shadow would have acted otherwise. */
export type Disagreement = { readonly id: string | number; readonly team: number; readonly shadow: number }

/** Disagreements that are told one by one. */
export const LATEST_MAX = 100
