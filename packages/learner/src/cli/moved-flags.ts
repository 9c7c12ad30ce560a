import { commandError, type FlagTable, flagName } from '@vigil/command-line'

/** Flags of earlier versions that lab:train takes. */
const OF_LAB: readonly string[] = ['preset']

/** Names the command that a flag has moved to. @throws {VigilError} UNKNOWN_FLAG */
export function refuseMovedFlags(words: readonly string[], own: FlagTable): void {
  for (const word of words) {
    const name = flagName(/^--([^=]+)/.exec(word)?.[1] ?? '')
    if (!OF_LAB.includes(name) || Object.hasOwn(own, name)) continue
    throw commandError(
      'UNKNOWN_FLAG',
      `There is no flag --${name} here. The attempts of the earlier system and their faults are trained by: npx nx run lab:train --${name}=VALUE.`,
    )
  }
}
