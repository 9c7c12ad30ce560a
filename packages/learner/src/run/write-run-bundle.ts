import type { Team } from '@vigil/actors'
import type { Config } from '@vigil/config'
import { chooseStopLevel, type OnStep, type StopLevel, weightsOfTeam } from '@vigil/evaluation'
import type { FeaturePipeline } from '@vigil/features'
import { readCheckpoint } from '@vigil/ppo'
import { type RunFolder, referenceOf, type StreamBelief, writeBundle } from '@vigil/runs'
import { evaluationSettingsOf } from '../settings.ts'
import type { RunIdentity } from './session.ts'

/** A trained run, as a bundle is made of it. */
export type BundledRun = {
  readonly config: Config
  readonly folder: RunFolder
  readonly team: Team
  readonly identity: RunIdentity
  readonly pipeline: FeaturePipeline
  readonly belief: StreamBelief | null
  /** Largest share of the streams without a threat that the stop level may contain; absent or null = any. */
  readonly maxFalseContainmentRate?: number | null
}

/**
 * Writes the bundle of a run's best checkpoint. The team acts on the validation split for it by the rule
 * `weighted`, and where its actions have consequences, which the stop level is chosen by.
 *
 * @param out the folder that gets `bundle/`: the run's own, or that of an evaluation's results
 * @returns the stop level that validation chose; null where actions have no consequences
 * @throws {VigilError} as readCheckpoint and writeBundle
 */
export async function writeRunBundle(run: BundledRun, out: string, onStep?: OnStep): Promise<StopLevel | null> {
  const { config, folder, team, identity, pipeline, belief, maxFalseContainmentRate } = run
  const { iteration, parameters } = await readCheckpoint(folder.best, identity)
  const settings = evaluationSettingsOf(config)
  const { rule, faults, fallbackAction, environment, specifications, agents } = settings
  team.publish(parameters, 0)
  const weights = rule === 'weighted' ? await weightsOfTeam(team, settings) : new Uint32Array(agents).fill(1)
  const stopLevel =
    environment.response === null
      ? null
      : await chooseStopLevel(team, { ...settings, stlMode: config.stlMode }, { maxFalseContainmentRate, onStep })
  await writeBundle(out, {
    iteration,
    configFingerprint: identity.configFingerprint,
    datasetFingerprint: identity.datasetFingerprint,
    reference: referenceOf(team.dataset, team.dataset.splits.train.rows),
    ...{ pipeline, belief, stopFactor: stopLevel?.stopFactor ?? 1 },
    network: team.network,
    environment,
    vote: { rule, faults, fallbackAction, weights },
    specifications,
    parameters,
  })
  return stopLevel
}
