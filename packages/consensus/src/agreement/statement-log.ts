/** What agents were seen to sign, as far as it is needed to notice a contradiction. */
import type { Claimed, SignedStatement } from './statement.ts'

/** Statements kept per agent. An honest agent signs up to five per view; contradictions are met in the same or the next one. */
const KEPT = 16

/** The latest statements of every agent; the memory is bounded whatever is received. */
export class StatementLog {
  readonly #conflicting: (first: Claimed, second: Claimed) => boolean
  readonly #seen = new Map<number, SignedStatement[]>()

  constructor(conflicting: (first: Claimed, second: Claimed) => boolean) {
    this.#conflicting = conflicting
  }

  /** Whether the agent was seen to sign this. */
  has(agent: number, { kind, view, digest, lockView }: Claimed): boolean {
    const seen = this.#seen.get(agent) ?? []
    return seen.some(
      (other) => other.kind === kind && other.view === view && other.digest === digest && other.lockView === lockView,
    )
  }

  /**
   * @param statement whose signature was checked
   * @returns an earlier statement of the agent that contradicts it, or null
   */
  add(agent: number, statement: SignedStatement): SignedStatement | null {
    if (this.has(agent, statement)) return null
    const seen = this.#seen.get(agent) ?? []
    const earlier = seen.find((other) => this.#conflicting(other, statement)) ?? null
    seen.push(statement)
    // A ballot is signed once and may be contradicted at any time: it stays.
    const oldest = seen.findIndex(({ kind }) => kind !== 'ballot')
    if (seen.length > KEPT) seen.splice(Math.max(0, oldest), 1)
    this.#seen.set(agent, seen)
    return earlier
  }
}
