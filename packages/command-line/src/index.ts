export { UsageError, type UsageErrorCode } from './errors.ts'
export { choiceFlag, type Flags, flagName, type NumberRange, nearestName, numberFlag, readFlags } from './flags.ts'
export { commandLine, reportExitCode } from './nx.ts'
export { type ErrorKinds, runCommand } from './run-command.ts'
