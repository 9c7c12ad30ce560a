/** What a service tells its pages, once in a while: what came since the last frame. */
export type Frame = {
  /** milliseconds since 1970 */
  readonly at: number
  /** that the frame is of */
  readonly seconds: number
  /** [4] by action */
  readonly actions: readonly number[]
  readonly undecided: number
  readonly late: number
  readonly shielded: number
  /** events that wait */
  readonly waiting: number
  /** mean of the team's scores; null of none */
  readonly score: number | null
  /** from when events came together to their answers; null of none */
  readonly latencyMs: { readonly median: number; readonly p99: number } | null
  /** [A][4] votes of each agent by action */
  readonly votes: readonly (readonly number[])[]
  /** [A] decisions in which the agent voted for the other class than the team's action */
  readonly dissent: readonly number[]
  /** of each watched specification; null of none */
  readonly robustness: readonly { readonly name: string; readonly min: number | null }[]
  /** the latest, oldest first, at most 50 */
  readonly latest: readonly Decided[]
}

/** A decision as pages show it. */
export type Decided = {
  readonly id: string | number
  readonly at: number
  readonly stream: string | null
  readonly action: number
  readonly score: number
  readonly decided: boolean
  /** [A] */
  readonly votes: readonly number[]
  readonly shield: { readonly from: number; readonly to: number; readonly specification: string } | null
}
