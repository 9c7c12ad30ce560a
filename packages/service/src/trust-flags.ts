import { commandError, type Flags, type FlagTable, textFlag } from '@vigil/command-line'
import { TEAM_NAME, type Trust } from './bundle-signature.ts'

/** Flags that tell whose bundles are taken. */
export const TRUST_FLAGS = {
  trust: {
    value: 'FILE',
    about: 'public keys, PEM: only bundles that one of them has signed are taken, also by a reload and as a shadow',
  },
  'trust-team': {
    value: 'NAME',
    about: 'with --trust: the team that they must be signed for, as service:sign names it',
  },
  'trust-number': {
    value: 'FILE',
    about: 'where the number of the bundle at work is kept; FILE.NAME.number beside the keys without it',
  },
} as const satisfies FlagTable

/** Whose bundles are taken; null = all are. @throws {VigilError} INVALID_VALUE */
export function trustOf(flags: Flags): Trust | null {
  const keys = textFlag(flags, 'trust', 'FILE')
  const number = textFlag(flags, 'trust-number', 'FILE')
  const team = teamName(flags, 'trust-team')
  if (keys !== undefined) {
    if (team === undefined)
      throw commandError('INVALID_VALUE', '--trust needs the name of the team: --trust-team=NAME.')
    return { keys, team, number: number ?? `${keys}.${team}.number` }
  }
  const stray = number === undefined ? (team === undefined ? null : 'trust-team') : 'trust-number'
  if (stray === null) return null
  throw commandError('INVALID_VALUE', `--${stray} is for --trust. Give it, too.`)
}

/** The name of a team, as it is signed. @throws {VigilError} INVALID_VALUE */
export function teamName(flags: Flags, name: string): string | undefined {
  const team = textFlag(flags, name, 'NAME')
  if (team === undefined || TEAM_NAME.test(team)) return team
  throw commandError(
    'INVALID_VALUE',
    `--${name} needs 1 to 64 letters of a to z, digits, ".", "-" and "_". Give another name.`,
  )
}
