/** Agents that say that they have a past which the folder of the enforcer does not have: they take no part in these batches. */
import { formatCounted } from '@vigil/command-line'

/** What an agent says, and where the enforcer is. */
type Claim = {
  readonly epoch: number
  readonly agent: number
  /** that it waits for */
  readonly batch: number
  /** batches that were gathered */
  readonly gathered: number
  /** agents of its epoch that may lie */
  readonly faults: number
  /** whether its epoch is over where the enforcer is: nobody counts on how many of its agents lie by then */
  readonly isPast: boolean
}

/**
 * Tells once of each agent. A liar may say what it likes: what to do is told where more say so than may lie.
 *
 * @param alarm told in a sentence what a person should know
 */
export function tellOfAhead(alarm: (text: string) => void): (claim: Claim) => void {
  /** by epoch: agents */
  const ahead = new Map<number, Set<number>>()
  return ({ epoch, agent, batch, gathered, faults, isPast }) => {
    const told = ahead.get(epoch) ?? new Set<number>()
    if (told.has(agent)) return
    ahead.set(epoch, told.add(agent))
    const claim = `Agent ${agent} says that it waits for batch ${batch}, and ${formatCounted(gathered, 'batch was', 'batches were')} gathered here`
    const isTrue = !isPast && told.size > faults
    alarm(
      isTrue
        ? `${claim}. ${formatCounted(told.size, 'agent says', 'agents say')} so, more than may lie: their logs are of another --out. Give that one, or make a new team (service:team-create) with new logs.`
        : `${claim}: its log is of another --out, or it lies.`,
    )
  }
}
