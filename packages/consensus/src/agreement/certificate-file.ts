/**
 * Files of certificates:
 *
 *   bytes 0-7    "vigilcrt"
 *   bytes 8-11   version, u32 little-endian
 *   then, for every certificate: length, u32 little-endian, and that many bytes (proto/agreement.proto, Certificate)
 *
 * and of the public keys to check them with, which is JSON and belongs elsewhere: who can change both can sign anything.
 */
import protobuf from 'protobufjs/minimal.js'
import { agreement } from '../../generated/agreement.js'
import { DECISION_RULES, type DecisionRule } from '../decide.ts'
import { ConsensusError } from '../errors.ts'
import { type Action, NO_ACTION } from '../rules/verdict.ts'
import type { BatchCertificate, TrustedTeam } from './certificate.ts'
import { ballotFields, certificateFields, FORMAT_VERSION, messageBytesMax, Reading } from './codec.ts'
import { ed25519Verify } from './keys.ts'
import { agreementQuorum } from './rules.ts'

const MAGIC = Buffer.from('vigilcrt')
const HEADER_BYTES = 12

/** Field 5, a number. */
const ROWS_TAG = 5 << 3

/** Rows of the largest batch that a file may hold. */
const ROWS_MAX = 2 ** 24

/** What a file of public keys says. */
export type PublicTeam = {
  /** 64 hex digits */
  readonly run: string
  readonly epoch: number
  /** f */
  readonly faults: number
  /** of agent 0, 1, ...: 64 hex digits each */
  readonly publicKeys: readonly string[]
}

/** The bytes of a file. */
export function encodeCertificates(certificates: readonly BatchCertificate[]): Uint8Array {
  const parts: Uint8Array[] = [MAGIC, u32(FORMAT_VERSION)]
  for (const certificate of certificates) {
    const bytes = encodeCertificate(certificate)
    parts.push(u32(bytes.length), bytes)
  }
  return new Uint8Array(Buffer.concat(parts))
}

/**
 * The certificates of a file, well formed but not yet believed.
 *
 * @param agentCount n, and `faults` f, of the team whose certificates they should be
 * @throws {ConsensusError} CERTIFICATE_FILE for anything else; no other error leaves this function
 */
export function decodeCertificates(
  bytes: Uint8Array,
  { agentCount, faults }: { agentCount: number; faults: number },
): BatchCertificate[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length < HEADER_BYTES || !file.subarray(0, MAGIC.length).equals(MAGIC))
    throw badFile('must begin with vigilcrt', 'other bytes')
  const version = file.readUInt32LE(MAGIC.length)
  if (version !== FORMAT_VERSION) throw badFile(`must be of version ${FORMAT_VERSION}`, `version ${version}`)
  const certificates: BatchCertificate[] = []
  for (let at = HEADER_BYTES; at < file.length; ) {
    const left = file.length - at - 4
    const length = left < 0 ? Infinity : file.readUInt32LE(at)
    if (length > left)
      throw badFile('must be complete', `certificate ${certificates.length} cut off at byte ${file.length}`)
    const name = `certificate ${certificates.length}`
    certificates.push(decodeCertificate(file.subarray(at + 4, at + 4 + length), { name, agentCount, faults }))
    at += 4 + length
  }
  if (certificates.length === 0) throw badFile('must hold a certificate', 'none')
  return certificates
}

/** The text of a file of public keys. */
export function encodePublicTeam({ run, epoch, faults, publicKeys }: PublicTeam): string {
  return `${JSON.stringify({ formatVersion: FORMAT_VERSION, run, epoch, faults, publicKeys }, null, 2)}\n`
}

/**
 * The team of a file of public keys.
 *
 * @throws {ConsensusError} KEYS_FILE for anything else; no other error leaves this function
 */
export function decodePublicTeam(text: string): TrustedTeam {
  const { formatVersion, run, epoch, faults, publicKeys, ...others } = parseObject(text)
  if (formatVersion !== FORMAT_VERSION) throw badKeys(`formatVersion must be ${FORMAT_VERSION}`, formatVersion)
  if (Object.keys(others).length > 0) throw badKeys('must have no other keys', Object.keys(others).join(', '))
  if (typeof run !== 'string' || !/^[0-9a-f]{64}$/.test(run)) throw badKeys('run must be 64 hex digits', run)
  if (!isCount(epoch)) throw badKeys('epoch must be a whole number', epoch)
  if (!isCount(faults)) throw badKeys('faults must be a whole number', faults)
  if (!Array.isArray(publicKeys) || !publicKeys.every((key) => typeof key === 'string')) {
    throw badKeys('publicKeys must be a list of texts', publicKeys)
  }
  try {
    agreementQuorum({ agentCount: publicKeys.length, faults })
    return { run, epoch, agentCount: publicKeys.length, faults, verify: ed25519Verify(publicKeys) }
  } catch (error) {
    throw badKeys('must name a team of at least 3f + 1 Ed25519 keys', (error as Error).message)
  }
}

