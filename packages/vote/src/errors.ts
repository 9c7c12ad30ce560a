/**
 * Why votes cannot be counted, or a certificate not be read. Stable: callers and tests match on these words.
 *
 *   TOO_FEW_AGENTS  fewer than 3f + 1 agents for f Byzantine ones
 *   AGENT_COUNT     no whole number from 1 to 127
 *   FAULTS          no whole number >= 0
 *   RULE            no rule of this name
 *   ACTION          an action that is not 0..3
 *   SHAPE           the votes do not divide into rows of one vote per agent
 *   SCORE           a threat score that is not in [0, 1]
 *   THRESHOLD       a threshold that is not in [0, 1]
 *   SKILL           a skill that is negative or not finite
 *   WEIGHTS         weights by which f agents could outweigh the honest ballots
 *   KEY             no Ed25519 key, or another agent's
 *   VOTES           votes that do not fit the settings of the batch
 *   NO_AGREEMENT    more agents are away than the team tolerates
 *   CERTIFICATE_FILE  not a file of certificates of this team
 *   KEYS_FILE       not a file of public keys
 */
export type ConsensusErrorCode =
  | 'TOO_FEW_AGENTS'
  | 'AGENT_COUNT'
  | 'FAULTS'
  | 'RULE'
  | 'ACTION'
  | 'SHAPE'
  | 'SCORE'
  | 'THRESHOLD'
  | 'SKILL'
  | 'WEIGHTS'
  | 'KEY'
  | 'VOTES'
  | 'NO_AGREEMENT'
  | 'CERTIFICATE_FILE'
  | 'KEYS_FILE'

/** The parts of an error message, each without a full stop. */
export type ConsensusErrorDetail = {
  readonly field: string
  readonly requirement: string
  readonly received: string
  readonly remedy: string
}

/** The only error that this package throws. */
export class ConsensusError extends Error {
  readonly code: ConsensusErrorCode

  constructor(code: ConsensusErrorCode, { field, requirement, received, remedy }: ConsensusErrorDetail) {
    super(`${field} ${requirement}, received ${received}. ${remedy}.`)
    this.name = 'ConsensusError'
    this.code = code
  }
}
