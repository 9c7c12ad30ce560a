/** What every decision rule is asked, and what it answers. */

/** 0 allow, 1 block, 2 quarantine, 3 alert. */
export type Action = 0 | 1 | 2 | 3

/** In place of an agent's action: it did not vote. In place of the team's: it abstained. */
export const NO_ACTION = 255

/** Restrictive actions, block and quarantine, say "threat"; allow and alert say "benign". */
export function isRestrictive(action: number): boolean {
  return action === 1 || action === 2
}

/** The class that won, or none. */
export type Winner = 'restrictive' | 'permissive' | 'none'

/** What a rule makes of one row. Reused from row to row. */
export type Verdict = {
  winner: Winner
  /** how clearly, in the rule's unit, 0 or more */
  margin: number
  /** weight of the votes for every action: inside the winning class the heaviest action is done */
  readonly support: Float64Array
  /**
   * which winners f agents could bring about by voting otherwise or not at all, and by leaving ballots of others out while
   * n - f are counted; `none` also where both classes are in reach, whether or not a tie between them is
   */
  readonly reachable: { restrictive: boolean; permissive: boolean; none: boolean }
}

/** The votes of many rows, checked; a rule reads what it needs. */
export type Ballots = {
  readonly agentCount: number
  /** f */
  readonly faults: number
  /** [rows, A] 0..3 or NO_ACTION */
  readonly actions: Uint8Array
  /** [rows, A] in [0, 1] where the agent voted */
  readonly scores: Float32Array
  /** [A] */
  readonly weights: Uint32Array
  /** score above which a median says "threat" */
  readonly threshold: number
}

/** Judges the row whose first vote stands at `at`, into `verdict`. */
export type Judge = (at: number, verdict: Verdict) => void
