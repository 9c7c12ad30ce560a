/** The votes that the leader of a view has counted. */
import type { Checking } from './checks.ts'
import type { Phase, QuorumCertificate, Vote } from './messages.ts'

/** Counts the votes of one view, all of them for the same value. */
export class Tally {
  readonly #quorum: number
  readonly #signatures: Record<Phase, Map<number, string>> = { prepare: new Map(), commit: new Map() }

  constructor({ rules, settings }: Pick<Checking, 'rules' | 'settings'>) {
    this.#quorum = rules.quorum(settings)
  }

  /** @returns false where the agent has voted in this phase already */
  add({ phase, agent, signature }: Vote): boolean {
    const votes = this.#signatures[phase]
    if (votes.has(agent)) return false
    votes.set(agent, signature)
    return true
  }

  /** The certificate that this vote, added last, completes; null while there are fewer, and after it. */
  completedBy({ phase, view, digest }: Vote): QuorumCertificate | null {
    const votes = this.#signatures[phase]
    if (votes.size !== this.#quorum) return null
    const signatures = [...votes].map(([agent, signature]) => ({ agent, signature })).sort((a, b) => a.agent - b.agent)
    return { phase, view, digest, signatures }
  }
}
