import { type Flags, type FlagTable, flagName, flagsOf, runCommand, textFlag } from '@vigil/command-line'
import {
  COMMAND_LINE,
  configError,
  layerSettings,
  parseFlags,
  presetNames,
  readConfigFile,
  readPreset,
  readSpecifications,
  resolveConfig,
  settingGroups,
} from '@vigil/config'
import { assertRunFolderFree } from '@vigil/runs'
import { resumePlan } from '../run/resume-plan.ts'
import type { TrainRunPlan } from '../run/train-in-folder.ts'
import { trainRun } from '../run/train-run.ts'

/** Settings that may change when a run goes on: none but its length affects what it learns. */
const RESUME_FLAGS = ['actors', 'engineThreads', 'data', 'iterations'] as const

const FLAGS = {
  config: { value: 'FILE', about: 'JSON object of settings, which flags overrule: { "learningRate": 0.001 }' },
  preset: { value: 'NAME', about: 'settings to begin from, which file and flags overrule', choices: presetNames() },
  resume: {
    value: 'FOLDER',
    about: 'go on with the run in this folder, with its settings; more --iterations make it longer',
  },
} as const satisfies FlagTable

await runCommand({
  help: {
    command: 'learner:train',
    file: 'packages/learner/src/cli/train.ts',
    purpose:
      'Trains a team, evaluates its best checkpoint on the test split, and leaves weights, metrics and a report in a run folder. Every setting is a flag and a key of a config file (--learning-rate is learningRate); of a flag given twice the last counts. docs/training.md has the experiments behind the defaults.',
    groups: [{ title: 'What to train', flags: flagsOf(FLAGS) }, ...settingGroups()],
    examples: [
      '--seed=2',
      '--dataset=darpa-tc --data=FOLDER --features=behaviour --split=stratified',
      '--resume=runs/NAME',
      '--resume=runs/NAME --iterations=100',
    ],
  },
  async run({ words, stop }) {
    const { settings, flags } = parseFlags(words, FLAGS)
    const resumed = textFlag(flags, 'resume', 'runs/NAME')
    const plan = resumed === undefined ? await newRun(settings, flags) : await resumedRun(resumed, settings, flags)
    await trainRun(plan, { stream: process.stdout, isTTY: process.stdout.isTTY === true, stop })
  },
})

/** Settings of a preset, overruled by those of a config file, overruled by those of the command line. */
async function newRun(settings: Record<string, unknown>, flags: Flags): Promise<TrainRunPlan> {
  const preset = textFlag(flags, 'preset', 'NAME')
  const file = textFlag(flags, 'config', 'FILE')
  if (typeof settings.specifications === 'string') {
    settings.specifications = await readSpecifications(settings.specifications)
  }
  const layers = layerSettings([
    ...(preset === undefined ? [] : [{ source: `preset ${preset}`, settings: readPreset(preset).settings }]),
    ...(file === undefined ? [] : [{ source: file, settings: await readConfigFile(file) }]),
    { source: COMMAND_LINE, settings },
  ])
  const config = resolveConfig(layers.settings, layers.sourceOf)
  await assertRunFolderFree(config)
  return { kind: 'new', config }
}

async function resumedRun(folder: string, settings: Record<string, unknown>, flags: Flags): Promise<TrainRunPlan> {
  const other = Object.keys(settings).find((key) => !RESUME_FLAGS.includes(key as 'actors'))
  const begins = ['config', 'preset'].find((name) => flags.has(name))
  if (other !== undefined || begins !== undefined) {
    throw configError(
      'CONFLICT',
      `--resume goes on with the settings of the run; only ${RESUME_FLAGS.map((key) => `--${flagName(key)}`).join(', ')} may be given with it, not --${flagName(other ?? begins!)}.`,
    )
  }
  return await resumePlan(folder, settings)
}
