import type { BatchSettings } from '@vigil/agreement'

/** Which agents seem to be away, for whose ballots a leader then does not wait. */
export type Presence = {
  /** Something has come of an agent. */
  hear(agent: number): void
  /** A batch is over. @param value its ballots */
  settle(settings: Pick<BatchSettings, 'domain'>, value: readonly { readonly agent: number }[]): void
  /** A batch begins: those whose ballots were not among those of the one before, and of which nothing has come since that began. */
  awayIn(settings: Pick<BatchSettings, 'domain' | 'agentCount'>): ReadonlySet<number>
}

/** Nobody is away before the first batch. */
export function createPresence(): Presence {
  let heard = new Set<number>()
  let last: { readonly epoch: number; readonly counted: ReadonlySet<number> } | null = null
  return {
    hear: (agent) => void heard.add(agent),
    settle({ domain }, value) {
      last = { epoch: domain.epoch, counted: new Set(value.map(({ agent }) => agent)) }
    },
    awayIn({ domain, agentCount }) {
      const since = heard
      heard = new Set()
      if (last === null || last.epoch !== domain.epoch) return new Set()
      const { counted } = last
      const all = Array.from({ length: agentCount }, (_, agent) => agent)
      return new Set(all.filter((agent) => !counted.has(agent) && !since.has(agent)))
    },
  }
}
