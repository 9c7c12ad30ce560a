/**
 * One agent's side of the agreement on one batch: messages and timers in, messages and timers out, nothing else.
 * docs/agreement.md has the protocol, its invariants and why it is safe.
 */
import { Author, type AuthorOptions } from './author.ts'
import { Ballots } from './ballots.ts'
import {
  checkBallotSignature,
  checkCertificate,
  checkClaim,
  checkHeader,
  checkJustified,
  checkLock,
  checkProposed,
  checkValue,
  isAsSigned,
  isSigned,
} from './checks.ts'
import { type Durable, FRESH } from './durable.ts'
import { FailedProposals } from './failed-proposals.ts'
import { readEnvelope } from './incoming.ts'
import type {
  Ballot,
  Claim,
  Committed,
  Envelope,
  Evidence,
  Header,
  Message,
  Phase,
  Proposal,
  QuorumCertificate,
  Status,
  Value,
  Vote,
} from './messages.ts'
import { type Effect, Outbox, type Timer } from './outbox.ts'
import { countRejection, type RejectionCounts, type RejectionReason } from './rejection.ts'
import { remembered } from './remembered.ts'
import { claimed } from './statement.ts'
import { highestLock, Statuses } from './statuses.ts'
import { Tally } from './tally.ts'
import { Witness } from './witness.ts'

/** What a replica is made of. */
export type ReplicaOptions = AuthorOptions & {
  /** time for view 0, at least 20 message delays; doubles with every view, up to 64 times */
  readonly baseTimeoutMs: number
  /** as it was when the agent stopped; 'lost' when it is gone: then the agent takes no part and asks for the certificate */
  readonly durable?: Durable | 'lost'
  /** for whose ballots it does not wait when it leads: a guess, which costs them a ballot at most */
  readonly away?: ReadonlySet<number>
}

/** One agent in one batch. Every call returns the effects, in the order in which they are to be carried out. */
export class Replica {
  readonly #options: ReplicaOptions
  readonly #rejections: RejectionCounts = {}
  readonly #witness: Witness
  readonly #author: Author
  readonly #outbox: Outbox
  readonly #ballots: Ballots
  readonly #statuses: Statuses
  #durable: Durable
  #entered = false
  #candidate: { readonly view: number; readonly digest: string; readonly value: Value } | null = null
  #seen: Header | null = null
  readonly #failed = new FailedProposals()
  #early: QuorumCertificate | null = null
  #tally: Tally

  constructor(options: ReplicaOptions) {
    this.#options = { ...options, ...remembered(options) }
    const { checking } = this.#options
    this.#durable = options.durable === 'lost' ? { ...FRESH, observing: true } : (options.durable ?? FRESH)
    this.#author = new Author(this.#options)
    this.#outbox = new Outbox(checking.settings.domain, options.baseTimeoutMs)
    this.#witness = new Witness({ checking, outbox: this.#outbox, view: this.#durable.view })
    this.#ballots = new Ballots(checking.settings, options.away)
    this.#statuses = new Statuses(checking.settings.agentCount)
    this.#tally = new Tally(checking)
  }

  /** To be stored before the effects are carried out. */
  get durable(): Durable {
    return this.#durable
  }

  /** The committed value with its certificate; null before. */
  get committed(): Committed | null {
    return this.#durable.committed
  }

  /** Agents that have provably lied, with the proof. */
  get evidence(): ReadonlyMap<number, Evidence> {
    return this.#witness.evidence
  }

  /** How many messages were not followed, and why. */
  get rejections(): RejectionCounts {
    return this.#rejections
  }

  /**
   * Starts, or starts again; `votes` are this agent's, for every row, and are signed once.
   *
   * @throws {VigilError} VOTES
   */
  begin(votes: Pick<Ballot, 'actions' | 'scores'>): Effect[] {
    return this.#collect(() => {
      if (this.committed !== null) return
      this.#outbox.arm('resend', this.#durable.view)
      if (this.#durable.observing) {
        this.#outbox.send('all', { type: 'ask', agent: this.#options.self })
        return
      }
      const ballot = this.#durable.ballot ?? this.#author.ballot(votes)
      this.#durable = { ...this.#durable, ballot }
      this.#outbox.broadcast({ type: 'ballot', ballot })
      // Back in a view that others may have left meanwhile: their claims will tell.
      if (this.#durable.claim !== null) this.#sendStatus(this.#durable.claim)
      if (this.#durable.view === 0) this.#enter()
      else this.#pace()
    })
  }

