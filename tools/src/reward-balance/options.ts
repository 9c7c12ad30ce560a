import { choiceFlag, type NumberRange, numberFlag, readFlags, UsageError } from '@vigil/command-line'
import { REWARD_PRESETS, type RewardPreset, type RewardTable } from '@vigil/env-wasm'

/** What to compute and where it goes. */
export type Options = {
  /** Share of threats among the events, 0 to 1. */
  readonly threatRate: number
  /** Share of either class that the third policy decides rightly, 0 to 1. */
  readonly right: number
  readonly rewards: RewardTable
  /** Name of the reward table; null for one of the user's own. */
  readonly preset: RewardPreset | null
  /** Events played per policy. */
  readonly samples: number
  /** u32 */
  readonly seed: number
  readonly output: { readonly to: 'table' } | { readonly to: 'stdout' } | { readonly to: 'file'; readonly path: string }
}

/** Of the darpa-tc data, over all splits. */
const DEFAULT_THREAT_RATE = 0.1093

const SHARE: NumberRange = { min: 0, max: 1, hint: 'a share: 8.9 % is 0.089' }
const PART: NumberRange = { min: 0, max: 1, hint: 'the part of the damage that is prevented: half is 0.5' }
/** Bounded so that f32, in which the environment reckons, keeps every table to seven digits. */
const REWARD: NumberRange = { min: -1e6, max: 1e6 }

const REWARD_FLAGS: Readonly<Record<string, readonly [keyof RewardTable, NumberRange]>> = {
  'true-positive': ['truePositive', REWARD],
  'true-negative': ['trueNegative', REWARD],
  'false-positive': ['falsePositive', REWARD],
  'false-negative': ['falseNegative', REWARD],
  'restrictive-cost': ['restrictiveCost', REWARD],
  'alert-cost': ['alertCost', REWARD],
  'alerted-threat': ['alertedThreat', PART],
}

const FLAGS = ['threat-rate', 'right', 'preset', ...Object.keys(REWARD_FLAGS), 'samples', 'seed', 'json', 'help']

/** What --help prints. */
export const USAGE = `Expected reward of simple policies for a reward table and a threat rate, checked in the environment.

  --threat-rate=${DEFAULT_THREAT_RATE}   share of threats among the events
  --right=0.85           share of either class that a fallible policy decides rightly
  --preset=default       reward table to start from: ${Object.keys(REWARD_PRESETS).join(', ')}
  --true-positive=R --true-negative=R --false-positive=R --false-negative=R
                         reward of a decision, in place of the preset's
  --restrictive-cost=R   subtracted from the reward of every restrictive action (block, quarantine)
  --alert-cost=R         subtracted from the reward of every alert
  --alerted-threat=S     part of a threat's damage that the analyst still prevents, 0 to 1
  --samples=1000000      events played per policy
  --seed=1
  --json                 JSON on stdout, in place of the table
  --json=FILE            the table, and JSON in FILE
`

/**
 * Reads the command line.
 *
 * @returns null when --help is wanted
 * @throws {UsageError} UNKNOWN_FLAG, INVALID_VALUE
 */
export function parseOptions(words: readonly string[]): Options | null {
  const flags = readFlags(words, FLAGS)
  if (flags.has('help')) return null
  const preset = choiceFlag(flags, 'preset', Object.keys(REWARD_PRESETS) as RewardPreset[]) ?? 'default'
  const own: Partial<Record<keyof RewardTable, number>> = {}
  for (const [flag, [field, range]] of Object.entries(REWARD_FLAGS)) {
    const value = numberFlag(flags, flag, range)
    if (value !== undefined) own[field] = value
  }
  return {
    threatRate: numberFlag(flags, 'threat-rate', SHARE) ?? DEFAULT_THREAT_RATE,
    right: numberFlag(flags, 'right', SHARE) ?? 0.85,
    rewards: { ...REWARD_PRESETS[preset], ...own },
    preset: Object.keys(own).length === 0 ? preset : null,
    samples: numberFlag(flags, 'samples', { min: 1, max: 1e8, integer: true }) ?? 1_000_000,
    seed: numberFlag(flags, 'seed', { min: 0, max: 2 ** 32 - 1, integer: true }) ?? 1,
    output: outputOf(flags.get('json')),
  }
}

function outputOf(json: string | null | undefined): Options['output'] {
  if (json === undefined) return { to: 'table' }
  if (json === null) return { to: 'stdout' }
  if (json === '') {
    throw new UsageError('INVALID_VALUE', '--json= has no value. Give --json=FILE, or --json alone for JSON on stdout.')
  }
  return { to: 'file', path: json }
}
