import { type PolicyScores, SCORE_COLUMNS } from '@vigil/runs'
import type { FigureTable } from './card.ts'

/** The chosen scores of several policies, one policy per row. */
export function policyTable(
  policies: readonly { readonly name: string; readonly scores: PolicyScores }[],
  chosen: readonly (keyof PolicyScores)[],
): FigureTable {
  return {
    columns: ['', ...scoreHeadings(chosen)],
    rows: policies.map(({ name, scores }) => [name, ...scoreCells(scores, chosen)]),
    omission: null,
  }
}

/** What stands above scores in a table. */
export function scoreHeadings<Score extends keyof PolicyScores>(chosen: readonly Score[]): string[] {
  return chosen.map((score) => SCORE_COLUMNS[score].heading)
}

/** Scores as a table shows them. */
export function scoreCells<Score extends keyof PolicyScores>(
  scores: Readonly<Pick<PolicyScores, Score>>,
  chosen: readonly Score[],
): string[] {
  return chosen.map((score) => SCORE_COLUMNS[score].format(scores[score]))
}
