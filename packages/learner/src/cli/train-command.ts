import {
  type Command,
  type Flags,
  type FlagTable,
  flagName,
  flagsOf,
  type Help,
  switchFlag,
  textFlag,
} from '@vigil/command-line'
import {
  beginningFrom,
  COMMAND_LINE,
  configError,
  configSchema,
  labConfigSchema,
  layerSettings,
  parseFlags,
  readConfigFile,
  readSpecifications,
  resolveConfig,
  resolveLabConfig,
  type SettingLayer,
  settingGroups,
} from '@vigil/config'
import { assertRunFolderFree } from '@vigil/runs'
import type { Composition } from '../run/composition.ts'
import { assertSameTeam, readOrigin, settingsOfTeam } from '../run/origin.ts'
import { resumePlan } from '../run/resume-plan.ts'
import type { TrainRunPlan } from '../run/train-in-folder.ts'
import { trainRun } from '../run/train-run.ts'
import { BUDGET_FLAGS, budgetsOf } from './budget-flags.ts'
import { HOSTS_FLAGS, sharingOf } from './hosts-flags.ts'
import { refuseMovedFlags } from './moved-flags.ts'

/** Settings that may change when a run goes on: none but its length affects what it learns. */
const RESUME_FLAGS = ['actors', 'engineThreads', 'data', 'iterations'] as const

const FLAGS = {
  config: { value: 'FILE', about: 'JSON object of settings, which flags overrule: { "learningRate": 0.001 }' },
  resume: {
    value: 'FOLDER',
    about: 'go on with the run in this folder, with its settings; more --iterations make it longer',
  },
  from: {
    value: 'FOLDER',
    about:
      "begin a new run from the best weights and the features of the run in this folder; categories may be new, and settings of the team are that run's",
  },
} as const satisfies FlagTable

/** Files of a training that are no settings of a run. */
const FILES = {
  tensorboard: {
    about:
      'writes curves and settings for TensorBoard into the run folder (docs/tensorboard.md); --resume goes on with them',
  },
} as const satisfies FlagTable

/** What a command that trains has of its own. */
export type TrainCommand = Omit<Help, 'groups'> & {
  /** Flags that name what to begin from. */
  readonly flags: FlagTable
  /** Settings to begin from, which config file and flags overrule. */
  readonly beginFrom: (flags: Flags) => readonly SettingLayer[]
  /** Whether the settings of experiments may be given. */
  readonly isExperiment: boolean
  readonly composition: Composition
}

/** A command that trains a team in a run folder, or goes on with one. */
export function trainCommand({ flags: own, beginFrom, isExperiment, composition, ...help }: TrainCommand): Command {
  const schema = isExperiment ? labConfigSchema : configSchema
  const resolve = isExperiment ? resolveLabConfig : resolveConfig
  const begins = { ...FLAGS, ...own }
  // Teams of experiments may collect in ways of their own, which no other host knows.
  const sharing = isExperiment ? {} : HOSTS_FLAGS
  return {
    help: {
      ...help,
      groups: [
        { title: 'What to train', flags: flagsOf(begins) },
        ...(isExperiment ? [] : [{ title: 'Who collects', flags: flagsOf(HOSTS_FLAGS) }]),
        { title: 'How to evaluate', flags: flagsOf(BUDGET_FLAGS) },
        { title: 'What to write besides', flags: flagsOf(FILES) },
        ...settingGroups(schema),
      ],
    },
    async run({ words, stop }) {
      if (!isExperiment) refuseMovedFlags(words)
      const { settings, flags } = parseFlags(words, { ...begins, ...sharing, ...BUDGET_FLAGS, ...FILES }, schema)
      const budgets = budgetsOf(flags)
      const resumed = textFlag(flags, 'resume', 'runs/NAME')
      const plan =
        resumed === undefined
          ? await newRun(settings, flags, { first: beginFrom(flags), resolve, schema })
          : await resumedRun(
              resumed,
              settings,
              Object.keys(begins).find((name) => name !== 'resume' && flags.has(name)),
            )
      const tensorboard = switchFlag(flags, 'tensorboard')
      const session = { stream: process.stdout, isTTY: process.stdout.isTTY === true, stop, tensorboard }
      await trainRun(plan, session, { composition, budgets, sharing: await sharingOf(flags) })
    },
  }
}

/** How the settings of a new run are put together. */
type NewRunRules = {
  readonly first: readonly SettingLayer[]
  readonly resolve: typeof resolveConfig
  readonly schema: typeof configSchema | typeof labConfigSchema
}

/** Settings to begin from, overruled by those of a config file, overruled by those of the command line. */
async function newRun(
  settings: Record<string, unknown>,
  flags: Flags,
  { first, resolve, schema }: NewRunRules,
): Promise<TrainRunPlan> {
  const file = textFlag(flags, 'config', 'FILE')
  const from = textFlag(flags, 'from', 'runs/NAME')
  const origin = from === undefined ? null : await readOrigin(from)
  if (typeof settings.specifications === 'string') {
    settings.specifications = await readSpecifications(settings.specifications)
  }
  const layers = layerSettings([
    ...(origin === null ? [] : [{ source: origin.run, settings: settingsOfTeam(origin, schema.shape) }]),
    ...first,
    ...(file === undefined ? [] : [{ source: file, settings: await readConfigFile(file) }]),
    { source: COMMAND_LINE, settings },
  ])
  const config = resolve(layers.settings, layers.sourceOf)
  await assertRunFolderFree(config)
  if (origin === null) return { kind: 'new', config }
  assertSameTeam(origin, config)
  if (settings.warmStart === 'rule') {
    throw configError(
      'CONFLICT',
      "--from begins from another run's team, --warm-start=rule from a rule. Leave one of them out.",
    )
  }
  const { run, weightsSha256 } = origin
  return { kind: 'new', config: beginningFrom(config, { run, weightsSha256 }), origin }
}

/** @param begins a flag that names what a new run begins from; undefined where there is none */
async function resumedRun(
  folder: string,
  settings: Record<string, unknown>,
  begins: string | undefined,
): Promise<TrainRunPlan> {
  const other = Object.keys(settings).find((key) => !RESUME_FLAGS.includes(key as 'actors'))
  if (other !== undefined || begins !== undefined) {
    throw configError(
      'CONFLICT',
      `--resume goes on with the settings of the run; only ${RESUME_FLAGS.map((key) => `--${flagName(key)}`).join(', ')} may be given with it, not --${flagName(other ?? begins!)}.`,
    )
  }
  return await resumePlan(folder, settings)
}
