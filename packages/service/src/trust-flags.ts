import { commandError, type Flags, type FlagTable, textFlag } from '@vigil/command-line'
import type { Trust } from './bundle-signature.ts'

/** Flags that tell whose bundles are taken. */
export const TRUST_FLAGS = {
  trust: {
    value: 'FILE',
    about: 'public keys, PEM: only bundles that one of them has signed are taken, also by a reload',
  },
  'trust-number': {
    value: 'FILE',
    about: 'where the number of the bundle at work is kept; FILE.number beside the keys without it',
  },
} as const satisfies FlagTable

/** Whose bundles are taken; null = all are. @throws {VigilError} INVALID_VALUE */
export function trustOf(flags: Flags): Trust | null {
  const keys = textFlag(flags, 'trust', 'FILE')
  const number = textFlag(flags, 'trust-number', 'FILE')
  if (keys !== undefined) return { keys, number: number ?? `${keys}.number` }
  if (number === undefined) return null
  throw commandError('INVALID_VALUE', '--trust-number is for --trust. Give it, too.')
}
