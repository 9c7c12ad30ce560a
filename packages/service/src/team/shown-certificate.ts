import {
  type BatchCertificate,
  type BatchSettings,
  type ChainPlace,
  type ChainTeam,
  certify,
  decodeEnvelope,
  type RejectionReason,
  verifyLink,
} from '@vigil/agreement'

/**
 * The certificate of a batch as somebody shows it, where it holds as the next one of the chain.
 *
 * @param bytes an envelope with a committed value
 * @returns what is wrong with one that does not hold
 */
export function shownCertificate(
  bytes: Uint8Array,
  { settings, events, place, team }: { settings: BatchSettings; events: string; place: ChainPlace; team: ChainTeam },
): BatchCertificate | RejectionReason {
  const read = decodeEnvelope(bytes, settings)
  if ('rejected' in read) return read.rejected
  if (read.message.type !== 'committed') return 'MALFORMED'
  const certificate = { ...certify(settings, read.message), link: { events, previous: place.previous } }
  return verifyLink(certificate, place, team) ?? certificate
}
