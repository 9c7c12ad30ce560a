/**
 * Why a message was not followed. Stable: callers and tests match on these words.
 *
 *   NOT_BYTES, OVERSIZED, MALFORMED, NOT_CANONICAL, FORMAT_VERSION, OUT_OF_RANGE   from the decoder
 *   WRONG_RUN, WRONG_EPOCH, WRONG_BATCH   it belongs elsewhere
 *   WRONG_TERMS        a certificate for other rows, agents or faults, or another way of counting, than the team agreed on
 *   UNKNOWN_AGENT      no agent of this team
 *   BAD_SIGNATURE      not signed by the one that it names, or over something else
 *   OLD_VIEW           of a view that this agent has left: late, or replayed
 *   OTHER_VIEW         of a view that this agent is not in
 *   REPEATED           already had it
 *   NOT_LEADER         it is for the leader of its view, which this agent is not, or is not from it
 *   TOO_FEW_SIGNERS    fewer than a quorum of distinct agents
 *   REPEATED_SIGNER    agents that are not in strictly ascending order
 *   UNJUSTIFIED        a proposal that does not follow from the claims that it shows
 *   BAD_VALUE          too few ballots, or one that its agent did not sign
 *   OTHER_DIGEST       a certificate or vote for another value
 *   LOCK_MISSING       a claim to a lock without its certificate or value
 *   NOT_PROVEN         evidence, or a way to a root, that shows nothing
 *   WRONG_DECISIONS    decisions that do not follow from the votes beside them
 *   DECIDED            the batch is decided
 *   OBSERVER           this agent takes no part in the batch
 */
export type RejectionReason =
  | 'NOT_BYTES'
  | 'OVERSIZED'
  | 'MALFORMED'
  | 'NOT_CANONICAL'
  | 'FORMAT_VERSION'
  | 'OUT_OF_RANGE'
  | 'WRONG_RUN'
  | 'WRONG_EPOCH'
  | 'WRONG_BATCH'
  | 'WRONG_TERMS'
  | 'UNKNOWN_AGENT'
  | 'BAD_SIGNATURE'
  | 'OLD_VIEW'
  | 'OTHER_VIEW'
  | 'REPEATED'
  | 'NOT_LEADER'
  | 'TOO_FEW_SIGNERS'
  | 'REPEATED_SIGNER'
  | 'UNJUSTIFIED'
  | 'BAD_VALUE'
  | 'OTHER_DIGEST'
  | 'LOCK_MISSING'
  | 'NOT_PROVEN'
  | 'WRONG_DECISIONS'
  | 'DECIDED'
  | 'OBSERVER'

/** How often each reason has occurred; reasons that have not are absent. */
export type RejectionCounts = { [reason in RejectionReason]?: number }

/** Counts one more. */
export function countRejection(counts: RejectionCounts, reason: RejectionReason): void {
  counts[reason] = (counts[reason] ?? 0) + 1
}
