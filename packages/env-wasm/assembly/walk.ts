/** A stream that is walked outside of the lanes, where actions have consequences. */
import { Plan } from './plan'
import { beginStreamState, respond, StreamState, showState } from './response'
import { beginSite, goOn, NOWHERE, respondAtSite, SiteState, showSite } from './site'
import { Site } from './site-plan'
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
  /** -> f64 [8], added to; of a site [streams, 8] */
  ledger: usize
  /** -> f32 [K], its head overwritten */
  context: usize
  /** of the part of the split, null where a stream is walked; `state` is that of the site then */
  site: Site | null
}

/** The stream begins at `position`; a site begins at that tick, and `position` becomes that of its first event. */
export function beginWalk(walk: Walk): void {
  const response = walk.plan.response
  if (response === null) return
  const site = walk.site
  if (site !== null) {
    const state = changetype<SiteState>(walk.state)
    walk.position = beginSite(walk.plan, response, site, state, walk.position)
    // A part that is done again, since its worker died, counts once.
    for (let tick = state.start; tick < state.end; tick++) {
      const position = load<u32>(site.positions + ((<usize>tick) << 2))
      const stream = load<u32>(site.streams + ((<usize>position) << 2))
      memory.fill(walk.ledger + ((<usize>stream) << 6), 0, 64)
    }
    showSite(response, site, state, walk.context)
    return
  }
  beginStreamState(walk.plan, response, walk.state, load<u32>(walk.rows + ((<usize>walk.position) << 2)))
  showState(response, walk.state, walk.context)
}

/** The team acts, and `position` moves on to what still happens: to `end` where the stream is over. */
export function stepWalk(walk: Walk): void {
  const plan = walk.plan
  const end = walk.end
  const response = plan.response
  if (response === null) return
  const site = walk.site
  if (site !== null) {
    const state = changetype<SiteState>(walk.state)
    const stream = load<u32>(site.streams + ((<usize>walk.position) << 2))
    const ledger = walk.ledger + ((<usize>stream) << 6)
    respondAtSite(plan, response, site, state, walk.position, teamAction(plan, walk.actions), ledger)
    const next = goOn(plan, response, site, state, walk.position)
    walk.position = next == NOWHERE ? end : next
    if (next != NOWHERE) showSite(response, site, state, walk.context)
    return
  }
  walk.position = respond(plan, walk.state, walk.rows, walk.position, end, teamAction(plan, walk.actions), walk.ledger)
  if (walk.position != end) showState(response, walk.state, walk.context)
}
