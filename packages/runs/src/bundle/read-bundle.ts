import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseModel } from '@vigil/boosting'
import { harmlessText } from '@vigil/command-line'
import { compileConstraints, type EnvironmentSpec } from '@vigil/env-wasm'
import { type FeaturePipeline, inputsOf, parsePipeline } from '@vigil/features'
import { parseStreamModel } from '@vigil/hidden-markov'
import { type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { assertTolerates, assertWeights } from '@vigil/vote'
import { z } from 'zod'
import ownPackage from '../../package.json' with { type: 'json' }
import { runFileError } from '../errors.ts'
import { readRunFile } from '../read-run-file.ts'
import { bundleFiles } from '../run-folder.ts'
import { firstIssue } from '../schema-parts.ts'
import { BUNDLE_VERSION, type Bundle, type StreamBelief, type TreeBelief } from './bundle.ts'
import { type BundleSettings, bundleSettingsSchema, environmentOf, networkOf } from './bundle-settings.ts'
import { parseReference } from './reference.ts'

const MEBIBYTE = 2 ** 20
/** Thirty-two formulas of ten thousand characters, escaped, and the rest. */
const SETTINGS_BYTES_MAX = 2 * MEBIBYTE
const PIPELINE_BYTES_MAX = 256 * MEBIBYTE
const BELIEF_BYTES_MAX = 256 * MEBIBYTE
/** 4,096 inputs of some thirty bins. */
const REFERENCE_BYTES_MAX = 16 * MEBIBYTE
const WEIGHTS_BYTES_MAX = 1024 * MEBIBYTE

const REMEDY = 'Write it anew with "npx nx run learner:evaluate --run=FOLDER", or copy the whole folder again.'

/** What every version of bundle.json begins with. */
const versionSchema = z.object({ version: z.int().min(0), vigil: z.string().min(1).max(60) })

/**
 * Reads the team of a run from its bundle alone. Nothing in the files is trusted: each is bounded in size before it is
 * read, hashed before it is parsed, and compared with the others before it is used.
 *
 * @example
 * ```ts
 * const { network, parameters, pipeline, vote } = await readBundle('runs/NAME')
 * ```
 *
 * @param folder that of the run, or of an evaluation's results
 * @param accept is given the SHA-256 of bundle.json, which has those of the other files, before anything is parsed
 * @throws {VigilError} BUNDLE_MISSING, BUNDLE_VERSION, BUNDLE_INVALID, RUN_FILE_UNREADABLE; nothing else but what `accept` throws
 */
export async function readBundle(
  folder: string,
  accept: (fingerprint: string) => void = () => undefined,
): Promise<Bundle> {
  const files = bundleFiles(folder)
  const settingsBytes = await bytesOf(files.settings, SETTINGS_BYTES_MAX)
  accept(hash('sha256', settingsBytes))
  const settings = parseSettings(settingsBytes, files.settings)
  const pipelineBytes = await bytesOf(files.pipeline, PIPELINE_BYTES_MAX)
  assertHash(files.pipeline, pipelineBytes, settings.sha256['pipeline.json'])
  const pipeline = checked(files.pipeline, () => parsePipeline(JSON.parse(pipelineBytes.toString('utf8'))))
  const beliefBytes = await bytesOf(files.belief, BELIEF_BYTES_MAX)
  assertHash(files.belief, beliefBytes, settings.sha256['belief.json'])
  const belief = checked(files.belief, () => beliefOf(JSON.parse(beliefBytes.toString('utf8')), pipeline))
  const referenceBytes = await bytesOf(files.reference, REFERENCE_BYTES_MAX)
  assertHash(files.reference, referenceBytes, settings.sha256['reference.json'])
  const reference = checked(files.reference, () =>
    parseReference(JSON.parse(referenceBytes.toString('utf8')), inputsOf(pipeline)),
  )
  const { environment, network, weightsBytes } = checked(files.settings, () => teamOf(settings, pipeline))
  const bytes = await bytesOf(files.weights, weightsBytes)
  if (bytes.length !== weightsBytes) {
    throw invalid(files.weights, `it has ${bytes.length} bytes, and the team's network ${weightsBytes}`)
  }
  assertHash(files.weights, bytes, settings.sha256['weights.bin'])
  const { iteration, configFingerprint, datasetFingerprint, specifications, vote, stopFactor } = settings
  return {
    ...{
      iteration,
      configFingerprint,
      datasetFingerprint,
      pipeline,
      network,
      environment,
      specifications,
      belief,
      reference,
      stopFactor,
    },
    vote: { ...vote, weights: Uint32Array.from(vote.weights) },
    parameters: parametersOf(files.weights, bytes),
  }
}

async function bytesOf(path: string, bytesMax: number): Promise<Buffer> {
  const bytes = await readRunFile(path, bytesMax)
  if (bytes !== null) return bytes
  const run = dirname(dirname(path))
  if (!existsSync(run)) {
    throw runFileError('BUNDLE_MISSING', `${run}: there is no such folder. Give the folder of a run, as runs/NAME.`)
  }
  throw runFileError(
    'BUNDLE_MISSING',
    `${path} is missing: the run has no whole bundle. A training writes it when it ends, an evaluation beside its results. ${REMEDY}`,
  )
}

function parseSettings(bytes: Buffer, path: string): BundleSettings {
  const json = checked(path, () => JSON.parse(bytes.toString('utf8')) as unknown)
  const written = versionSchema.safeParse(json)
  if (!written.success) throw invalid(path, firstIssue(written.error))
  const { version, vigil } = written.data
  if (version !== BUNDLE_VERSION) {
    throw runFileError(
      'BUNDLE_VERSION',
      `${path} has format version ${version}, written by Vigil ${harmlessText(vigil, 60)}; Vigil ${ownPackage.version} reads version ${BUNDLE_VERSION}. Decide with that Vigil, or evaluate the run with this one, which writes the bundle anew.`,
    )
  }
  const parsed = bundleSettingsSchema.safeParse(json)
  if (parsed.success) return parsed.data
  throw invalid(path, firstIssue(parsed.error))
}

/** The team that the settings describe on these inputs. @throws the error of the package whose rule they break */
function teamOf(
  settings: BundleSettings,
  pipeline: FeaturePipeline,
): { readonly environment: EnvironmentSpec; readonly network: NetworkSpec; readonly weightsBytes: number } {
  const { faults, rule, weights } = settings.vote
  const agentCount = weights.length
  assertTolerates(agentCount, faults)
  if (rule === 'weighted') assertWeights(Uint32Array.from(weights), { agentCount, faults })
  const environment = environmentOf(settings)
  compileConstraints(environment)
  const network = networkOf(settings, environment, inputsOf(pipeline))
  const weightsBytes = 4 * agentCount * parameterLayout(network).parametersPerAgent
  if (weightsBytes > WEIGHTS_BYTES_MAX) {
    throw new Error(`the network has ${weightsBytes} bytes of weights, more than ${WEIGHTS_BYTES_MAX}`)
  }
  return { environment, network, weightsBytes }
}

const beliefSchema = z.strictObject({
  hazard: z.number().min(0).lt(1),
  prior: z.number().positive(),
  share: z.number().gt(0).max(1),
  trees: z.unknown(),
})

/** The belief, whose model must be of these inputs. @throws the error of the package whose rule it breaks */
function beliefOf(value: unknown, pipeline: FeaturePipeline): StreamBelief | null {
  if (value === null) return null
  const belief = typeof value === 'object' && 'kinds' in value ? parseStreamModel(value) : treeBeliefOf(value)
  const model = 'trees' in belief ? belief.trees : belief
  const { denseNames, categoricalColumns } = inputsOf(pipeline)
  if (model.denseCount === denseNames.length && model.categoricalCount === categoricalColumns.length) return belief
  throw new Error(
    `its model has ${model.denseCount} numbers and ${model.categoricalCount} categories as inputs, and pipeline.json ${denseNames.length} and ${categoricalColumns.length}`,
  )
}

function treeBeliefOf(value: unknown): TreeBelief {
  const parsed = beliefSchema.safeParse(value)
  if (!parsed.success) throw new Error(firstIssue(parsed.error))
  return { ...parsed.data, trees: parseModel(parsed.data.trees) }
}

/** Little-endian, as every host that Node runs WebAssembly shared memory on. */
function parametersOf(path: string, bytes: Buffer): Float32Array {
  const parameters = new Float32Array(bytes.length / 4)
  new Uint8Array(parameters.buffer).set(bytes)
  const at = parameters.findIndex((value) => !Number.isFinite(value))
  if (at === -1) return parameters
  throw invalid(path, `weight ${at} is ${parameters[at]}`)
}

function assertHash(path: string, bytes: Buffer, expected: string): void {
  if (hash('sha256', bytes) === expected) return
  throw invalid(path, 'its SHA-256 is not the one in bundle.json')
}

/** What `compute` gives; whatever it finds wrong is wrong with this file. */
function checked<Value>(path: string, compute: () => Value): Value {
  try {
    return compute()
  } catch (cause) {
    throw invalid(path, harmlessText((cause as Error).message, 500), cause)
  }
}

function invalid(path: string, reason: string, cause?: unknown): Error {
  return runFileError('BUNDLE_INVALID', `${path} cannot be used: ${reason}. ${REMEDY}`, { cause })
}
