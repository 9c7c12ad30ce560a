/**
 * What must hold after every step of a simulated run, judged from outside: the checker knows who is faulty and everything
 * that was signed, and uses the standard rules whatever the agents follow.
 */

import { isRestrictive } from '@vigil/vote'
import { type Checking, checkCertificate, checkEvidence, checkValue } from '../protocol/checks.ts'
import type { Ballot, Evidence, Message, QuorumCertificate, Value } from '../protocol/messages.ts'
import type { Timer } from '../protocol/outbox.ts'
import type { Replica } from '../protocol/replica.ts'
import { STANDARD_RULES } from '../protocol/rules.ts'
import type { Statement } from '../protocol/statement.ts'

/**
 *   agreement     two honest agents have committed different values
 *   validity      a committed value holds votes that an honest agent did not cast, or too few
 *   unanimity     all honest agents want one class on a row, and the committed decision is another, or another action than theirs
 *   integrity     an agent committed twice, or without a certificate that holds
 *   certificates  an honest agent sent or kept a certificate without a quorum of distinct signers, or with votes not cast
 *   one-vote      an honest agent signed two statements that contradict each other, or voted in a view that it had left
 *   backed        an honest agent voted to commit what no quorum had prepared
 *   locked        an honest agent voted for another value when a quorum had voted to commit one in an earlier view
 *   blame         an honest agent was held guilty, or evidence was kept that shows nothing
 *   patience      on a timer, an honest agent left another view than the timer's, or for another than the next
 *   progress      not all sound agents were done within f + 2 views after the network had healed
 *   crash         an honest agent's code threw an error
 */
export type CheckName =
  | 'agreement'
  | 'validity'
  | 'unanimity'
  | 'integrity'
  | 'certificates'
  | 'one-vote'
  | 'backed'
  | 'locked'
  | 'blame'
  | 'patience'
  | 'progress'
  | 'crash'

/** What was found wrong. */
export type Violation = { readonly check: CheckName; readonly detail: string }

/** What an agent was given in the step that is checked. */
export type StepInput =
  | { readonly type: 'begin' }
  | { readonly type: 'message' }
  | { readonly type: 'timer'; readonly timer: Timer }

/** Checks one batch of one run. */
export class Checker {
  readonly violations: Violation[] = []
  readonly #checking: Checking
  readonly #honest: (agent: number) => boolean
  readonly #signed = new Map<number, Statement[]>()
  readonly #left = new Map<number, number>()
  readonly #votes = new Map<string, Set<number>>()
  readonly #committed = new Map<object, string>()
  readonly #wanted: Pick<Ballot, 'actions' | 'scores'>[] = []
  #decided: string | null = null
  #irrevocable: { readonly view: number; readonly digest: string } | null = null
  #input: StepInput = { type: 'begin' }

  constructor(checking: Checking, honest: (agent: number) => boolean) {
    this.#checking = { ...checking, rules: STANDARD_RULES }
    this.#honest = honest
  }

  /** What an honest agent votes for, whether or not its ballot arrives anywhere. */
  wants(votes: Pick<Ballot, 'actions' | 'scores'>): void {
    this.#wanted.push(votes)
  }

