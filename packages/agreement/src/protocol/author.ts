/** Makes and signs one agent's messages. Whether it may is for the replica to know. */
import { agreementError } from '../errors.ts'
import type { Checking } from './checks.ts'
import type { Ballot, Claim, Phase, Proposal, QuorumCertificate, Value, Vote } from './messages.ts'
import { type Claimed, claimed, NO_DIGEST, NO_LOCK, type Sign } from './statement.ts'

/** Who signs, and for which batch. */
export type AuthorOptions = {
  readonly checking: Checking
  /** this agent */
  readonly self: number
  readonly sign: Sign
}

/** Signs for one agent in one batch. */
export class Author {
  readonly #checking: Checking
  readonly #agent: number
  readonly #sign: Sign

  constructor({ checking, self, sign }: AuthorOptions) {
    this.#checking = checking
    this.#agent = self
    this.#sign = sign
  }

  /** @throws {VigilError} VOTES */
  ballot({ actions, scores }: Pick<Ballot, 'actions' | 'scores'>): Ballot {
    const { digests, settings } = this.#checking
    const unsigned: Ballot = { agent: this.#agent, actions, scores, digest: '', signature: '' }
    const digest = digests.ballot(unsigned)
    if (digest === null) {
      throw agreementError('VOTES', {
        field: 'votes',
        requirement: `must be an action 0..3 and a score in [0, 1] for each of ${settings.rows} rows`,
        received: `${actions.length} actions, ${scores.length} scores`,
        remedy: 'Vote on every row of the batch',
      })
    }
    return { ...unsigned, digest, signature: this.#signature(claimed('ballot', 0, digest)) }
  }

  vote(phase: Phase, view: number, digest: string): Vote {
    const signature = this.#signature(claimed(phase, view, digest))
    return { type: 'vote', phase, view, digest, agent: this.#agent, signature }
  }

  /** @param lock what the agent is locked on */
  claim(view: number, lock: QuorumCertificate | null): Claim {
    const lockView = lock?.view ?? NO_LOCK
    const digest = lock?.digest ?? NO_DIGEST
    const signature = this.#signature({ kind: 'status', view, digest, lockView })
    return { agent: this.#agent, view, lockView, digest, signature }
  }

  proposal(body: { view: number; value: Value; claims: readonly Claim[]; lock: QuorumCertificate | null }): Proposal {
    const digest = this.#checking.digests.value(body.value)
    return { type: 'proposal', ...body, digest, signature: this.#signature(claimed('proposal', body.view, digest)) }
  }

  #signature(statement: Claimed): string {
    return this.#sign({ ...this.#checking.settings.domain, ...statement })
  }
}
