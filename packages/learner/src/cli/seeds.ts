import {
  commandError,
  type Flags,
  type FlagTable,
  formatCount,
  harmlessText,
  numberFlag,
  textFlag,
} from '@vigil/command-line'
import { SEEDS_MAX } from '@vigil/experiments'

const PARALLEL = { min: 1, max: 256, integer: true } as const

/** Flags of a command that trains several seeds. */
export const SEEDS_FLAGS = {
  seeds: {
    value: 'LIST',
    about: 'in place of --seed, as 1..5 or 1,2,7: a run for each, in a folder of its own inside --out, and one table',
  },
  parallel: {
    value: 'N',
    about: 'of them at a time, each in a process of its own; it changes speed, never results',
    number: PARALLEL,
    default: 1,
  },
} as const satisfies FlagTable

/** How many trainings at a time. @throws {VigilError} INVALID_VALUE */
export function parallelOf(flags: Flags): number {
  return numberFlag(flags, 'parallel', PARALLEL) ?? SEEDS_FLAGS.parallel.default
}

const SEED_MAX = 2 ** 32 - 1

/**
 * The seeds of `--seeds`: numbers and ranges with both ends, separated by commas; one that is named twice counts once.
 *
 * @returns undefined when the flag was not given
 * @throws {VigilError} INVALID_VALUE
 */
export function seedsOf(flags: Flags): readonly number[] | undefined {
  const text = textFlag(flags, 'seeds', '1..5')
  if (text === undefined) return undefined
  const seeds = new Set<number>()
  for (const part of text.split(',')) {
    const [, from, to = from] = /^\s*(\d{1,10})(?:\.\.(\d{1,10}))?\s*$/.exec(part) ?? []
    const [first, last] = [Number(from), Number(to)]
    if (!(first <= last && last <= SEED_MAX)) {
      throw commandError(
        'INVALID_VALUE',
        `--seeds must be whole numbers from 0 to ${SEED_MAX} or ascending ranges of them, as 1..5 or 1,2,7, but is "${harmlessText(text, 100)}".`,
      )
    }
    if (last - first >= SEEDS_MAX || seeds.size + last - first >= SEEDS_MAX) {
      throw commandError(
        'INVALID_VALUE',
        `--seeds must be at most ${formatCount(SEEDS_MAX)} seeds, but is "${harmlessText(text, 100)}".`,
      )
    }
    for (let seed = first; seed <= last; seed++) seeds.add(seed)
  }
  return [...seeds]
}
