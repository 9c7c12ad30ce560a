import { availableParallelism } from 'node:os'
import {
  commandError,
  type Flags,
  type FlagTable,
  flagsOf,
  type Help,
  numberFlag,
  readFlags,
} from '@vigil/command-line'
import { BACKENDS, whyNoNativeEngine } from '@vigil/engine'
import { type BenchPlan, GROUPS } from './cases.ts'

/** What to measure and where the results go. */
export type Options = {
  readonly plan: BenchPlan
  readonly rounds: number
  /** Folder or file for JSON; null = the table alone. */
  readonly json: string | null
}

const FLAGS = {
  only: { value: 'LIST', about: 'groups to measure', choices: GROUPS, default: 'all' },
  cores: {
    value: 'N',
    about: 'most actors and threads',
    number: { min: 1, max: 64, integer: true },
    default: 'all cores',
  },
  rounds: { value: 'N', about: 'of each measurement', number: { min: 1, max: 1000, integer: true }, default: 20 },
  backends: { value: 'LIST', about: 'of TF.js', choices: BACKENDS, default: 'wasm' },
  minibatches: { value: 'LIST', about: 'sizes of minibatches, for the group tfjs', default: 2048 },
  data: { value: 'PATH', about: 'DARPA TC events, for the group time-to-f1' },
  peer: { value: 'COMMAND', about: 'another program to take turns with, for the group peer; packages/lab/peers' },
  json: { value: 'FILE', about: 'results as JSON beside the table' },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:bench',
  file: 'packages/lab/src/bench/bench.ts',
  purpose: 'How fast the parts of Vigil are on this machine, beside the matrix product that they are built of.',
  groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
  examples: ['', `--only=${GROUPS[0]} --rounds=5`],
}

/**
 * Reads the command line.
 *
 * @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE
 */
export function parseOptions(words: readonly string[]): Options {
  const flags = readFlags(words, FLAGS)
  const data = textFlag(flags, 'data', 'PATH')
  const groups = listFlag(flags, 'only', GROUPS) ?? GROUPS
  if (data === null && flags.has('only') && groups.includes('time-to-f1')) {
    throw commandError('INVALID_VALUE', 'The group time-to-f1 needs DARPA TC events: give --data=PATH.')
  }
  const peer = textFlag(flags, 'peer', 'COMMAND')
  if (peer === null && flags.has('only') && groups.includes('peer')) {
    throw commandError('INVALID_VALUE', 'The group peer needs another program: give --peer=COMMAND.')
  }
  return {
    plan: {
      groups,
      peer,
      hasNative: whyNoNativeEngine() === null,
      cores: numberFlag(flags, 'cores', FLAGS.cores.number) ?? Math.min(availableParallelism(), 64),
      backends: listFlag(flags, 'backends', BACKENDS) ?? ['wasm'],
      minibatches: sizesFlag(flags) ?? [2048],
      data,
    },
    rounds: numberFlag(flags, 'rounds', FLAGS.rounds.number) ?? FLAGS.rounds.default,
    json: textFlag(flags, 'json', 'FILE'),
  }
}

function textFlag(flags: Flags, name: string, kind: string): string | null {
  const value = flags.get(name)
  if (value === undefined) return null
  if (value !== null && value !== '') return value
  throw commandError('INVALID_VALUE', `--${name} has no value. Give --${name}=${kind}.`)
}

function listFlag<Choice extends string>(flags: Flags, name: string, choices: readonly Choice[]): Choice[] | null {
  const value = textFlag(flags, name, 'LIST')
  if (value === null) return null
  const words = value.split(',')
  const wrong = words.find((word) => !choices.includes(word as Choice))
  if (wrong === undefined) return words as Choice[]
  throw commandError('INVALID_VALUE', `--${name} must be some of ${choices.join(', ')}, but one is "${wrong}".`)
}

/** Whole sizes that the rollouts' 128 lanes of 16 steps divide. */
function sizesFlag(flags: Flags): number[] | null {
  const value = textFlag(flags, 'minibatches', 'LIST')
  if (value === null) return null
  return value.split(',').map((word) => {
    const size = Number(word)
    if (Number.isInteger(size) && size >= 128 && size <= 2 ** 22 && Number.isInteger(Math.log2(size))) return size
    throw commandError(
      'INVALID_VALUE',
      `--minibatches must be powers of two from 128 to ${2 ** 22}, separated by commas, but one is "${word}".`,
    )
  })
}
