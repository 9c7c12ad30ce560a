/** Proposals that a leader signed, with claims that hold, over values that do not. */
import type { RejectionReason } from './rejection.ts'

/** Values of one view that a leader may sign although they do not hold, before its next ones are not hashed. */
const FAILED_MOST = 16

/**
 * Those of the latest view that had a proposal. A leader signs one in a view: one that goes on signing what does not hold
 * makes others hash no more of it. Nor do leaders by turns: whoever shows the claims of a quorum for a view shows that the
 * views below are over.
 */
export class FailedProposals {
  #view = 0
  readonly #digests = new Set<string>()

  /** Why the value of a proposal whose claims hold is not to be hashed; null = hash it. */
  refusal({ view, digest }: { readonly view: number; readonly digest: string }): RejectionReason | null {
    if (view < this.#view) return 'OLD_VIEW'
    if (view > this.#view) this.#digests.clear()
    this.#view = view
    return this.#digests.size >= FAILED_MOST && !this.#digests.has(digest) ? 'REPEATED' : null
  }

  /** The value of a proposal that was not refused does not hold. */
  add(digest: string): void {
    this.#digests.add(digest)
  }
}