function encodeCertificate({ settings, value, certificate, actions }: BatchCertificate): Uint8Array {
  const { domain, rows, decision } = settings
  const { rule, fallbackAction = 3, threshold = 0.5, weights = new Uint32Array(0) } = decision
  return agreement.Certificate.encode({
    formatVersion: FORMAT_VERSION,
    run: Buffer.from(domain.run, 'hex'),
    epoch: domain.epoch,
    batch: domain.batch,
    rows,
    rule,
    fallbackAction: fallbackAction === 'abstain' ? NO_ACTION : fallbackAction,
    // Zero has one encoding: minus zero, which counts votes alike, becomes it.
    threshold: threshold + 0,
    weights: Buffer.concat([...weights].map(u32)),
    value: value.map(ballotFields),
    certificate: certificateFields(certificate),
    actions,
  }).finish()
}

function decodeCertificate(
  bytes: Uint8Array,
  { name, agentCount, faults }: { name: string; agentCount: number; faults: number },
): BatchCertificate {
  let parsed: agreement.Certificate
  try {
    // Before anything is parsed: a few bytes can say much that takes memory.
    const said = rowsSaid(bytes)
    const fits = said >= 1 && said <= ROWS_MAX && bytes.length <= messageBytesMax({ agentCount, rows: said }) + said
    if (!fits) throw badFile(`${name} must fit its ${said} rows`, `${bytes.length} bytes`)
    parsed = agreement.Certificate.decode(bytes)
  } catch (error) {
    if (error instanceof ConsensusError) throw error
    throw badFile(`${name} must be a protobuf message`, (error as Error).message)
  }
  const { rows, rule, threshold, fallbackAction } = parsed
  if (parsed.formatVersion !== FORMAT_VERSION)
    throw badFile(`${name} must be of version ${FORMAT_VERSION}`, String(parsed.formatVersion))
  if (parsed.actions.length !== rows || !parsed.certificate)
    throw badFile(`${name} must fit its ${rows} rows`, 'other sizes')
  const reading = new Reading({ agentCount, rows })
  const weights = readWeights(parsed.weights)
  const certificate: BatchCertificate = {
    settings: {
      domain: { run: reading.digest(parsed.run), epoch: parsed.epoch, batch: parsed.batch },
      agentCount,
      faults,
      rows,
      decision: {
        rule: rule as DecisionRule,
        fallbackAction: fallbackAction === NO_ACTION ? 'abstain' : (fallbackAction as Action),
        threshold,
        ...(weights.length > 0 ? { weights } : {}),
      },
    },
    value: reading.value(parsed.value),
    certificate: reading.certificate(parsed.certificate),
    actions: new Uint8Array(parsed.actions),
  }
  const known = Object.hasOwn(DECISION_RULES, rule) && (fallbackAction <= 3 || fallbackAction === NO_ACTION)
  const sound = known && threshold >= 0 && threshold <= 1 && (weights.length === 0 || weights.length === agentCount)
  if (!reading.inRange || !sound) throw badFile(`${name} must have values in range`, 'others')
  if (Buffer.compare(encodeCertificate(certificate), bytes) !== 0)
    throw badFile(`${name} must be canonical`, 'other bytes')
  return certificate
}

/** The field `rows` of a certificate that is not parsed yet; 0 where there is none. */
function rowsSaid(bytes: Uint8Array): number {
  const reader = protobuf.Reader.create(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === ROWS_TAG) return reader.uint32()
    reader.skipType(tag & 7)
  }
  return 0
}

function readWeights(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(new Uint8Array(bytes.subarray(0, bytes.length & ~3)).buffer)
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw badKeys('must be JSON', (error as Error).message)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badKeys('must be a JSON object', value)
  return value as Record<string, unknown>
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function badFile(requirement: string, received: string): ConsensusError {
  const remedy = 'The file is damaged, of another team, or no file of certificates'
  return new ConsensusError('CERTIFICATE_FILE', { field: 'The file', requirement, received, remedy })
}

function badKeys(requirement: string, received: unknown): ConsensusError {
  const shown = typeof received === 'string' ? received.slice(0, 80) : JSON.stringify(received)?.slice(0, 80)
  const remedy = 'Use the file of public keys that was written with the run'
  return new ConsensusError('KEYS_FILE', { field: 'The keys', requirement, received: String(shown), remedy })
}