  /** Rows on which all honest agents want one class. */
  get unanimousRows(): number {
    return Array.from({ length: this.#checking.settings.rows }, (_, row) => this.#wantedClass(row)).filter(
      (wanted) => wanted !== null,
    ).length
  }

  /** Before a host's step. */
  before(input: StepInput): void {
    this.#input = input
  }

  /** An agent signs; called for every signature that is made in this batch, also by liars. */
  signs(agent: number, statement: Statement): void {
    const { kind, view, digest } = statement
    if (kind === 'prepare' || kind === 'commit') this.#countVote(agent, statement)
    if (!this.#honest(agent)) return
    const earlier = this.#signed.get(agent) ?? []
    for (const other of earlier) {
      if (STANDARD_RULES.conflicting(other, statement))
        this.#report('one-vote', `${agent} signs ${text(other)} and ${text(statement)}`)
    }
    earlier.push(statement)
    this.#signed.set(agent, earlier)
    if (kind === 'prepare' || kind === 'commit') {
      if (view < (this.#left.get(agent) ?? 0))
        this.#report('one-vote', `${agent} votes in view ${view}, which it had left`)
    }
    if (kind === 'commit' && this.#count('prepare', view, digest) < this.#quorum) {
      this.#report(
        'backed',
        `${agent} signs ${text(statement)} with ${this.#count('prepare', view, digest)} prepare votes`,
      )
    }
    if (kind === 'prepare' && this.#irrevocable !== null && view > this.#irrevocable.view) {
      if (digest !== this.#irrevocable.digest)
        this.#report('locked', `${agent} signs ${text(statement)} after a commit`)
    }
    if (kind === 'status') this.#leaves(agent, view)
  }

  /** An honest host sends. */
  sends(agent: number, message: Message): void {
    const certificates: QuorumCertificate[] = []
    if (message.type === 'prepared' || message.type === 'committed') certificates.push(message.certificate)
    if (message.type === 'proposal' && message.lock !== null) certificates.push(message.lock)
    for (const certificate of certificates) {
      const reason = checkCertificate(this.#checking, certificate)
      if (reason !== null) this.#report('certificates', `${agent} sends a certificate: ${reason}`)
      this.#judgeSigners(certificate)
    }
    if (message.type === 'evidence') this.#judgeEvidence(agent, message)
  }

  /** A host has lost its state: it may commit once more, if the same. */
  forgets(host: object): void {
    this.#committed.delete(host)
  }

  /** After an honest host's step. */
  after(host: object, agent: number, replica: Replica): void {
    for (const evidence of replica.evidence.values()) {
      if (this.#honest(evidence.agent)) this.#report('blame', `${agent} holds ${evidence.agent} guilty`)
    }
    const { committed } = replica
    const before = this.#committed.get(host)
    if (committed === null) {
      if (before !== undefined) this.#report('integrity', `${agent} forgot what it had committed`)
      return
    }
    const { digest } = committed.certificate
    if (before === digest) return
    if (before !== undefined) this.#report('integrity', `${agent} commits twice`)
    this.#committed.set(host, digest)
    const reason =
      checkCertificate(this.#checking, committed.certificate) ?? checkValue(this.#checking, committed.value)
    const isSame = reason === null && this.#checking.digests.value(committed.value) === digest
    if (!isSame || committed.certificate.phase !== 'commit') {
      this.#report('integrity', `${agent} commits without a certificate that holds: ${reason}`)
    }
    this.#judgeSigners(committed.certificate)
    for (const ballot of committed.value) this.#judgeBallot(ballot)
    if (isSame) this.#judgeDecisions(committed.value)
    if (this.#decided !== null && this.#decided !== digest) {
      this.#report('agreement', `${agent} commits ${digest.slice(0, 8)} after ${this.#decided.slice(0, 8)}`)
    }
    this.#decided ??= digest
  }

  /** An error that left an agent's code, or an end without a decision. */
  fails(check: 'crash' | 'progress', detail: string): void {
    this.#report(check, detail)
  }

  get #quorum(): number {
    return STANDARD_RULES.quorum(this.#checking.settings)
  }

  #countVote(agent: number, { kind, view, digest }: Statement): void {
    const key = `${kind} ${view} ${digest}`
    const votes = this.#votes.get(key) ?? new Set<number>()
    votes.add(agent)
    this.#votes.set(key, votes)
    if (kind === 'commit' && votes.size >= this.#quorum && view < (this.#irrevocable?.view ?? Infinity)) {
      this.#irrevocable = { view, digest }
    }
  }

  #count(kind: 'prepare' | 'commit', view: number, digest: string): number {
    return this.#votes.get(`${kind} ${view} ${digest}`)?.size ?? 0
  }

  #leaves(agent: number, view: number): void {
    const from = this.#left.get(agent) ?? 0
    this.#left.set(agent, Math.max(from, view))
    if (this.#input.type !== 'timer') return
    const { kind, view: ended } = this.#input.timer
    // What a timer sets off is one view further than the one that it was for.
    if (kind !== 'view' || view !== ended + 1)
      this.#report('patience', `${agent} leaves for ${view} on a timer of ${ended}`)
  }

  #judgeSigners({ phase, view, digest, signatures }: QuorumCertificate): void {
    const votes = this.#votes.get(`${phase} ${view} ${digest}`)
    const invented = signatures.find(({ agent }) => this.#honest(agent) && !votes?.has(agent))
    if (invented !== undefined)
      this.#report('certificates', `${invented.agent} has not cast its ${phase} vote in view ${view}`)
  }

  #judgeBallot(ballot: Ballot): void {
    if (!this.#honest(ballot.agent)) return
    const cast = this.#signed.get(ballot.agent)?.find(({ kind }) => kind === 'ballot')
    if (cast?.digest === this.#checking.digests.ballot(ballot)) return
    this.#report('validity', `the votes of ${ballot.agent} are not those that it cast`)
  }

  /** Row by row: whichever ballots are missing and whatever liars say, what all honest agents want is done. */
  #judgeDecisions(value: Value): void {
    const { actions, decided } = this.#checking.digests.decisions(value)
    const { rule } = this.#checking.settings.decision
    for (const [row, action] of actions.entries()) {
      const wanted = this.#wantedClass(row)
      if (wanted === null) continue
      const favourite = new Set(this.#wanted.map((votes) => votes.actions[row]))
      const isTheirs = rule === 'trimmed-median' || favourite.size > 1 || favourite.has(action)
      if (decided[row] === 1 && isRestrictive(action) === wanted && isTheirs) continue
      const without = value.length < this.#checking.settings.agentCount ? `, ${value.length} ballots` : ''
      this.#report(
        'unanimity',
        `row ${row}: all want ${wanted ? 'restrictive' : 'permissive'}, ${rule} does ${action}${without}`,
      )
    }
  }

  /** Whether all honest agents want a restrictive action on a row, or all a permissive one; null when neither. */
  #wantedClass(row: number): boolean | null {
    const { rule, threshold = 0.5 } = this.#checking.settings.decision
    const classes = new Set(
      this.#wanted.map(({ actions, scores }) => {
        if (rule !== 'trimmed-median') return isRestrictive(actions[row])
        return scores[row] === threshold ? null : scores[row] > threshold
      }),
    )
    return classes.size === 1 ? [...classes][0] : null
  }

  #judgeEvidence(agent: number, evidence: Evidence): void {
    const reason = checkEvidence(this.#checking, evidence)
    if (reason !== null || this.#honest(evidence.agent))
      this.#report('blame', `${agent} blames ${evidence.agent}: ${reason}`)
  }

  #report(check: CheckName, detail: string): void {
    // The first of a kind says enough; the others follow from it.
    if (this.violations.every((violation) => violation.check !== check)) this.violations.push({ check, detail })
  }
}

function text({ kind, view, digest, lockView }: Statement): string {
  return `${kind} ${view} ${digest.slice(0, 8)}${lockView < 0 ? '' : ` locked at ${lockView}`}`
}
