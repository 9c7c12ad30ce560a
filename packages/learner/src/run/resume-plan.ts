import { COMMAND_LINE, configError, withSettings } from '@vigil/config'
import { parsePipeline } from '@vigil/features'
import { assertTrainable } from '@vigil/runs'
import { openRun } from './open-run.ts'
import type { ResumePlan } from './train-in-folder.ts'

/**
 * What it takes to go on with the training in a folder; nothing is written yet.
 *
 * @param settings what a person gave besides: settings without effect on results, and `iterations`, not less than the run has
 * @throws {VigilError} RUN_FOLDER, INVALID_VALUE, CONFLICT
 * @throws {VigilError} RUN_FILE_UNWRITABLE, {VigilError} for the features in the folder
 */
export async function resumePlan(path: string, settings: Readonly<Record<string, unknown>>): Promise<ResumePlan> {
  const { folder, config: saved, pipeline } = await openRun(path)
  const { iterations } = withSettings(saved, settings, COMMAND_LINE)
  if (iterations < saved.iterations) {
    throw configError(
      'CONFLICT',
      `--iterations is ${iterations}, but the run has ${saved.iterations}: it can be made longer, not shorter. Leave --iterations out, and stop it with Ctrl-C where it shall end.`,
    )
  }
  await assertTrainable(folder)
  const { iterations: _length, ...others } = settings
  return {
    kind: 'resume',
    config: withSettings(saved, others, COMMAND_LINE),
    folder,
    pipeline: parsePipeline(pipeline),
    ...(iterations > saved.iterations && { iterations }),
  }
}
