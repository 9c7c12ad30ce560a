import { commandError, flagName } from '@vigil/command-line'
import { LAB_KEYS } from '@vigil/config'

/** Flags of earlier versions that lab:train takes. */
const OF_LAB: readonly string[] = ['preset', ...LAB_KEYS.map(flagName)]

/** Names the command that a flag has moved to. @throws {VigilError} UNKNOWN_FLAG */
export function refuseMovedFlags(words: readonly string[]): void {
  const moved = words.map((word) => flagName(/^--([^=]+)/.exec(word)?.[1] ?? '')).find((name) => OF_LAB.includes(name))
  if (moved === undefined) return
  throw commandError(
    'UNKNOWN_FLAG',
    `There is no flag --${moved} here. Attempts of the earlier system, their faults and other experiments are trained by: npx nx run lab:train --${moved}=VALUE.`,
  )
}
