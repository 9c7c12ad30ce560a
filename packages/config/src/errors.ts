import { type ErrorTable, errorsOf } from '@vigil/errors'

/** What can be wrong with settings. The message names the setting, the rule and the remedy. */
export const CONFIG_ERRORS = {
  UNKNOWN_KEY: ['usage', 'a setting that does not exist'],
  INVALID_VALUE: ['usage', 'the value of a setting is of the wrong kind or out of range'],
  CONFLICT: ['usage', 'settings that cannot hold together'],
  CONFIG_FILE: ['usage', 'a config file cannot be read'],
} as const satisfies ErrorTable

export const configError = errorsOf(CONFIG_ERRORS)
