import type { Diversity, PolicyScores } from '@vigil/runs'

/**
 * How far the agents differ. A vote makes good the errors of few agents, not those that most of them share: disagreement
 * and the correlation of errors say how many a team could make good (Kuncheva and Whitaker 2003).
 *
 * @param agents [A] actions [n] 0..3 of every agent, with its scores alone
 * @param labels [n] 1 = threat, 0 = benign
 */
export function diversityOf(
  agents: readonly { readonly actions: Uint8Array; readonly alone: PolicyScores }[],
  labels: Uint8Array,
): Diversity {
  const errs = agents.map(({ actions }) =>
    Uint8Array.from(labels, (label, row) => ((actions[row] === 1 || actions[row] === 2) === (label === 1) ? 0 : 1)),
  )
  const pairs = errs.flatMap((first, i) =>
    errs.slice(i + 1).map((second, j) => ({ agents: [i, i + 1 + j] as [number, number], ...compare(first, second) })),
  )
  const f1s = agents.map(({ alone }) => alone.f1)
  return {
    disagreement: meanOf(pairs.map(({ disagreement }) => disagreement)),
    errorCorrelation: meanOf(pairs.map(({ errorCorrelation }) => errorCorrelation).filter((value) => value !== null)),
    bestAgentF1: f1s.length === 0 ? null : Math.max(...f1s),
    meanAgentF1: meanOf(f1s),
    pairs,
  }
}

/**
 * Two agents of which one says threat and the other benign err on different sides of the truth: they disagree where
 * exactly one errs. The correlation is phi = (n11 n00 - n10 n01) / sqrt((n11+n10) (n01+n00) (n11+n01) (n10+n00)).
 *
 * @param first, second [n] 1 = errs
 */
function compare(first: Uint8Array, second: Uint8Array): { disagreement: number; errorCorrelation: number | null } {
  const cells = [0, 0, 0, 0]
  for (let row = 0; row < first.length; row++) cells[2 * first[row] + second[row]]++
  const [neither, onlySecond, onlyFirst, both] = cells
  const spread =
    Math.sqrt((both + onlyFirst) * (onlySecond + neither)) * Math.sqrt((both + onlySecond) * (onlyFirst + neither))
  const phi = (both * neither - onlyFirst * onlySecond) / spread
  return {
    disagreement: first.length === 0 ? 0 : (onlyFirst + onlySecond) / first.length,
    errorCorrelation: spread === 0 ? null : Math.min(1, Math.max(-1, phi)),
  }
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
