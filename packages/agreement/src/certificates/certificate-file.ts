/**
 * Files of certificates, one for each batch in the order of the batches:
 *
 *   bytes 0-7    "vigilcrt"
 *   bytes 8-11   version, u32 little-endian
 *   then, for every certificate: length, u32 little-endian, and that many bytes (proto/agreement.proto, Certificate)
 */

import { VigilError } from '@vigil/errors'
import { type Action, DECISION_RULES, type DecisionRule, NO_ACTION } from '@vigil/vote'
import protobuf from 'protobufjs/minimal.js'
import { agreement } from '../../generated/agreement.js'
import { agreementError } from '../errors.ts'
import {
  ballotFields,
  certificateFields,
  FORMAT_VERSION,
  messageBytesMax,
  Reading,
  ROWS_MAX,
} from '../protocol/codec.ts'
import { BATCH_CERTIFICATE_NESTING, fieldsMax, hasFewFields } from '../protocol/wire-fields.ts'
import type { BatchCertificate } from './certificate.ts'

const MAGIC = Buffer.from('vigilcrt')
const HEADER_BYTES = 12

/** Two digests with their tags and lengths. */
const LINK_BYTES = 68

/** Field 5, a number. */
const ROWS_TAG = 5 << 3

/** n and f. */
type TeamSizes = { readonly agentCount: number; readonly faults: number }

/** The bytes of a file. */
export function encodeCertificates(certificates: readonly BatchCertificate[]): Uint8Array {
  return new Uint8Array(Buffer.concat([certificatesHead(), ...certificates.map(certificateEntry)]))
}

/** What a file begins with: a file may grow, certificate by certificate. */
export function certificatesHead(): Uint8Array {
  return Buffer.concat([MAGIC, u32(FORMAT_VERSION)])
}

/** A certificate as it follows the head and those before it. */
export function certificateEntry(certificate: BatchCertificate): Uint8Array {
  const bytes = encodeCertificate(certificate)
  return Buffer.concat([u32(bytes.length), bytes])
}

/**
 * The certificates of a file, well formed but not yet believed.
 *
 * @param sizes n and f of the team whose certificates they should be; of several epochs by the number of the batch
 * @throws {VigilError} CERTIFICATE_FILE for anything else; no other error leaves this function
 */
export function decodeCertificates(
  bytes: Uint8Array,
  sizes: TeamSizes | ((batch: number) => TeamSizes),
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
    const { agentCount, faults } = typeof sizes === 'function' ? sizes(certificates.length) : sizes
    certificates.push(decodeCertificate(file.subarray(at + 4, at + 4 + length), { name, agentCount, faults }))
    at += 4 + length
  }
  if (certificates.length === 0) throw badFile('must hold a certificate', 'none')
  return certificates
}

function encodeCertificate({ settings, value, certificate, actions, link }: BatchCertificate): Uint8Array {
  const { domain, firstRow, rows, decision } = settings
  const { rule, fallbackAction = 3, threshold = 0.5, weights = new Uint32Array(0) } = decision
  return agreement.Certificate.encode({
    formatVersion: FORMAT_VERSION,
    run: Buffer.from(domain.run, 'hex'),
    epoch: domain.epoch,
    batch: domain.batch,
    firstRow,
    rows,
    rule,
    fallbackAction: fallbackAction === 'abstain' ? NO_ACTION : fallbackAction,
    // Zero has one encoding: minus zero, which counts votes alike, becomes it.
    threshold: threshold + 0,
    weights: Buffer.concat([...weights].map(u32)),
    value: value.map(ballotFields),
    certificate: certificateFields(certificate),
    actions,
    ...(link && { previous: Buffer.from(link.previous, 'hex'), events: Buffer.from(link.events, 'hex') }),
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
    const fits =
      said >= 1 && said <= ROWS_MAX && bytes.length <= messageBytesMax({ agentCount, rows: said }) + said + LINK_BYTES
    if (!fits) throw badFile(`${name} must fit its ${said} rows`, `${bytes.length} bytes`)
    if (!hasFewFields(bytes, BATCH_CERTIFICATE_NESTING, fieldsMax(agentCount)))
      throw badFile(
        `${name} must be a protobuf message with the fields of ${agentCount} agents`,
        'more of them, or none',
      )
    parsed = agreement.Certificate.decode(bytes)
  } catch (error) {
    if (error instanceof VigilError) throw error
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
      firstRow: parsed.firstRow,
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
    ...(parsed.previous.length > 0 && {
      link: { previous: reading.digest(parsed.previous), events: reading.digest(parsed.events) },
    }),
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

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function badFile(requirement: string, received: string): VigilError {
  const remedy = 'The file is damaged, of another team, or no file of certificates'
  return agreementError('CERTIFICATE_FILE', { field: 'The file', requirement, received, remedy })
}
