import {
  type BatchCertificate,
  batchCountOf,
  CHAIN_BEGIN,
  type ChainTeam,
  placeAfter,
  type RejectionReason,
  type TrustedTeam,
  verifyCertificate,
  verifyLink,
} from '@vigil/agreement'

/** Missing batches that are named one by one. */
const NAMED_MAX = 20

/** What is wrong with the certificate of a batch; MISPLACED: one of a later batch stands before it. */
type Wrong = { readonly batch: number; readonly reason: RejectionReason | 'MISPLACED' }

/** What a file of certificates comes to. */
type Verified = {
  /** batches that the team agreed on */
  readonly batches: number
  /** decisions that hold */
  readonly rows: number
  readonly wrong: readonly Wrong[]
  /** the first batches without a certificate, at most 20, and how many there are in all */
  readonly missing: { readonly first: readonly number[]; readonly count: number }
}

/**
 * Checks every certificate, and that they are those of all batches that the team agreed on, each once and in order: the rows
 * of each follow on those of the one before, and the last ends with the last row.
 */
export function verifyAll(certificates: readonly BatchCertificate[], team: TrustedTeam): Verified {
  const batches = batchCountOf(team)
  const seen = new Set<number>()
  const wrong: Wrong[] = []
  let rows = 0
  let last = -1
  for (const certificate of certificates) {
    const { batch } = certificate.settings.domain
    const reason = seen.has(batch)
      ? 'REPEATED'
      : (verifyCertificate(certificate, team) ?? (batch < last ? 'MISPLACED' : null))
    if (reason !== null) wrong.push({ batch, reason })
    else rows += certificate.settings.rows
    // What is no batch of this team, or of none at all, fills no place.
    if (batch >= batches) continue
    seen.add(batch)
    last = Math.max(last, batch)
  }
  const first: number[] = []
  for (let batch = 0; batch < batches && first.length < NAMED_MAX; batch++) if (!seen.has(batch)) first.push(batch)
  return { batches, rows, wrong, missing: { first, count: batches - seen.size } }
}

/** What a chain of certificates comes to: it ends with the first one that does not hold, for nothing ties what follows to it. */
type VerifiedChain = { readonly rows: number; readonly wrong: Wrong | null; readonly last: string }

/** Checks that certificates are those of a chain from its first batch on, each naming the one before and the events that it is about. */
export function verifyChain(
  certificates: readonly BatchCertificate[],
  teamAt: (batch: number) => ChainTeam,
): VerifiedChain {
  let place = { batch: 0, firstRow: 0, previous: CHAIN_BEGIN }
  for (const certificate of certificates) {
    const reason = verifyLink(certificate, place, teamAt(place.batch))
    const { batch } = certificate.settings.domain
    if (reason !== null) return { rows: place.firstRow, wrong: { batch, reason }, last: place.previous }
    place = placeAfter(certificate)
  }
  return { rows: place.firstRow, wrong: null, last: place.previous }
}
