import {
  type Command,
  commandError,
  type Flags,
  type FlagTable,
  flagName,
  flagsOf,
  type Help,
  switchFlag,
  textFlag,
} from '@vigil/command-line'
import {
  configError,
  configSchema,
  labConfigSchema,
  parseFlags,
  resolveConfig,
  resolveLabConfig,
  type SettingLayer,
  settingGroups,
} from '@vigil/config'
import { assertRunFolderFree } from '@vigil/runs'
import type { Composition } from '../run/composition.ts'
import { resumePlan } from '../run/resume-plan.ts'
import type { TrainRunPlan } from '../run/train-in-folder.ts'
import { trainRun } from '../run/train-run.ts'
import { BUDGET_FLAGS, budgetsOf, containmentRateOf } from './budget-flags.ts'
import { HOSTS_FLAGS, sharingOf } from './hosts-flags.ts'
import { filesOfTraining } from './made-files.ts'
import { markGarbageAtOnce } from './mark-garbage-at-once.ts'
import { refuseMovedFlags } from './moved-flags.ts'
import { newRun } from './new-run.ts'
import { SEEDS_FLAGS, seedsOf } from './seeds.ts'
import { BEGIN_FLAGS, END_FLAGS, evaluatesOf, FILE_FLAGS, pauseOf, RESUME_SETTINGS } from './train-flags.ts'
import { trainSeedsAsked } from './train-seeds-asked.ts'

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
  const begins = { ...BEGIN_FLAGS, ...own }
  // Teams of experiments may collect in ways of their own, which no other host knows, and tools:ablation has seeds for them.
  const groups = [
    { title: 'What to train', flags: begins },
    ...(isExperiment ? [] : [{ title: 'Several seeds', flags: SEEDS_FLAGS }]),
    ...(isExperiment ? [] : [{ title: 'Who collects', flags: HOSTS_FLAGS }]),
    { title: 'How far to go', flags: END_FLAGS },
    { title: 'How to evaluate', flags: BUDGET_FLAGS },
    { title: 'What to write besides', flags: FILE_FLAGS },
  ]
  const all: FlagTable = Object.assign({}, ...groups.map(({ flags }) => flags))
  return {
    help: {
      ...help,
      groups: [...groups.map(({ title, flags }) => ({ title, flags: flagsOf(flags) })), ...settingGroups(schema)],
    },
    async run({ words, stop }) {
      markGarbageAtOnce()
      if (!isExperiment) refuseMovedFlags(words)
      const { settings, flags } = parseFlags(words, all, schema)
      const output = { stream: process.stdout, isTTY: process.stdout.isTTY === true, stop }
      const seeds = seedsOf(flags)
      if (seeds !== undefined) {
        return await trainSeedsAsked({ words, settings, flags, seeds }, output)
      }
      if (flags.has('parallel')) {
        throw commandError(
          'INVALID_VALUE',
          '--parallel is of several seeds. Give --seeds=1..5 with it, or leave it out.',
        )
      }
      const [budgets, maxFalseContainmentRate] = [budgetsOf(flags), containmentRateOf(flags)]
      const evaluates = evaluatesOf(flags, budgets !== null)
      const resumed = textFlag(flags, 'resume', 'runs/NAME')
      const plan =
        resumed === undefined
          ? await newRun(settings, flags, { first: beginFrom(flags), resolve, schema })
          : await resumedRun(
              resumed,
              settings,
              Object.keys(begins).find((name) => name !== 'resume' && flags.has(name)),
            )
      if (plan.kind === 'new') await assertRunFolderFree(plan.config)
      const tensorboard = switchFlag(flags, 'tensorboard')
      const session = { ...output, tensorboard, pauseAfter: pauseOf(flags) }
      const judging = { budgets, maxFalseContainmentRate, evaluates }
      const { folder, evaluation } = await trainRun(plan, session, {
        composition,
        sharing: await sharingOf(flags),
        ...judging,
      })
      const files = filesOfTraining(folder, evaluation !== null)
      return { folder, ...(evaluation !== null && { team: evaluation.team, verdict: evaluation.verdict }), files }
    },
  }
}

/** @param begins a flag that names what a new run begins from; undefined where there is none */
async function resumedRun(
  folder: string,
  settings: Record<string, unknown>,
  begins: string | undefined,
): Promise<TrainRunPlan> {
  const allowed = [...RESUME_SETTINGS, 'iterations']
  const other = Object.keys(settings).find((key) => !allowed.includes(key))
  if (other !== undefined || begins !== undefined) {
    throw configError(
      'CONFLICT',
      `--resume goes on with the settings of the run; only ${allowed.map((key) => `--${flagName(key)}`).join(', ')} may be given with it, not --${flagName(other ?? begins!)}.`,
    )
  }
  return await resumePlan(folder, settings)
}
