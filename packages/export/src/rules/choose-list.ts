import { type DecisionList, decideByList } from './condition.ts'
import { type Examples, fitDecisionLists } from './fit-decision-list.ts'

/** Lines of a list, the last one included. */
const LINES_MAX = 10
/** Conditions of a line that are tried as the most. */
const CONDITIONS_MAX = 3

/** A list with how often it decides as the team. */
export type ChosenList = {
  readonly list: DecisionList
  /** most conditions of a line that the search was allowed */
  readonly conditionsMax: number
  /** share of the validation examples on which it does what the team does */
  readonly validation: number
}

/**
 * The list for a team: fitted on training examples by number of lines and of conditions a line, chosen on validation. Of all that
 * are within one standard error of the best (Breiman et al. 1984, section 3.4.3) it is the one with the fewest conditions and lines.
 */
export function chooseList(training: Examples, validation: Examples): ChosenList {
  const candidates = Array.from({ length: CONDITIONS_MAX }, (_, i) => i + 1).flatMap((conditionsMax) =>
    fitDecisionLists(training, { lines: LINES_MAX, conditions: conditionsMax }).map(
      (list): ChosenList => ({ list, conditionsMax, validation: fidelityOf(list, validation) }),
    ),
  )
  const best = Math.max(...candidates.map((candidate) => candidate.validation))
  const error = Math.sqrt((best * (1 - best)) / Math.max(1, validation.rows.length))
  const near = candidates.filter((candidate) => candidate.validation >= best - error)
  const { list, conditionsMax } = near.reduce((chosen, candidate) => {
    const difference = sizeOf(candidate.list) - sizeOf(chosen.list)
    return difference < 0 || (difference === 0 && candidate.validation > chosen.validation) ? candidate : chosen
  })
  const pruned = withoutIdleLines(list, training)
  return { list: pruned, conditionsMax, validation: fidelityOf(pruned, validation) }
}

/** Leaves out lines without which a list agrees as often in training: a line that was put before them does their work. */
function withoutIdleLines(list: DecisionList, training: Examples): DecisionList {
  const fidelity = fidelityOf(list, training)
  for (const i of list.lines.keys()) {
    const shorter = { ...list, lines: list.lines.toSpliced(i, 1) }
    if (fidelityOf(shorter, training) >= fidelity) return withoutIdleLines(shorter, training)
  }
  return list
}

/** Share of the examples on which a list does what the team does. */
export function fidelityOf(list: DecisionList, { columns, rows, actions }: Examples): number {
  const own = decideByList(list, columns, rows)
  return own.reduce((same, action, i) => same + (action === actions[i] ? 1 : 0), 0) / Math.max(1, rows.length)
}

function sizeOf({ lines }: DecisionList): number {
  return lines.reduce((size, { conditions }) => size + 1 + conditions.length, 1)
}
