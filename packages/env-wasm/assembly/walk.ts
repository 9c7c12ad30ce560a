/** A stream that is walked outside of the lanes, where actions have consequences. */
import { Plan } from './plan'
import { beginStreamState, respond, StreamState, showState } from './response'
import { teamAction } from './vote'

/** Described in ../src/blocks.ts. */
@unmanaged
export class Walk {
  plan: Plan
  state: StreamState
  /** -> u32, dataset rows of the split */
  rows: usize
  /** of the present event, and the first one behind the stream */
  position: u32
  end: u32
  /** -> u8 [A], whose vote is the team's action */
  actions: usize
  /** -> f64 [8], added to */
  ledger: usize
  /** -> f32 [K], its head overwritten */
  context: usize
}

/** The stream begins at `position`. */
export function beginWalk(walk: Walk): void {
  const response = walk.plan.response
  if (response === null) return
  beginStreamState(walk.plan, response, walk.state, load<u32>(walk.rows + ((<usize>walk.position) << 2)))
  showState(response, walk.state, walk.context)
}

/** The team acts, and `position` moves on to what still happens: to `end` where the stream is over. */
export function stepWalk(walk: Walk): void {
  const plan = walk.plan
  const end = walk.end
  const response = plan.response
  if (response === null) return
  walk.position = respond(plan, walk.state, walk.rows, walk.position, end, teamAction(plan, walk.actions), walk.ledger)
  if (walk.position != end) showState(response, walk.state, walk.context)
}
