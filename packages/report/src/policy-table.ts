import { type PolicyScores, SCORE_COLUMNS } from '@vigil/runs'
import type { FigureTable } from './card.ts'

/** The chosen scores of several policies, one policy per row. */
export function policyTable(
  policies: readonly { readonly name: string; readonly scores: PolicyScores }[],
  chosen: readonly (keyof PolicyScores)[],
): FigureTable {
  return {
    columns: ['', ...chosen.map((score) => SCORE_COLUMNS[score].heading)],
    rows: policies.map(({ name, scores }) => [
      name,
      ...chosen.map((score) => SCORE_COLUMNS[score].format(scores[score])),
    ]),
    omission: null,
  }
}
