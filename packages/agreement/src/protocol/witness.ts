/** What one agent saw the others sign, and the proofs of those that contradicted themselves. */
import { type Checking, checkEvidence, isSigned, statementOfClaim } from './checks.ts'
import type { Ballot, Claim, Evidence, Header, Proposal } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { RejectionReason } from './rejection.ts'
import { claimed, type SignedStatement } from './statement.ts'
import { StatementLog } from './statement-log.ts'

/** Keeps signed statements, and tells all when an agent contradicts what it had signed before. */
export class Witness {
  readonly #checking: Checking
  readonly #outbox: Outbox
  readonly #evidence = new Map<number, Evidence>()
  readonly #log: StatementLog

  /** @param view that the agent is in */
  constructor({ checking, outbox, view }: { checking: Checking; outbox: Outbox; view: number }) {
    this.#checking = checking
    this.#outbox = outbox
    this.#log = new StatementLog(checking.rules.conflicting, view)
  }

  /** Agents that have provably lied, with the proof. */
  get evidence(): ReadonlyMap<number, Evidence> {
    return this.#evidence
  }

  /** The agent enters a later view. */
  moveTo(view: number): void {
    this.#log.moveTo(view)
  }

  /** A proof from anybody. */
  follow(evidence: Evidence): RejectionReason | null {
    if (this.#evidence.has(evidence.agent)) return 'REPEATED'
    const reason = checkEvidence(this.#checking, evidence)
    if (reason === null) this.#keep(evidence)
    return reason
  }

  /** @param statement whose signature was checked */
  observe(agent: number, statement: SignedStatement): void {
    if (this.#evidence.has(agent)) return
    const earlier = this.#log.add(agent, statement)
    if (earlier === null) return
    const evidence: Evidence = { type: 'evidence', agent, first: earlier, second: statement }
    this.#keep(evidence)
    this.#outbox.send('all', evidence)
  }

  /** @param claim whose signature was checked */
  observeClaim(claim: Claim): void {
    this.observe(claim.agent, { ...statementOfClaim(claim), signature: claim.signature })
  }

  /** @param ballot whose signature was checked */
  observeBallot({ agent, digest, signature }: Ballot): void {
    this.observe(agent, { ...claimed('ballot', 0, digest), signature })
  }

  /** What a proposal shows of others. @param proposal whose ballots and claims were checked */
  observeShown({ value, claims }: Proposal): void {
    for (const ballot of value) this.observeBallot(ballot)
    for (const claim of claims) this.observeClaim(claim)
  }

  /** The header of a proposal from anybody: its signature is checked here. */
  observeHeader({ view, digest, signature }: Header): void {
    const { rules, settings } = this.#checking
    const statement = claimed('proposal', view, digest)
    const agent = rules.leaderOf(view, settings)
    if (this.#log.has(agent, statement)) return
    if (isSigned(this.#checking, { agent, statement, signature })) this.observe(agent, { ...statement, signature })
  }

  /** One proof is enough. */
  #keep(evidence: Evidence): void {
    this.#evidence.set(evidence.agent, evidence)
    this.#log.forget(evidence.agent)
  }
}
