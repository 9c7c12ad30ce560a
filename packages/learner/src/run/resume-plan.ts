import { COMMAND_LINE, type Config, configError, withSettings } from '@vigil/config'
import { isErrorOf } from '@vigil/errors'
import { parsePipeline } from '@vigil/features'
import { CHECKPOINT_ERRORS, readCheckpoint } from '@vigil/ppo'
import { assertTrainable, type RunFolder } from '@vigil/runs'
import { engineMeant } from './engine-meant.ts'
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
  const config = withSettings(saved, others, COMMAND_LINE)
  return {
    kind: 'resume',
    config,
    computing: await computing(config, folder),
    folder,
    pipeline: parsePipeline(pipeline),
    ...(iterations > saved.iterations && { iterations }),
  }
}

/** The config with the engine that computed the weights so far: `auto` may mean another one by now. */
async function computing(config: Config, { latest }: RunFolder): Promise<Config> {
  if (config.engine !== 'auto') return config
  try {
    const { engine: computedBy } = await readCheckpoint(latest, {
      fingerprintAt: null,
      datasetFingerprint: null,
      sizes: null,
    })
    const [engine, backend] = computedBy.split(' ')
    return withSettings(config, engineMeant(config, config, { engine, backend }), COMMAND_LINE)
  } catch (error) {
    // Whoever goes on from it says what is wrong with it.
    if (isErrorOf(CHECKPOINT_ERRORS, error)) return config
    throw error
  }
}
