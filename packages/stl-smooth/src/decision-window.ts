/** What a team decided over some steps of many lanes. */
import { StlError } from '@vigil/stl'

/** Steps of lanes, time-major. The first `historySteps` rows are over: nothing is differentiated by them. */
export type DecisionWindow = {
  /** T, 1 or more: the steps that gradients are for */
  readonly steps: number
  /** 0 or more: steps before them that windows such as fp_rate[100] look back on */
  readonly historySteps: number
  /** E, 1 or more */
  readonly lanes: number
  /** [history + T, E] 0 to 1: the team's probability of a restrictive action; in the history what it did, 0 or 1 */
  readonly restrictive: ArrayLike<number>
  /** [history + T, E] 0 or 1: the label */
  readonly threat: ArrayLike<number>
  /** [history + T, E] 1 where an episode begins, else 0. Specifications begin anew there, and at the first row */
  readonly begins: ArrayLike<number>
  /** [history + T, E] each, finite: other signals, held constant */
  readonly signals: Readonly<Record<string, ArrayLike<number>>>
}

/** @throws {StlError} OPTION, TRACE_SHAPE, TRACE_VALUE */
export function assertWindow({ steps, historySteps, lanes, signals, ...columns }: DecisionWindow): void {
  for (const [name, value, least] of [
    ['steps', steps, 1],
    ['historySteps', historySteps, 0],
    ['lanes', lanes, 1],
  ] as const) {
    if (Number.isInteger(value) && value >= least) continue
    throw new StlError('OPTION', `${name} must be an integer of ${least} or more, received ${value}.`)
  }
  const { restrictive, threat, begins } = columns
  const isBinary = (value: number) => value === 0 || value === 1
  const shape = { rows: historySteps + steps, lanes }
  assertColumn({ name: 'restrictive', column: restrictive, wanted: '0 to 1' }, shape, (p) => p >= 0 && p <= 1)
  assertColumn({ name: 'threat', column: threat, wanted: '0 or 1' }, shape, isBinary)
  assertColumn({ name: 'begins', column: begins, wanted: '0 or 1' }, shape, isBinary)
  for (const [name, column] of Object.entries(signals)) {
    assertColumn({ name: `signal "${name}"`, column, wanted: 'a finite number' }, shape, Number.isFinite)
  }
}

function assertColumn(
  { name, column, wanted }: { name: string; column: ArrayLike<number>; wanted: string },
  { rows, lanes }: { rows: number; lanes: number },
  accepts: (value: number) => boolean,
): void {
  if (column.length !== rows * lanes) {
    const message = `${name} must have ${rows} steps (history and window) of ${lanes} lanes, ${rows * lanes} numbers, received ${column.length}.`
    throw new StlError('TRACE_SHAPE', message)
  }
  for (let i = 0; i < column.length; i++) {
    if (accepts(column[i])) continue
    const place = `step ${Math.floor(i / lanes)} of lane ${i % lanes}`
    throw new StlError('TRACE_VALUE', `${name} must be ${wanted} at every step, received ${column[i]} at ${place}.`)
  }
}