  /** A message from anybody. */
  receive({ domain, message }: Envelope): Effect[] {
    return this.#collect(() => {
      const { rules, settings } = this.#options.checking
      this.#count(rules.belongs(settings.domain, domain) ?? this.#follow(message))
    })
  }

  /** Bytes from anybody. What they are not is counted like everything else that is not followed. */
  receiveBytes(bytes: unknown): Effect[] {
    const decoded = readEnvelope(this.#options.checking, bytes)
    if (!('rejected' in decoded)) return this.receive(decoded)
    this.#count(decoded.rejected)
    return []
  }

  /** A timer that an earlier effect asked for. */
  expire(timer: Timer): Effect[] {
    return this.#collect(() => {
      if (this.committed !== null) return
      if (!this.#options.checking.rules.timerCounts(this.#durable, timer)) return
      if (timer.kind === 'resend') this.#resend()
      if (timer.kind === 'view' && this.#entered) this.#advance(this.#durable.view + 1)
      if (timer.kind === 'gather') {
        this.#ballots.stopWaiting()
        this.#lead()
      }
    })
  }

  #collect(step: () => void): Effect[] {
    step()
    for (let message = this.#outbox.takeOwn(); message !== undefined; message = this.#outbox.takeOwn()) {
      this.#count(this.#follow(message))
    }
    return this.#outbox.take()
  }

  #count(reason: RejectionReason | null): void {
    if (reason !== null) countRejection(this.#rejections, reason)
  }

  #follow(message: Message): RejectionReason | null {
    if (message.type === 'evidence') return this.#witness.follow(message)
    if (message.type === 'committed') return this.#followCommitted(message)
    if (this.committed !== null) return this.#answer(message)
    if (this.#durable.observing) return 'OBSERVER'
    switch (message.type) {
      case 'ballot':
        return this.#followBallot(message.ballot)
      case 'proposal':
        return this.#followProposal(message)
      case 'vote':
        return this.#followVote(message)
      case 'prepared':
        return this.#followPrepared(message.certificate)
      case 'status':
        return this.#followStatus(message)
      case 'ask':
        return null
    }
  }

  /** Who is not done yet is told, and nothing else matters any more. */
  #answer(message: Message): RejectionReason | null {
    if (message.type !== 'status' && message.type !== 'ask') return 'DECIDED'
    const reason = message.type === 'status' ? checkClaim(this.#options.checking, message.claim) : null
    if (reason !== null) return reason
    const agent = message.type === 'status' ? message.claim.agent : message.agent
    if (agent >= this.#statuses.agentCount) return 'UNKNOWN_AGENT'
    if (agent !== this.#options.self) this.#outbox.send(agent, this.committed!)
    return null
  }

  #followBallot(ballot: Ballot): RejectionReason | null {
    const { checking } = this.#options
    const reason = checkBallotSignature(checking, ballot)
    if (reason !== null) return reason
    this.#witness.observeBallot(ballot)
    if (this.#ballots.has(ballot.agent)) return 'REPEATED'
    if (!isAsSigned(checking, ballot)) return 'BAD_VALUE'
    this.#ballots.put(ballot)
    this.#lead()
    return null
  }

  #followProposal(proposal: Proposal): RejectionReason | null {
    const { checking } = this.#options
    const { view, digest, value, signature } = proposal
    const may = checking.rules.mayVote({ view: this.#durable.view, voted: this.#durable.voted.prepare }, view)
    // A second proposal is looked at for what it shows about its leader: two headers are enough, its value is not read.
    if (may !== null && may !== 'REPEATED') return may
    if (may !== null && this.#seen?.view === view && this.#seen.digest === digest) return may
    const badHeader = checkHeader(checking, proposal)
    if (badHeader !== null) return badHeader
    this.#witness.observe(this.#leaderOf(view), { ...claimed('proposal', view, digest), signature })
    if (may !== null) return may
    const unjustified = checkJustified(checking, proposal)
    if (unjustified !== null) return unjustified
    const refusal = this.#failed.refusal(proposal)
    if (refusal !== null) return refusal
    const failure = checkProposed(checking, proposal)
    if (failure !== null) {
      this.#failed.add(digest)
      return failure
    }
    this.#witness.observeShown(proposal)
    // A quorum has left the views below: so do we.
    if (view > this.#durable.view) this.#advance(view)
    if (!this.#entered) this.#enter()
    this.#candidate = { view, digest, value }
    this.#seen = { view, digest, signature }
    this.#vote('prepare', view, digest)
    if (this.#early?.view === view) return this.#followPrepared(this.#early)
    return null
  }

  #followPrepared(certificate: QuorumCertificate): RejectionReason | null {
    const { checking } = this.#options
    const { view, digest } = certificate
    if (certificate.phase !== 'prepare') return 'UNJUSTIFIED'
    const at = { view: this.#durable.view, voted: this.#durable.voted.commit }
    const reason =
      checking.rules.mayVote(at, view) ?? checking.rules.mayCommit(() => checkCertificate(checking, certificate))
    if (reason !== null) return reason
    if (this.#candidate?.view !== view) {
      // The certificate has overtaken its proposal.
      if (view >= (this.#early?.view ?? 0)) this.#early = certificate
      return null
    }
    if (this.#candidate.digest !== digest) return 'OTHER_DIGEST'
    this.#durable = { ...this.#durable, lock: { certificate, value: this.#candidate.value } }
    this.#vote('commit', view, digest)
    return null
  }

  #followVote(vote: Vote): RejectionReason | null {
    const { checking, self } = this.#options
    const { phase, view, digest, agent, signature } = vote
    if (this.#leaderOf(view) !== self) return 'NOT_LEADER'
    if (view < this.#durable.view) return 'OLD_VIEW'
    if (this.#candidate?.view !== view || this.#durable.proposed !== view) return 'OTHER_VIEW'
    const statement = claimed(phase, view, digest)
    if (!isSigned(checking, { agent, statement, signature })) return 'BAD_SIGNATURE'
    this.#witness.observe(agent, { ...statement, signature })
    if (digest !== this.#candidate.digest) return 'OTHER_DIGEST'
    if (!this.#tally.add(vote)) return 'REPEATED'
    const certificate = this.#tally.completedBy(vote)
    if (certificate === null) return null
    if (phase === 'prepare') this.#outbox.broadcast({ type: 'prepared', certificate })
    else this.#outbox.broadcast({ type: 'committed', certificate, value: this.#candidate.value })
    return null
  }

  #followCommitted(message: Committed): RejectionReason | null {
    const { checking } = this.#options
    const { certificate, value } = message
    if (this.committed !== null) return 'DECIDED'
    if (certificate.phase !== 'commit') return 'UNJUSTIFIED'
    const reason = checkCertificate(checking, certificate) ?? checkValue(checking, value)
    if (reason !== null) return reason
    if (checking.digests.value(value) !== certificate.digest) return 'OTHER_DIGEST'
    this.#durable = { ...this.#durable, committed: message }
    return null
  }

  #followStatus(status: Status): RejectionReason | null {
    const { checking, self } = this.#options
    const { claim, seen } = status
    const { agent } = claim
    const badClaim = checkClaim(checking, claim)
    if (badClaim !== null) return badClaim
    this.#witness.observeClaim(claim)
    if (seen !== null) this.#witness.observeHeader(seen)
    if (claim.view <= this.#statuses.viewOf(agent)) return 'REPEATED'
    const mine = this.#leaderOf(claim.view) === self
    const badLock = mine ? checkLock(checking, status) : null
    if (badLock !== null) return badLock
    this.#statuses.put(agent, mine ? status : { ...status, lock: null, value: [] })
    this.#pace()
    return null
  }

  /** Follows the others into a view, enters one that a quorum has reached, and leads it where it is this agent's turn. */
  #pace(): void {
    const { settings, rules } = this.#options.checking
    // Of f + 1 agents one is honest and has waited: nobody can be hurried on by f.
    const supported = this.#statuses.reachedBy(settings.faults + 1)
    if (supported > this.#durable.view) {
      this.#advance(supported)
    } else {
      if (!this.#entered && this.#statuses.reachedBy(rules.quorum(settings)) >= this.#durable.view) this.#enter()
      this.#lead()
    }
  }

  #enter(): void {
    const { view } = this.#durable
    this.#entered = true
    this.#outbox.arm('view', view)
    this.#lead()
  }

  #advance(view: number): void {
    const { checking } = this.#options
    const lock = checking.rules.carriedLock(this.#durable.lock)
    const claim = this.#author.claim(view, lock?.certificate ?? null)
    this.#durable = { ...this.#durable, view, claim }
    this.#witness.moveTo(view)
    // What was too far ahead to be kept may be near now.
    for (const known of this.#statuses.claims()) this.#witness.observeClaim(known)
    this.#entered = false
    this.#ballots.begin()
    this.#tally = new Tally(checking)
    this.#sendStatus(claim)
    this.#outbox.arm('resend', this.#durable.view)
    this.#pace()
  }

  #sendStatus(claim: Claim): void {
    const { self } = this.#options
    const { lock } = this.#durable
    const carries = lock !== null && claim.lockView === lock.certificate.view
    const brief: Status = { type: 'status', claim, seen: this.#seen, lock: null, value: [] }
    const full: Status = carries ? { ...brief, lock: lock.certificate, value: lock.value } : brief
    const leader = this.#leaderOf(claim.view)
    for (let agent = 0; agent < this.#statuses.agentCount; agent++) {
      if (agent !== self) this.#outbox.send(agent, agent === leader ? full : brief)
    }
    this.#statuses.put(self, leader === self ? full : brief)
    this.#sendBallot(leader)
  }

  /** Proposes when it is this agent's turn and everything is there that a proposal needs. */
  #lead(): void {
    const { checking, self } = this.#options
    const { view, proposed } = this.#durable
    if (this.#leaderOf(view) !== self || !this.#entered || proposed >= view) return
    const statuses = this.#statuses.in(view)
    if (view > 0 && statuses.length < checking.rules.quorum(checking.settings)) return
    const highest = highestLock(statuses)
    const value = highest?.value ?? this.#ballots.gathered(() => this.#outbox.arm('gather', view))
    if (value === null) return
    const claims = view === 0 ? [] : statuses.map(({ claim }) => claim)
    this.#durable = { ...this.#durable, proposed: view }
    this.#outbox.broadcast(this.#author.proposal({ view, value, claims, lock: highest?.lock ?? null }))
  }

  #resend(): void {
    this.#outbox.arm('resend', this.#durable.view)
    const { claim, view } = this.#durable
    if (this.#durable.observing) this.#outbox.send('all', { type: 'ask', agent: this.#options.self })
    else if (claim !== null) this.#sendStatus(claim)
    else this.#sendBallot(this.#leaderOf(view))
  }

  /** A leader may have missed it. */
  #sendBallot(leader: number): void {
    const { ballot } = this.#durable
    if (ballot !== null && leader !== this.#options.self) this.#outbox.send(leader, { type: 'ballot', ballot })
  }

  #vote(phase: Phase, view: number, digest: string): void {
    this.#durable = { ...this.#durable, voted: { ...this.#durable.voted, [phase]: view } }
    const vote = this.#author.vote(phase, view, digest)
    const leader = this.#leaderOf(view)
    if (leader === this.#options.self) this.#outbox.keep(vote)
    else this.#outbox.send(leader, vote)
  }

  #leaderOf(view: number): number {
    return this.#options.checking.rules.leaderOf(view, this.#options.checking.settings)
  }
}
