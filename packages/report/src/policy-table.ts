import { formatCount, formatScore, formatShare, formatSigned } from '@vigil/command-line'
import type { PolicyScores } from '@vigil/runs'
import type { FigureTable } from './card.ts'

type Column = { readonly heading: string; readonly format: (value: number) => string }

const columnsByScore: Readonly<Record<keyof PolicyScores, Column>> = {
  f1: { heading: 'F1', format: formatScore },
  precision: { heading: 'precision', format: formatScore },
  recall: { heading: 'recall', format: formatScore },
  falsePositiveRate: { heading: 'FPR', format: formatShare },
  alertRate: { heading: 'alerts', format: formatShare },
  undecidedRate: { heading: 'undecided', format: formatShare },
  accuracy: { heading: 'accuracy', format: formatScore },
  prAuc: { heading: 'PR-AUC', format: formatScore },
  rewardMean: { heading: 'reward', format: (value) => formatSigned(value, 3) },
  tp: { heading: 'TP', format: formatCount },
  fn: { heading: 'FN', format: formatCount },
  fp: { heading: 'FP', format: formatCount },
  tn: { heading: 'TN', format: formatCount },
  threatAlerts: { heading: 'alerts on threats', format: formatCount },
  benignAlerts: { heading: 'alerts on benign', format: formatCount },
  undecided: { heading: 'undecided events', format: formatCount },
}

/** The chosen scores of several policies, one policy per row. */
export function policyTable(
  policies: readonly { readonly name: string; readonly scores: PolicyScores }[],
  chosen: readonly (keyof PolicyScores)[],
): FigureTable {
  return {
    columns: ['', ...chosen.map((score) => columnsByScore[score].heading)],
    rows: policies.map(({ name, scores }) => [
      name,
      ...chosen.map((score) => columnsByScore[score].format(scores[score])),
    ]),
    omission: null,
  }
}
