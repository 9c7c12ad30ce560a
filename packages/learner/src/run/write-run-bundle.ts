import type { Team } from '@vigil/actors'
import type { Config } from '@vigil/config'
import { weightsOfTeam } from '@vigil/evaluation'
import type { FeaturePipeline } from '@vigil/features'
import { readCheckpoint } from '@vigil/ppo'
import { type RunFolder, writeBundle } from '@vigil/runs'
import { evaluationSettingsOf } from '../settings.ts'
import type { RunIdentity } from './session.ts'

/** A trained run, as a bundle is made of it. */
export type BundledRun = {
  readonly config: Config
  readonly folder: RunFolder
  readonly team: Team
  readonly identity: RunIdentity
  readonly pipeline: FeaturePipeline
}

/**
 * Writes the bundle of a run's best checkpoint. By the rule `weighted` the team acts on the validation split for it.
 *
 * @param out the folder that gets `bundle/`: the run's own, or that of an evaluation's results
 * @throws {VigilError} as readCheckpoint and writeBundle
 */
export async function writeRunBundle(run: BundledRun, out: string): Promise<void> {
  const { config, folder, team, identity, pipeline } = run
  const { iteration, parameters } = await readCheckpoint(folder.best, identity)
  const settings = evaluationSettingsOf(config)
  const { rule, faults, fallbackAction, environment, specifications, agents } = settings
  team.publish(parameters, 0)
  const weights = rule === 'weighted' ? await weightsOfTeam(team, settings) : new Uint32Array(agents).fill(1)
  await writeBundle(out, {
    iteration,
    configFingerprint: identity.configFingerprint,
    datasetFingerprint: identity.datasetFingerprint,
    pipeline,
    network: team.network,
    environment,
    vote: { rule, faults, fallbackAction, weights },
    specifications,
    parameters,
  })
}
