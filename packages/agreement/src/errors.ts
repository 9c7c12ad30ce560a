import { type ErrorTable, errorsOf } from '@vigil/errors'

/** Why a team cannot agree, or its files cannot be read. */
export const AGREEMENT_ERRORS = {
  KEY: ['data', "a key is no Ed25519 key, or another agent's"],
  VOTES: ['failure', 'the votes do not fit the settings of the batch'],
  NO_AGREEMENT: ['failure', 'more agents are away than the team tolerates'],
  CERTIFICATE_FILE: ['data', 'the file is not one of certificates of this team'],
  KEYS_FILE: ['data', 'the file is not one of public keys'],
  SUCCESSOR: ['data', 'a manifest that is no successor of the one before, by its content or by who has signed it'],
  NOT_BUILT: ['failure', 'tree.wasm has not been built yet, or not to its end'],
  VIOLATION: ['failure', 'a check failed in a simulated run'],
} as const satisfies ErrorTable

export const agreementError = errorsOf(AGREEMENT_ERRORS)
