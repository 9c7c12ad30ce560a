import { type BatchCertificate, type RejectionReason, type TrustedTeam, verifyCertificate } from '@vigil/consensus'

/** What is wrong with the certificate of a batch. */
export type Wrong = { readonly batch: number; readonly reason: RejectionReason }

/** Checks every certificate; a second one for a batch is wrong too, whatever it says. */
export function verifyAll(
  certificates: readonly BatchCertificate[],
  team: TrustedTeam,
): { certificates: number; rows: number; wrong: Wrong[] } {
  const batches = new Set<number>()
  const wrong: Wrong[] = []
  let rows = 0
  for (const certificate of certificates) {
    const { batch } = certificate.settings.domain
    const reason = batches.has(batch) ? 'REPEATED' : verifyCertificate(certificate, team)
    if (reason !== null) wrong.push({ batch, reason })
    batches.add(batch)
    rows += certificate.settings.rows
  }
  return { certificates: certificates.length, rows, wrong }
}
