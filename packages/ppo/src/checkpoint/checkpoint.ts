import { createHash } from 'node:crypto'
import { writeFileAtomically } from '@vigil/command-line'
import type { OptimiserState } from '@vigil/engine'
import { isErrorOf } from '@vigil/errors'
import { count, RUN_FILE_ERRORS, readRunFile, sha256, share } from '@vigil/runs'
import { z } from 'zod'
import { type DecisionHistory, isHistory } from '../constraints/decision-history.ts'
import { type Multiplier, multipliersSchema } from '../constraints/multipliers.ts'
import { parseReturnNormaliser, type ReturnNormaliser } from '../return-normaliser.ts'
import { checkpointError } from './errors.ts'

/** A policy that collects experience. */
export type ActingPolicy = {
  /** Updates that made it. */
  readonly policyVersion: number
  /** [A, P] */
  readonly parameters: Float32Array
  /** The units in which its critic speaks: the returns' statistics after its last update. */
  readonly normaliser: ReturnNormaliser
}

/** A validation, as it is compared with others. */
export type BestValidation = {
  readonly iteration: number
  /** How much the satisfaction of the worst specification lacks of its target; 0 where no mode strives for targets. */
  readonly shortfall: number
  readonly rewardMean: number
}

/** Everything that training needs to go on as if it had not stopped. */
export type Checkpoint = {
  /** Iterations completed. */
  readonly iteration: number
  /** Events decided so far. */
  readonly envSteps: number
  /** Minibatch passes so far; keys the shuffling. */
  readonly passes: number
  /** Of the lines that metrics.jsonl had (packages/runs/src/metrics.ts). */
  readonly metricsSha256: string
  /** SHA-256 (hex) of the settings up to this iteration and of the dataset: both must be the run's own. */
  readonly configFingerprint: string
  readonly datasetFingerprint: string
  /** What computed the weights, e.g. `tfjs wasm`. */
  readonly engine: string
  readonly normaliser: ReturnNormaliser
  /** Controllers of the specifications' multipliers, in their order; empty where no mode uses them. */
  readonly multipliers: readonly Multiplier[]
  /** What the lanes decided last, where windows look back on it; empty where no mode does. */
  readonly history: DecisionHistory
  /** The best validation so far; null before the first. */
  readonly best: BestValidation | null
  /** [A, P] */
  readonly parameters: Float32Array
  readonly optimiser: OptimiserState
  /**
   * Whose experience the next iteration learns from, where that is not `parameters` itself: under staleness 1 the policy
   * of one update before, which was collecting while this checkpoint was written.
   */
  readonly acting: ActingPolicy | null
  /** States of all lanes (actors' saveShards) in which the next iteration's experience begins. */
  readonly lanes: Uint8Array
}

/**
 * File layout, little-endian:
 *
 *   | magic "VIGILCK4" 8 | header bytes u32 | header JSON | sections one after another | SHA-256 of all before, 32 |
 *
 * The header names the length of each section, in bytes.
 */
const MAGIC = 'VIGILCK4'
const DIGEST_BYTES = 32
const HEADER_BYTES_MAX = 65_536
/** More than Node.js reads at once. */
const BYTES_MAX = 2 ** 31 - 1

const headerSchema = z.strictObject({
  iteration: count,
  envSteps: count,
  passes: count,
  metricsSha256: sha256,
  configFingerprint: sha256,
  datasetFingerprint: sha256,
  engine: z.string().min(1).max(100),
  normaliser: z.unknown(),
  multipliers: multipliersSchema,
  best: z.strictObject({ iteration: count, shortfall: share, rewardMean: z.number() }).nullable(),
  optimiserStep: count,
  acting: z.strictObject({ policyVersion: count, normaliser: z.unknown() }).nullable(),
  sections: z.strictObject({
    parameters: count,
    firstMoment: count,
    secondMoment: count,
    actingParameters: count,
    lanes: count,
    history: count,
  }),
})

/**
 * Writes a checkpoint, whole or not at all.
 *
 * @throws {VigilError} FILE_UNWRITABLE
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeFileAtomically(path, encodeCheckpoint(checkpoint))
}

/**
 * Reads a checkpoint of this run.
 *
 * @param expected the run's own fingerprints and sizes
 * @throws {VigilError} MISSING, UNREADABLE, DAMAGED, FOREIGN, each naming the file and the reason
 */
export async function readCheckpoint(path: string, expected: ExpectedCheckpoint): Promise<Checkpoint> {
  const bytes = await readRunFile(path, BYTES_MAX).catch((error: unknown) => {
    if (!isErrorOf(RUN_FILE_ERRORS, error)) throw error
    throw checkpointError('UNREADABLE', `${error.message} Put that right and repeat the command.`)
  })
  if (bytes !== null) return decodeCheckpoint(bytes, expected, path)
  throw checkpointError(
    'MISSING',
    `The run has no checkpoint ${path}. The first one is written after the first validation; go on with --resume.`,
  )
}

/** What a checkpoint must agree with. */
export type ExpectedCheckpoint = {
  /** Of the settings that led to an iteration; null = whatever they were. */
  readonly fingerprintAt: ((iteration: number) => string) | null
  /** null = whatever the data were */
  readonly datasetFingerprint: string | null
  /** null where no run is there to ask */
  readonly sizes: CheckpointSizes | null
}

/** How much a run has of what a checkpoint holds. */
export type CheckpointSizes = {
  /** A * P */
  readonly parameterCount: number
  /** Specifications that have a multiplier. */
  readonly multiplierCount: number
  /** Lanes of all shards: a history holds whole steps of them. */
  readonly laneCount: number
  /** Steps of history that are kept at most. */
  readonly historyLength: number
}

