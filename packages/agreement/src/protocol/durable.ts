/** What an agent must not forget. */
import type { Ballot, Claim, Committed, Phase, QuorumCertificate, Value } from './messages.ts'

/** What must be on stable storage before the effects that came with it leave. Never changed in place. */
export type Durable = {
  /** the state was lost once: whatever the agent signed before, it signs nothing more in this batch */
  readonly observing: boolean
  readonly view: number
  /** highest view of an own vote of the phase, and of an own proposal; -1 before the first */
  readonly voted: Readonly<Record<Phase, number>>
  readonly proposed: number
  readonly ballot: Ballot | null
  readonly claim: Claim | null
  readonly lock: { readonly certificate: QuorumCertificate; readonly value: Value } | null
  readonly committed: Committed | null
}

/** Before the batch has begun. */
export const FRESH: Durable = {
  observing: false,
  view: 0,
  voted: { prepare: -1, commit: -1 },
  proposed: -1,
  ballot: null,
  claim: null,
  lock: null,
  committed: null,
}
