import { commandError, type FlagTable, flagsOf, type Help, numberFlag, switchFlag } from '@vigil/command-line'
import { type Config, configSchema, parseFlags, resolveConfig } from '@vigil/config'

/** Which streams, and how many analysts. */
export type Options = {
  readonly config: Config
  /** The most analysts that are tried; from none on */
  readonly analysts: number
  /** Alerts per 1,000 recorded events that one of them judges */
  readonly alertsPerAnalyst: number
  readonly json: boolean
}

const FLAGS = {
  analysts: {
    value: 'N',
    about: 'the most analysts that are tried, from none on',
    number: { min: 1, max: 50, integer: true },
    default: 4,
  },
  'alerts-per-analyst': {
    value: 'X',
    about: 'alerts per 1,000 recorded events that one analyst judges',
    number: { min: 0.001, max: 1000 },
    default: 3,
  },
  json: { value: 'true|false', about: 'JSON in place of text', default: 'false' },
} as const satisfies FlagTable

/** What --help prints. */
export const HELP: Help = {
  command: 'tools:budget',
  file: 'tools/src/budget/budget.ts',
  purpose:
    'What one more analyst saves: for each number of analysts the return of the best rule that gives no more alerts than they can judge, and the price of an alert. Rules are tuned on validation streams and applied to test streams; nothing is trained by consequences.',
  groups: [
    { title: 'Flags', flags: flagsOf(FLAGS) },
    {
      title: 'Settings of the streams, as of learner:train',
      flags: [
        { name: 'dataset', value: 'NAME', about: 'quickest, campaign, or another with --environment=respond' },
        { name: 'data', value: 'PATH', about: 'a description of events' },
        { name: 'rows', value: 'N', about: 'events to generate' },
        { name: 'seed', value: 'N', about: 'of the events' },
        { name: 'response.alert-cost', value: 'X', about: 'and the like: what actions cost' },
      ],
    },
  ],
  examples: ['--dataset=quickest', '--dataset=quickest --analysts=6 --alerts-per-analyst=2 --json'],
}

/**
 * Reads the command line.
 *
 * @throws {VigilError} UNKNOWN_FLAG, INVALID_VALUE, CONFLICT
 */
export function parseOptions(words: readonly string[]): Options {
  const { settings, flags } = parseFlags(words, FLAGS, configSchema)
  const config = resolveConfig({ dataset: 'quickest', ...settings }, 'the command line')
  if (config.environment !== 'respond' || config.belief === 'none') {
    throw commandError(
      'INVALID_VALUE',
      `Alerts have a price where they lead to something and there is a belief to act by, but environment is "${config.environment}" and belief "${config.belief}". Give --environment=respond, and leave --belief out.`,
    )
  }
  return {
    config,
    analysts: numberFlag(flags, 'analysts', FLAGS.analysts.number) ?? FLAGS.analysts.default,
    alertsPerAnalyst:
      numberFlag(flags, 'alerts-per-analyst', FLAGS['alerts-per-analyst'].number) ??
      FLAGS['alerts-per-analyst'].default,
    json: switchFlag(flags, 'json'),
  }
}
