/** The latest status of every agent: where it is, and what it is locked on. */
import type { Claim, Status } from './messages.ts'
import { NO_LOCK } from './statement.ts'

/** One status of each agent, that of its highest view. */
export class Statuses {
  readonly #latest: (Status | null)[]

  constructor(agentCount: number) {
    this.#latest = new Array<Status | null>(agentCount).fill(null)
  }

  get agentCount(): number {
    return this.#latest.length
  }

  /** The view that an agent has claimed; -1 before its first claim. */
  viewOf(agent: number): number {
    return this.#latest[agent]?.claim.view ?? -1
  }

  put(agent: number, status: Status): void {
    this.#latest[agent] = status
  }

  claims(): Claim[] {
    return this.#latest.flatMap((status) => status?.claim ?? [])
  }

  /** The highest view that so many agents have reached. @param count 1 to the number of agents */
  reachedBy(count: number): number {
    const views = this.#latest.map((status) => status?.claim.view ?? 0).sort((a, b) => b - a)
    return views[count - 1]
  }

  /** The statuses of those that are in a view, in the order of the agents. */
  in(view: number): Status[] {
    return this.#latest.filter((status) => status !== null).filter(({ claim }) => claim.view === view)
  }
}

/** The first status with the highest lock; null when nobody is locked. */
export function highestLock(statuses: readonly Status[]): Status | null {
  let highest: Status | null = null
  for (const status of statuses) if (status.claim.lockView > (highest?.claim.lockView ?? NO_LOCK)) highest = status
  return highest
}
