/** What an agent's log tells of what it may have signed, and what it therefore begins a batch with. */
import type { BatchSettings, Committed, Durable } from '@vigil/agreement'
import type { AgentLog } from './agent-log.ts'

/** What an agent remembers of the time before its start. */
export type AgentMemory = {
  /** Whether the log has what was signed in a batch, or in a later one. */
  isRemembered(settings: BatchSettings): boolean
  /**
   * What the agent begins a batch with: what the log holds of it. In a batch that the log does not know the agent can have signed
   * nothing, but where the log is an old one.
   *
   * @param isDecided whether the batch comes with its certificate
   */
  durableIn(settings: BatchSettings, isDecided: boolean): Durable | 'lost' | null
  /** A certificate with a signature of its own that the log does not know shows the agent that its log is an old one. */
  compare(settings: BatchSettings, committed: Committed): void
  /** Whether the log may lack what was signed in the batch that is open: it is an old one, and no open batch was met yet. */
  readonly isInDoubt: boolean
  /** Whether the agent may have voted, before its start, for a commit in a batch, or have signed something behind it. */
  mayHaveCommitted(at: { readonly epoch: number; readonly batch: number }): boolean
}

type MemoryOptions = {
  readonly self: number
  readonly log: Pick<AgentLog, 'remembered'>
  /** the first batch in which it may have signed anything */
  readonly firstBatch: number
  /** the batch that it can begin next */
  readonly batch: number
  readonly alarm: (text: string) => void
}

/** What the log of an agent tells at its start, and what certificates add to it. */
export function createAgentMemory({
  self,
  log: { remembered },
  firstBatch,
  batch: next,
  alarm,
}: MemoryOptions): AgentMemory {
  let hasMetOpen = false
  /** whether the log is behind what the agent has signed */
  let isOld = next > Math.max(remembered?.batch ?? -1, firstBatch - 1) + 1

  function isRemembered({ domain: { epoch, batch } }: BatchSettings): boolean {
    if (remembered === null) return false
    return remembered.epoch > epoch || (remembered.epoch === epoch && remembered.batch >= batch)
  }

  return {
    isRemembered,
    durableIn(settings, isDecided) {
      const { batch, run, epoch } = settings.domain
      if (remembered !== null && remembered.batch === batch && remembered.epoch === epoch) {
        if (remembered.run === run) return remembered.durable(settings)
        alarm(`Batch ${batch} was given with other events than those that were signed: no part is taken in it.`)
        return 'lost'
      }
      if (isDecided) return 'lost'
      const isFirst = !hasMetOpen
      hasMetOpen = true
      if (!isRemembered(settings) && !(isFirst && isOld)) return null
      alarm(`No part is taken in batch ${batch}, where more may have been signed than the log knows.`)
      return 'lost'
    },
    compare(settings, { value, certificate }) {
      if (hasMetOpen || isOld || isRemembered(settings)) return
      isOld = [...value, ...certificate.signatures].some(({ agent }) => agent === self)
      if (isOld) alarm(`The log is older than what this agent has signed in batch ${settings.domain.batch}.`)
    },
    get isInDoubt() {
      return isOld && !hasMetOpen
    },
    mayHaveCommitted({ epoch, batch }) {
      if (remembered === null || remembered.epoch !== epoch || remembered.batch < batch) return false
      return remembered.batch > batch || remembered.mayHaveCommitted()
    },
  }
}
