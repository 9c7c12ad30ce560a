import {
  choiceFlag,
  commandError,
  type FlagTable,
  flagsOf,
  type Help,
  type NumberRange,
  numberFlag,
  readFlags,
} from '@vigil/command-line'
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

const FLAGS = {
  'threat-rate': { value: 'SHARE', about: 'threats among the events', number: SHARE, default: DEFAULT_THREAT_RATE },
  right: {
    value: 'SHARE',
    about: 'of either class that a fallible policy decides rightly',
    number: SHARE,
    default: 0.85,
  },
  preset: {
    value: 'NAME',
    about: 'reward table to start from',
    choices: Object.keys(REWARD_PRESETS) as RewardPreset[],
    default: 'default',
  },
  ...Object.fromEntries(
    Object.entries(REWARD_FLAGS).map(([name, [, number]]) => [
      name,
      { value: 'REWARD', about: `${name.replace('-', ' ')}, in place of the preset's`, number },
    ]),
  ),
  samples: {
    value: 'N',
    about: 'events played per policy',
    number: { min: 1, max: 1e8, integer: true },
    default: 1_000_000,
  },
  seed: { value: 'N', about: 'of the events', number: { min: 0, max: 2 ** 32 - 1, integer: true }, default: 1 },
  json: { value: 'FILE', about: 'the table on stdout, and JSON in FILE; --json alone is JSON on stdout' },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:reward-balance',
  file: 'tools/src/reward-balance/reward-balance.ts',
  purpose: 'Expected reward of simple policies for a reward table and a threat rate, checked in the environment.',
  groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
  examples: ['--threat-rate=0.05', '--false-positive=-4 --json'],
}

/**
 * Reads the command line.
 *
 * @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE
 */
export function parseOptions(words: readonly string[]): Options {
  const flags = readFlags(words, FLAGS)
  const preset = choiceFlag(flags, 'preset', FLAGS.preset.choices) ?? FLAGS.preset.default
  const own: Partial<Record<keyof RewardTable, number>> = {}
  for (const [flag, [field, range]] of Object.entries(REWARD_FLAGS)) {
    const value = numberFlag(flags, flag, range)
    if (value !== undefined) own[field] = value
  }
  return {
    threatRate: numberFlag(flags, 'threat-rate', SHARE) ?? FLAGS['threat-rate'].default,
    right: numberFlag(flags, 'right', SHARE) ?? FLAGS.right.default,
    rewards: { ...REWARD_PRESETS[preset], ...own },
    preset: Object.keys(own).length === 0 ? preset : null,
    samples: numberFlag(flags, 'samples', FLAGS.samples.number) ?? FLAGS.samples.default,
    seed: numberFlag(flags, 'seed', FLAGS.seed.number) ?? FLAGS.seed.default,
    output: outputOf(flags.get('json')),
  }
}

function outputOf(json: string | null | undefined): Options['output'] {
  if (json === undefined) return { to: 'table' }
  if (json === null || json === 'true') return { to: 'stdout' }
  if (json === '') {
    throw commandError('INVALID_VALUE', '--json= has no value. Give --json=FILE, or --json alone for JSON on stdout.')
  }
  return { to: 'file', path: json }
}
