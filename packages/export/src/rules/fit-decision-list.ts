import type { Columns, Condition, DecisionList, Line } from './condition.ts'
import { bestCondition, conditionHolds, type SortedColumns, sortColumns, type Tallied } from './search-conditions.ts'

/** What a list is fitted to. */
export type Examples = {
  readonly columns: Columns
  /** [n] rows of the columns */
  readonly rows: Uint32Array
  /** [n] the action that the team takes on each of them */
  readonly actions: Uint8Array
}

/** How long a list may be. */
export type ListSize = {
  /** lines, the last one for all other events included */
  readonly lines: number
  /** conditions of one line */
  readonly conditions: number
}

/**
 * Decision lists for the actions of a team, each longer by one line than the one before: the first says what the team does most
 * often, and each further line is put before those that are there, the one that mends the most disagreements (Webb 1993).
 * Its conditions are found one by one, each that which mends most together with those before it.
 *
 * @returns at least one list; fewer than `lines` where no further line mends anything
 */
export function fitDecisionLists({ columns, rows, actions }: Examples, size: ListSize): DecisionList[] {
  const sorted = sortColumns(columns, rows)
  const otherwise = mostFrequent(actions)
  const decided = new Uint8Array(rows.length).fill(otherwise)
  const lists: DecisionList[] = [{ lines: [], otherwise }]
  while (lists.length < size.lines) {
    const found = bestLine(sorted, { actions, decided }, size.conditions)
    if (found === null) break
    for (const [i, isCovered] of found.covered.entries()) if (isCovered === 1) decided[i] = found.line.action
    lists.push({ lines: [found.line, ...lists[lists.length - 1].lines], otherwise })
  }
  return lists
}

/** The line that mends most; null where none mends anything. */
function bestLine(
  sorted: SortedColumns,
  tallied: Tallied,
  conditionsMax: number,
): { readonly line: Line; readonly covered: Uint8Array } | null {
  const covered = new Uint8Array(tallied.actions.length).fill(1)
  let conditions: readonly Condition[] = []
  let [gain, action] = [0, -1]
  for (let depth = 0; depth < conditionsMax; depth++) {
    const found = bestCondition(sorted, tallied, { covered, action: action < 0 ? null : action })
    if (found === null || found.gain <= gain) break
    gain = found.gain
    action = found.action
    conditions = withCondition(conditions, found.condition)
    const holds = conditionHolds(sorted, found.condition)
    for (let i = 0; i < covered.length; i++) if (covered[i] === 1 && !holds(i)) covered[i] = 0
  }
  return action < 0 ? null : { line: { conditions, action }, covered }
}

/** A second bound of one side of a column is the tighter one, since it was found among rows that the first one covers. */
function withCondition(conditions: readonly Condition[], added: Condition): Condition[] {
  const isSame = ({ column, operator }: Condition) => column === added.column && operator === added.operator
  return [...conditions.filter((condition) => !isSame(condition)), added]
}

function mostFrequent(actions: Uint8Array): number {
  const counts = new Uint32Array(4)
  for (const action of actions) counts[action]++
  return counts.indexOf(Math.max(...counts))
}
