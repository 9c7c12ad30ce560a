/** What the faulty agents of a run know together: each other's keys, and every message that one of them received. */
import type {
  AgentSignature,
  Ballot,
  Claim,
  Envelope,
  Message,
  Phase,
  Proposal,
  QuorumCertificate,
  Value,
} from '../protocol/messages.ts'
import { agreementQuorum, STANDARD_RULES } from '../protocol/rules.ts'
import { type Claimed, claimed, NO_DIGEST, NO_LOCK, type Sign, type SignedStatement } from '../protocol/statement.ts'
import { type BatchSettings, ballotDigest, type Digests } from '../protocol/value.ts'

/** Messages kept for replay. */
const KEPT = 64

/** What the liars know about one batch. */
export class Conspiracy {
  readonly settings: BatchSettings
  readonly digests: Digests
  readonly quorum: number
  readonly signs: ReadonlyMap<number, Sign>
  /** the latest messages received, for replay */
  readonly heard: Envelope[] = []
  /** signed by honest agents */
  readonly statements: { readonly agent: number; readonly statement: SignedStatement }[] = []
  readonly ballots = new Map<number, Ballot>()
  readonly values = new Map<string, Value>()
  readonly certificates: QuorumCertificate[] = []
  readonly claims = new Map<number, Map<number, Claim>>()
  /** highest view heard of */
  view = 0
  readonly #votes = new Map<string, Map<number, string>>()

  constructor({ settings, digests }: { settings: BatchSettings; digests: Digests }, signs: ReadonlyMap<number, Sign>) {
    this.settings = settings
    this.digests = digests
    this.signs = signs
    this.quorum = agreementQuorum(settings)
  }

  /** Remembers a message. */
  hear(envelope: Envelope): void {
    this.heard.push(envelope)
    if (this.heard.length > KEPT) this.heard.shift()
    const { message } = envelope
    if (message.type === 'ballot') this.#hearBallot(message.ballot)
    if (message.type === 'vote') {
      this.votesFor(message).set(message.agent, message.signature)
      this.#keep(message.agent, {
        ...claimed(message.phase, message.view, message.digest),
        signature: message.signature,
      })
    }
    if (message.type === 'status') {
      const { claim, lock } = message
      this.#hearClaim(claim)
      if (lock !== null) this.#hearCertificate(lock)
    }
    if (message.type === 'prepared') this.#hearCertificate(message.certificate)
    if (message.type === 'proposal') {
      this.view = Math.max(this.view, message.view)
      this.values.set(message.digest, message.value)
      for (const ballot of message.value) this.#hearBallot(ballot)
    }
  }

  /** Signatures known for a value in a view, by agent. */
  votesFor({ phase, view, digest }: { phase: Phase; view: number; digest: string }): Map<number, string> {
    const key = `${phase} ${view} ${digest}`
    let votes = this.#votes.get(key)
    if (votes === undefined) {
      votes = new Map()
      this.#votes.set(key, votes)
    }
    return votes
  }

  /** Signs as one of the liars. */
  sign(agent: number, statement: Claimed): string {
    return this.signs.get(agent)!({ ...this.settings.domain, ...statement })
  }

  /** A certificate of all signatures that are known or can be made; null where they are no quorum. */
  certificate(phase: Phase, view: number, digest: string): QuorumCertificate | null {
    const votes = this.votesFor({ phase, view, digest })
    for (const agent of this.signs.keys()) votes.set(agent, this.sign(agent, claimed(phase, view, digest)))
    if (votes.size < this.quorum) return null
    return { phase, view, digest, signatures: sorted(votes) }
  }

  /** A claim to no lock by one of the liars. */
  emptyClaim(agent: number, view: number): Claim {
    const statement: Claimed = { kind: 'status', view, digest: NO_DIGEST, lockView: NO_LOCK }
    return { agent, view, lockView: NO_LOCK, digest: NO_DIGEST, signature: this.sign(agent, statement) }
  }

  /** A sound ballot of one of the liars, for other votes than the one that it cast first. */
  otherBallot(agent: number, first: Ballot): Ballot {
    const actions = first.actions.map((action) => 3 - action)
    const scores = first.scores.map((score) => 1 - score)
    const digest = ballotDigest({ actions, scores })
    return { agent, actions, scores, digest, signature: this.sign(agent, claimed('ballot', 0, digest)) }
  }

  /** Another sound value than `value`: without the last ballot where there are enough, else with another of its own. */
  otherValue(value: Value): Value | null {
    const { agentCount, faults } = this.settings
    if (value.length > agentCount - faults) return value.slice(0, -1)
    const own = value.find((ballot) => this.signs.has(ballot.agent))
    if (own === undefined) return null
    return value.map((ballot) => (ballot === own ? this.otherBallot(own.agent, own) : ballot))
  }

  /** The proposal of one of the liars for a value, whatever may be said for it. */
  proposal(agent: number, body: Pick<Proposal, 'view' | 'value' | 'claims' | 'lock'>): Proposal {
    const digest = this.digests.value(body.value)
    this.values.set(digest, body.value)
    return { type: 'proposal', ...body, digest, signature: this.sign(agent, claimed('proposal', body.view, digest)) }
  }

  /** Wraps a message of this batch. */
  envelope(message: Message): Envelope {
    return { domain: this.settings.domain, message }
  }

  /** Who leads a view. */
  leaderOf(view: number): number {
    return STANDARD_RULES.leaderOf(view, this.settings)
  }

  #hearBallot(ballot: Ballot): void {
    if (this.ballots.has(ballot.agent)) return
    this.ballots.set(ballot.agent, ballot)
    this.#keep(ballot.agent, { ...claimed('ballot', 0, ballot.digest), signature: ballot.signature })
  }

  #hearClaim(claim: Claim): void {
    this.view = Math.max(this.view, claim.view)
    const claims = this.claims.get(claim.view) ?? new Map<number, Claim>()
    claims.set(claim.agent, claim)
    this.claims.set(claim.view, claims)
    const { agent, view, digest, lockView, signature } = claim
    this.#keep(agent, { kind: 'status', view, digest, lockView, signature })
  }

  #hearCertificate(certificate: QuorumCertificate): void {
    const { phase, view, digest, signatures } = certificate
    if (this.certificates.some((known) => known.phase === phase && known.view === view && known.digest === digest))
      return
    this.certificates.push(certificate)
    for (const { agent, signature } of signatures) this.votesFor({ phase, view, digest }).set(agent, signature)
  }

  #keep(agent: number, statement: SignedStatement): void {
    if (this.signs.has(agent)) return
    this.statements.push({ agent, statement })
    if (this.statements.length > KEPT) this.statements.shift()
  }
}

/** In the order that a certificate wants. */
export function sorted(votes: ReadonlyMap<number, string>): AgentSignature[] {
  return [...votes].map(([agent, signature]) => ({ agent, signature })).sort((a, b) => a.agent - b.agent)
}
