import { formatCount, formatScore, formatShare, formatSigned } from '@vigil/command-line'
import type { PolicyScores } from './policy-scores.ts'

/** How each score of a policy is shown in tables: what stands above it, and how its values are written. */
export const SCORE_COLUMNS = {
  f1: { heading: 'F1', format: formatScore },
  precision: { heading: 'precision', format: formatScore },
  recall: { heading: 'recall', format: formatScore },
  falsePositiveRate: { heading: 'FPR', format: formatShare },
  alertRate: { heading: 'alerts', format: formatShare },
  undecidedRate: { heading: 'undecided', format: formatShare },
  accuracy: { heading: 'accuracy', format: formatScore },
  prAuc: { heading: 'PR-AUC', format: formatScore },
  rewardMean: { heading: 'reward', format: (value: number | null) => formatSigned(value, 3) },
  tp: { heading: 'TP', format: formatCount },
  fn: { heading: 'FN', format: formatCount },
  fp: { heading: 'FP', format: formatCount },
  tn: { heading: 'TN', format: formatCount },
  threatAlerts: { heading: 'alerts on threats', format: formatCount },
  benignAlerts: { heading: 'alerts on benign', format: formatCount },
  undecided: { heading: 'undecided events', format: formatCount },
} as const satisfies Record<keyof PolicyScores, { heading: string; format: (value: number) => string }>
