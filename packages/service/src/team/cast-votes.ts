import { VigilError } from '@vigil/errors'
import type { AgentVoter, AgentVotes } from './agent-voter.ts'
import { readWrittenEvent } from './batch-event.ts'
import type { BatchContent } from './frames.ts'

/** What an event that is none is refused with, and a batch that is none of this team. */
const REFUSED: ReadonlySet<string> = new Set(['EVENT_MALFORMED', 'EVENT_INVALID', 'TEAM_INVALID'])

/** Of events of which nothing need be known. */
const NO_VOTES: AgentVotes = { actions: new Uint8Array(0), scores: new Float32Array(0) }

/** The votes of an agent, cast once for each batch: a batch may be begun again where an epoch has ended with it. */
export type CastVotes = {
  /**
   * @param root of the events
   * @returns null where an event is none, or the batch came with other events before: only an enforcer that lies gives such
   */
  on(batch: Pick<BatchContent, 'batch' | 'events'>, root: string, voter: AgentVoter | null): AgentVotes | null
}

/** @param alarm told why a batch is refused */
export function castVotes(alarm: (text: string) => void): CastVotes {
  let cast: { batch: number; root: string; voter: AgentVoter; votes: AgentVotes } | null = null
  return {
    on({ batch, events }, root, voter) {
      if (voter === null) return NO_VOTES
      if (cast?.batch === batch && cast.voter === voter) {
        if (cast.root === root) return cast.votes
        alarm(`Batch ${batch} is refused: it came with other events before.`)
        return null
      }
      try {
        const written = events.map(readWrittenEvent)
        const votes = voter.vote(
          written.map(({ event }) => event),
          written.map(({ heard }) => heard),
        )
        cast = { batch, root, voter, votes }
        return votes
      } catch (error) {
        if (!(error instanceof VigilError && REFUSED.has(error.code))) throw error
        alarm(`Batch ${batch} is refused: ${error.message}`)
        return null
      }
    },
  }
}
