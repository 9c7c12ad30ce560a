/** What agents were seen to sign, as far as it is needed to notice a contradiction. */
import type { Claimed, SignedStatement } from './statement.ts'

/**
 * Views on either side of the own one of which statements are kept. An honest agent signs once per kind and view, and f
 * liars cannot carry an agent that far: within it every contradiction is found, however much is signed in between.
 */
export const NEAR_VIEWS = 256

/**
 * The first statement of every agent, kind and near view; a ballot whatever the view. Nothing that an agent signs takes the
 * place of anything else, so that no lie can be buried, and the memory is bounded whatever is received: 4 kinds in 513
 * views and a ballot are at most 2,053 statements of an agent.
 */
export class StatementLog {
  readonly #conflicting: (first: Claimed, second: Claimed) => boolean
  readonly #seen = new Map<number, Map<string, SignedStatement>>()
  #view: number

  /** @param view that the agent is in, which keeps the log */
  constructor(conflicting: (first: Claimed, second: Claimed) => boolean, view: number) {
    this.#conflicting = conflicting
    this.#view = view
  }

  /** Statements that are kept. */
  get size(): number {
    return [...this.#seen.values()].reduce((sum, seen) => sum + seen.size, 0)
  }

  /** Whether the agent was seen to sign this. */
  has(agent: number, statement: Claimed): boolean {
    const kept = this.#seen.get(agent)?.get(slotOf(statement))
    return kept !== undefined && kept.digest === statement.digest && kept.lockView === statement.lockView
  }

  /**
   * @param statement whose signature was checked
   * @returns an earlier statement of the agent that contradicts it, or null
   */
  add(agent: number, statement: SignedStatement): SignedStatement | null {
    if (this.has(agent, statement)) return null
    const seen = this.#seen.get(agent) ?? new Map<string, SignedStatement>()
    for (const earlier of seen.values()) if (this.#conflicting(earlier, statement)) return earlier
    if (this.#isNear(statement)) this.#seen.set(agent, seen.set(slotOf(statement), statement))
    return null
  }

  /** The agent that keeps the log enters a later view: what is far behind is forgotten. */
  moveTo(view: number): void {
    this.#view = view
    for (const seen of this.#seen.values()) {
      for (const [slot, statement] of seen) if (!this.#isNear(statement)) seen.delete(slot)
    }
  }

  /** Of a liar that is found out nothing more is needed. */
  forget(agent: number): void {
    this.#seen.delete(agent)
  }

  #isNear({ kind, view }: Claimed): boolean {
    return kind === 'ballot' || Math.abs(view - this.#view) <= NEAR_VIEWS
  }
}

function slotOf({ kind, view }: Claimed): string {
  return `${kind} ${view}`
}
