import { type BatchCertificate, type RejectionReason, type TrustedTeam, verifyCertificate } from '@vigil/consensus'

/** What is wrong with the certificate of a batch. */
type Wrong = { readonly batch: number; readonly reason: RejectionReason }

/** What a file of certificates comes to. */
type Verified = {
  readonly certificates: number
  /** decisions in all */
  readonly rows: number
  /** rules by which the certificates say that they were decided */
  readonly rules: readonly string[]
  readonly wrong: readonly Wrong[]
  /** batches from 0 to k - 1, of k in the file, that have no certificate */
  readonly missing: readonly number[]
}

/**
 * Checks every certificate; a second one for a batch is wrong too, whatever it says. Batches are numbered from 0 without
 * gaps, so of k batches those from 0 to k - 1 must be there. That batches are missing at the end no file can show.
 */
export function verifyAll(certificates: readonly BatchCertificate[], team: TrustedTeam): Verified {
  const batches = new Set<number>()
  const wrong: Wrong[] = []
  const rules = new Set<string>()
  let rows = 0
  for (const certificate of certificates) {
    const { domain, decision } = certificate.settings
    const { batch } = domain
    const reason = batches.has(batch) ? 'REPEATED' : verifyCertificate(certificate, team)
    if (reason !== null) wrong.push({ batch, reason })
    batches.add(batch)
    rules.add(decision.rule)
    rows += certificate.settings.rows
  }
  const missing = [...batches.keys()].map((_, number) => number).filter((number) => !batches.has(number))
  return { certificates: certificates.length, rows, rules: [...rules], wrong, missing }
}