/** The bytes of a checkpoint file. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { parameters, optimiser, acting, lanes, history, ...rest } = checkpoint
  const sections = {
    parameters,
    firstMoment: optimiser.firstMoment,
    secondMoment: optimiser.secondMoment,
    actingParameters: acting?.parameters ?? new Float32Array(0),
    lanes,
    history,
  }
  const lengths = Object.fromEntries(Object.entries(sections).map(([name, { byteLength }]) => [name, byteLength]))
  const header = Buffer.from(
    JSON.stringify({
      ...rest,
      optimiserStep: optimiser.step,
      acting: acting && { policyVersion: acting.policyVersion, normaliser: acting.normaliser },
      sections: lengths,
    }),
  )
  const size = Buffer.alloc(4)
  size.writeUInt32LE(header.length)
  const views = Object.values(sections).map((s) => Buffer.from(s.buffer, s.byteOffset, s.byteLength))
  const content = Buffer.concat([Buffer.from(MAGIC), size, header, ...views])
  return Buffer.concat([content, createHash('sha256').update(content).digest()])
}

/**
 * Reads the bytes of a checkpoint file, which are not trusted: size, mark, checksum, header, lengths, values.
 *
 * @param source names the file in messages
 * @throws {VigilError} DAMAGED, FOREIGN; nothing else leaves this function
 */
export function decodeCheckpoint(bytes: Uint8Array, expected: ExpectedCheckpoint, source: string): Checkpoint {
  const damaged = (reason: string) =>
    checkpointError(
      'DAMAGED',
      `${source} is not a whole checkpoint: ${reason}. Resume from another one, or train again.`,
    )
  const foreign = (reason: string) =>
    checkpointError(
      'FOREIGN',
      `${source} does not fit this run: ${reason}. Put back what the run was trained with, or train a new run.`,
    )

  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = MAGIC.length + 4
  if (file.length < start + DIGEST_BYTES) throw damaged(`it holds ${file.length} bytes`)
  if (file.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) {
    throw damaged(`it does not begin with "${MAGIC}", the mark of this format`)
  }
  const content = file.subarray(0, file.length - DIGEST_BYTES)
  const digest = createHash('sha256').update(content).digest()
  if (!digest.equals(file.subarray(file.length - DIGEST_BYTES)))
    throw damaged('its checksum does not match its content')
  const headerBytes = file.readUInt32LE(MAGIC.length)
  if (headerBytes > HEADER_BYTES_MAX || start + headerBytes > content.length)
    throw damaged(`its header claims ${headerBytes} bytes`)

  const header = parseHeader(content.subarray(start, start + headerBytes))
  if (header === null) throw damaged('its header is not that of a checkpoint')
  const { sections } = header
  const total = Object.values(sections).reduce((sum, length) => sum + length, 0)
  if (start + headerBytes + total !== content.length) throw damaged(`its sections claim ${total} bytes`)
  if (sections.parameters % 4 !== 0) throw damaged(`its parameters claim ${sections.parameters} bytes`)
  if (expected.datasetFingerprint !== null && header.datasetFingerprint !== expected.datasetFingerprint)
    throw foreign('it was trained on other data, or the data have changed since')
  if (expected.fingerprintAt !== null && header.configFingerprint !== expected.fingerprintAt(header.iteration))
    throw foreign('it was trained with other settings, or config.json has changed since')
  const parameterCount = expected.sizes?.parameterCount ?? sections.parameters / 4
  for (const name of ['parameters', 'firstMoment', 'secondMoment', 'actingParameters'] as const) {
    const wanted = name === 'actingParameters' && header.acting === null ? 0 : parameterCount
    if (sections[name] === 4 * wanted) continue
    throw foreign(`its ${name} hold ${sections[name] / 4} numbers, this network has ${wanted}`)
  }
  if (expected.sizes !== null) {
    const { multiplierCount, laneCount, historyLength } = expected.sizes
    const { length } = header.multipliers
    if (length !== multiplierCount) throw foreign(`it has ${length} multipliers, this run has ${multiplierCount}`)
    if (sections.history % laneCount !== 0 || sections.history > laneCount * historyLength)
      throw foreign(
        `its history holds ${sections.history} decisions, this run keeps ${historyLength} steps of ${laneCount} lanes at most`,
      )
  }

  let next = start + headerBytes
  const take = (length: number) => {
    next += length
    return Uint8Array.from(content.subarray(next - length, next))
  }
  const floats = (name: 'parameters' | 'firstMoment' | 'secondMoment' | 'actingParameters') => {
    const values = new Float32Array(take(sections[name]).buffer)
    if (!values.every(Number.isFinite)) throw damaged(`its ${name} hold numbers that are not finite`)
    return values
  }
  const parameters = floats('parameters')
  const firstMoment = floats('firstMoment')
  const secondMoment = floats('secondMoment')
  const actingParameters = floats('actingParameters')
  const acting = header.acting && { ...header.acting, parameters: actingParameters }
  const lanes = take(sections.lanes)
  const history = take(sections.history)
  if (!isHistory(history)) throw damaged('its history holds what no decision is')
  const { normaliser, optimiserStep, sections: _lengths, ...rest } = header
  const optimiser = { step: optimiserStep, firstMoment, secondMoment }
  return { ...rest, normaliser, parameters, optimiser, acting, lanes, history }
}

function parseHeader(bytes: Buffer) {
  try {
    const header = headerSchema.parse(JSON.parse(bytes.toString('utf8')))
    const { normaliser, acting } = header
    return {
      ...header,
      normaliser: parseReturnNormaliser(normaliser),
      acting: acting && { ...acting, normaliser: parseReturnNormaliser(acting.normaliser) },
    }
  } catch {
    return null // Whatever is wrong with it, the caller has one sentence for all.
  }
}
