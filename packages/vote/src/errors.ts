import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why votes cannot be counted. */
export const VOTE_ERRORS = {
  TOO_FEW_AGENTS: ['failure', 'fewer than 3f + 1 agents for f Byzantine ones'],
  AGENT_COUNT: ['failure', 'the number of agents is no whole number from 1 to 127'],
  FAULTS: ['failure', 'the number of faults is no whole number from 0 on'],
  RULE: ['failure', 'there is no decision rule of this name'],
  ACTION: ['failure', 'an action is not 0, 1, 2 or 3'],
  SHAPE: ['failure', 'the votes do not divide into rows of one vote per agent'],
  SCORE: ['failure', 'a threat score is not in [0, 1]'],
  THRESHOLD: ['failure', 'the threshold is not in [0, 1]'],
  SKILL: ['failure', 'a skill is negative or not finite'],
  WEIGHTS: ['failure', 'by these weights f agents could outweigh the honest ballots'],
} as const satisfies ErrorTable

export const voteError = errorsOf(VOTE_ERRORS)
