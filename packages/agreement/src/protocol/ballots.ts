/** The ballots that an agent has, and how long it waits for the others when it leads. */
import type { Ballot, Value } from './messages.ts'

/** At most one ballot of each agent. */
export class Ballots {
  readonly #faults: number
  readonly #away: ReadonlySet<number>
  readonly #ballots: (Ballot | null)[]
  #waiting: 'no' | 'waiting' | 'over' = 'no'

  /** @param away agents that are not waited for */
  constructor(
    { agentCount, faults }: { readonly agentCount: number; readonly faults: number },
    away: ReadonlySet<number> = new Set(),
  ) {
    this.#faults = faults
    this.#away = away
    this.#ballots = new Array<Ballot | null>(agentCount).fill(null)
  }

  has(agent: number): boolean {
    return this.#ballots[agent] !== null
  }

  put(ballot: Ballot): void {
    this.#ballots[ballot.agent] = ballot
  }

  /** A view begins: in it nobody has been waited for. */
  begin(): void {
    this.#waiting = 'no'
  }

  /** Those whose ballots have not come have had their time. */
  stopWaiting(): void {
    this.#waiting = 'over'
  }

  /**
   * All ballots but of those that are away, or those of n - f agents once the others have had their time; null while it is to be waited.
   *
   * @param onWait called when the time of the others begins
   */
  gathered(onWait: () => void): Value | null {
    const ballots = this.#ballots.filter((ballot) => ballot !== null)
    const isEnough = ballots.length >= this.#ballots.length - this.#faults
    if (isEnough && this.#ballots.every((ballot, agent) => ballot !== null || this.#away.has(agent))) return ballots
    if (this.#waiting === 'no') {
      this.#waiting = 'waiting'
      onWait()
    }
    return this.#waiting === 'over' && isEnough ? ballots : null
  }
}
