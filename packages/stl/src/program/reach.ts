/** How far a program looks. */
import { looksAhead, looksBack, OP, type OpCode, type Program } from './program.ts'

/** Steps, or seconds in dense time, 0 or more; Infinity without end. */
export type Reach = {
  /** before the step that the value is for */
  readonly back: number
  /** behind it */
  readonly forward: number
}

/** How far from its own step an operation over time looks. */
function distanceOf(op: OpCode, width: number): number {
  if (op === OP.delay || op === OP.advance || op >= OP.eventuallyWithin) return width
  return width === 0 ? Number.POSITIVE_INFINITY : width - 1
}

/** How many steps the result needs before and behind the step that it is for; of signals that are about one step each. */
export function reachOf({ operations, result }: Program): Reach {
  const reach: Reach[] = []
  for (const { op, a, b, width } of operations) {
    const back = Math.max(reach[a]?.back ?? 0, reach[b]?.back ?? 0)
    const forward = Math.max(reach[a]?.forward ?? 0, reach[b]?.forward ?? 0)
    const steps = distanceOf(op, width)
    reach.push({ back: back + (looksBack(op) ? steps : 0), forward: forward + (looksAhead(op) ? steps : 0) })
  }
  return reach[result]
}
