export { borderlessTable, type TableStyle } from './borderless-table.ts'
export { callOf } from './call.ts'
export { COMMAND_ERRORS, commandError } from './errors.ts'
export {
  booleanOf,
  choiceFlag,
  type FlagReading,
  type Flags,
  type FlagTable,
  flagName,
  flagsOf,
  type NumberRange,
  nearestName,
  numberFlag,
  numberOf,
  readFlags,
  switchFlag,
  textFlag,
} from './flags.ts'
export { harmlessJson, harmlessLines, harmlessText } from './harmless-text.ts'
export type { FlagHelp, Help } from './help.ts'
export { assertFileWritable, writeJsonFile } from './json-file.ts'
export {
  absentNumber,
  formatCompact,
  formatCount,
  formatCounted,
  formatDuration,
  formatMeasure,
  formatScore,
  formatShare,
  formatSigned,
} from './number-format.ts'
export type { MadeFile } from './output-flags.ts'
export { type Command, type CommandContext, endWith, runCommand } from './run-command.ts'
export type { StopRequest } from './signals.ts'
export { readingRemedy, systemReason, systemRemedy } from './system-error.ts'
export { appendBytes, appendLine, syncFolder, writeFileAtomically } from './whole-file.ts'
