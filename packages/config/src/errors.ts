/**
 * - `UNKNOWN_KEY`: a setting that does not exist.
 * - `INVALID_VALUE`: a value of the wrong kind or out of range.
 * - `CONFLICT`: settings that cannot hold together.
 * - `CONFIG_FILE`: a config file that cannot be read.
 * - `PRESET`: a preset that does not exist.
 */
export type ConfigErrorCode = 'UNKNOWN_KEY' | 'INVALID_VALUE' | 'CONFLICT' | 'CONFIG_FILE' | 'PRESET'

/** Bad usage: the program ends with exit code 2 and this message, which names the setting, the rule and the remedy. */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode

  constructor(code: ConfigErrorCode, message: string) {
    super(message)
    this.name = 'ConfigError'
    this.code = code
  }
}
