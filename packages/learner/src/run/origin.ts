import { formatCounted } from '@vigil/command-line'
import { type Config, configError, type RunOrigin } from '@vigil/config'
import { contextSize } from '@vigil/env-wasm'
import { allCategoriesBefore, type FeaturePipeline, inputsOf, parsePipeline } from '@vigil/features'
import { growEmbeddings, type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { type Checkpoint, readCheckpoint } from '@vigil/ppo'
import { weightsSha256 } from '@vigil/runs'
import { teamSettingsOf } from '../settings.ts'
import { openRun } from './open-run.ts'
import type { RunState } from './run-state.ts'

/** A trained team that another training begins from. */
export type Origin = RunOrigin & {
  readonly config: Config
  /** Its features, which are used as they were fitted; their vocabularies may grow. */
  readonly pipeline: FeaturePipeline
  /** Its best checkpoint. */
  readonly best: Pick<Checkpoint, 'iteration' | 'parameters' | 'normaliser'>
}

/** Settings of a run that the inputs, the agents, the network and the vote of its team follow from. */
const TEAM_SETTINGS = [
  ...['dataset', 'features', 'environment', 'response', 'belief', 'episodes', 'gamma'],
  ...['agents', 'faults', 'rule', 'fallbackAction', 'policy', 'policyHidden', 'valueHidden', 'lstmHidden', 'layerNorm'],
] as readonly (keyof Config)[]

/**
 * Reads the best team of a run.
 *
 * @param path the run folder
 * @throws {VigilError} RUN_FOLDER, MISSING, UNREADABLE, DAMAGED, PIPELINE_INVALID and those of its config
 */
export async function readOrigin(path: string): Promise<Origin> {
  const { folder, config, pipeline } = await openRun(path)
  const best = await readCheckpoint(folder.best, { fingerprintAt: null, datasetFingerprint: null, sizes: null })
  const { iteration, parameters, normaliser } = best
  return {
    ...{ run: path, weightsSha256: weightsSha256(parameters), config, pipeline: parsePipeline(pipeline) },
    best: { iteration, parameters, normaliser },
  }
}

/** What a training from this team has for settings where nothing else is given. @param known the settings that it can have */
export function settingsOfTeam({ config }: Origin, known: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(TEAM_SETTINGS.filter((key) => Object.hasOwn(known, key)).map((key) => [key, config[key]]))
}

/**
 * Refuses settings by which the team has other inputs, agents or networks than its weights are for.
 *
 * @throws {VigilError} CONFLICT, naming all that differs
 */
export function assertSameTeam({ run, config: trained }: Origin, config: Config): void {
  const [there, here] = [shapeOf(trained), shapeOf(config)]
  const differences = Object.keys(there)
    .filter((name) => `${there[name]}` !== `${here[name]}`)
    .map((name) => `${name} is ${inWords(there[name])} there, but ${inWords(here[name])} here`)
  if (differences.length === 0) return
  throw configError(
    'CONFLICT',
    `The weights of ${run} are for another team: ${differences.join('; ')}. Give the settings of that run, or leave them out, or train a new team without --from.`,
  )
}

/** All that the shape of weights follows from, but for the columns of the data. */
function shapeOf(config: Config): Readonly<Record<string, unknown>> {
  const { network, environment } = teamSettingsOf(config)
  const { dataset, features, agents, observeConstraints, belief } = config
  const { policyHidden, valueHidden, lstmHidden, layerNorm, constraintCount } = network
  return {
    environment: config.environment,
    ...{ dataset, features, belief, agents, policyHidden, valueHidden, lstmHidden, layerNorm, observeConstraints },
    'the number of specifications that are learnt': constraintCount,
    'the number of context inputs': contextSize(environment),
  }
}

function inWords(value: unknown): string {
  return Array.isArray(value) && value.length === 0 ? 'none' : `${value}`
}

/**
 * The state in which training begins from a team: its weights, with new categories deciding as what they were taken for,
 * and the units of its critic. Nothing else is kept; lanes, counters and the optimiser begin as in any training.
 *
 * @param fresh what training without an origin begins with
 * @throws {VigilError} CONFLICT when the weights are not those of the network that the origin's settings describe
 */
export function stateFrom(
  { run, pipeline, best }: Origin,
  { pipeline: grown, network: to }: { readonly pipeline: FeaturePipeline; readonly network: NetworkSpec },
  fresh: RunState,
): RunState {
  const from = {
    ...to,
    vocabularySizes: inputsOf(pipeline).categoricalColumns.map(({ vocabularySize }) => vocabularySize),
  }
  const expected = to.agentCount * parameterLayout(from).parametersPerAgent
  if (best.parameters.length !== expected) {
    throw configError(
      'CONFLICT',
      `The best checkpoint of ${run} has ${best.parameters.length} weights, but its settings make a team of ${expected}. Begin from a run of learner:train whose files are unchanged.`,
    )
  }
  const before = allCategoriesBefore(pipeline.columns, grown.columns)
  return {
    ...fresh,
    parameters: growEmbeddings(best.parameters, { from, to, before }),
    // The statistics of one batch say nothing of the next, and without any there is nothing to keep.
    normaliser: best.normaliser.kind === fresh.normaliser.kind ? best.normaliser : fresh.normaliser,
  }
}

/** How many categories the team learns to tell apart that its origin did not know; in words for a message. */
export function growth({ pipeline }: Origin, grown: FeaturePipeline): string {
  const [before, now] = [pipeline, grown].map((features) =>
    inputsOf(features).categoricalColumns.reduce((sum, { vocabularySize }) => sum + vocabularySize, 0),
  )
  return before === now ? '' : `, with ${formatCounted(now - before, 'new category', 'new categories')}`
}
