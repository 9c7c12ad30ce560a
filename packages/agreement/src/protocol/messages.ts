/** What agents send each other about one batch. src/protocol/codec.ts turns it into bytes; docs/agreement.md has the protocol. */
import type { Domain, SignedStatement } from './statement.ts'

/** One agent's votes on every row of the batch. */
export type Ballot = {
  readonly agent: number
  /** [rows] 0..3 */
  readonly actions: Uint8Array
  /** [rows] threat scores in [0, 1] */
  readonly scores: Float32Array
  /** of the votes, as the agent signed it: what does not bear its signature is refused before it is hashed */
  readonly digest: string
  readonly signature: string
}

/** What is agreed on: the ballots of at least n - f agents, in ascending order of the agents. */
export type Value = readonly Ballot[]

/** prepare: no other value can be certified in this view; commit: nor in any later one. */
export type Phase = 'prepare' | 'commit'

/** One signature among those of a certificate. */
export type AgentSignature = { readonly agent: number; readonly signature: string }

/** A quorum's votes for one value in one view. */
export type QuorumCertificate = {
  readonly phase: Phase
  readonly view: number
  readonly digest: string
  /** in strictly ascending order of the agents */
  readonly signatures: readonly AgentSignature[]
}

/** "I vote in no view below `view` any more, and this is the latest value that I know prepared." */
export type Claim = {
  readonly agent: number
  readonly view: number
  /** view of the prepare certificate, or NO_LOCK */
  readonly lockView: number
  /** of the value, or NO_DIGEST */
  readonly digest: string
  readonly signature: string
}

/** The part of a proposal that the leader signed; agents show each other what they got, so that two are seen. */
export type Header = { readonly view: number; readonly digest: string; readonly signature: string }

/** A leader's value. From view 1 on with the claims of a quorum, and the certificate of the highest lock among them. */
export type Proposal = {
  readonly type: 'proposal'
  readonly view: number
  /** of the value, as the leader signed it: what does not bear its signature is refused before anything is hashed */
  readonly digest: string
  readonly value: Value
  /** in strictly ascending order of the agents; empty in view 0 */
  readonly claims: readonly Claim[]
  readonly lock: QuorumCertificate | null
  readonly signature: string
}

/** A vote, to the leader of its view. */
export type Vote = {
  readonly type: 'vote'
  readonly phase: Phase
  readonly view: number
  readonly digest: string
  readonly agent: number
  readonly signature: string
}

/** Sent to all when a view is given up. The lock's certificate and value go to the leader of the new view alone. */
export type Status = {
  readonly type: 'status'
  readonly claim: Claim
  /** the last proposal that the sender accepted */
  readonly seen: Header | null
  readonly lock: QuorumCertificate | null
  /** empty without a lock */
  readonly value: Value
}

/** Two statements that no honest agent signs both of. */
export type Evidence = {
  readonly type: 'evidence'
  readonly agent: number
  readonly first: SignedStatement
  readonly second: SignedStatement
}

/** A committed value with its certificate: who receives it is done. */
export type Committed = {
  readonly type: 'committed'
  readonly certificate: QuorumCertificate
  readonly value: Value
}

/** One message. `ask` is a request for the certificate by an agent that takes no part. */
export type Message =
  | { readonly type: 'ballot'; readonly ballot: Ballot }
  | Proposal
  | Vote
  | { readonly type: 'prepared'; readonly certificate: QuorumCertificate }
  | Committed
  | Status
  | Evidence
  | { readonly type: 'ask'; readonly agent: number }

/** A message and where it belongs. */
export type Envelope = { readonly domain: Domain; readonly message: Message }
