/** `npx nx run lab:train`: an attempt of the earlier system, trained as `learner:train` trains. docs/history.md. */

import { type FlagTable, runCommand, textFlag } from '@vigil/command-line'
import { trainCommand } from '@vigil/learner'
import { LAB } from '../faults/composition.ts'
import { presetNames, readPreset } from '../presets/presets.ts'

const FLAGS = {
  preset: { value: 'NAME', about: 'settings to begin from, which file and flags overrule', choices: presetNames() },
} as const satisfies FlagTable

await runCommand(
  trainCommand({
    command: 'lab:train',
    file: 'packages/lab/src/train/train.ts',
    purpose:
      'Trains an attempt of the earlier system, or the defaults with faults switched on, and leaves the files that learner:train leaves. docs/history.md has what became of each.',
    examples: ['--preset=original', '--preset=no-norm --seed=2', '--defects=joint-clip', '--resume=runs/NAME'],
    flags: FLAGS,
    isExperiment: true,
    composition: LAB,
    beginFrom(flags) {
      const preset = textFlag(flags, 'preset', 'NAME')
      return preset === undefined ? [] : [{ source: `preset ${preset}`, settings: readPreset(preset).settings }]
    },
  }),
)
