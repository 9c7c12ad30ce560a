/** Most messages, and bytes of them, that one agent's are kept of. */
const MESSAGES_MAX = 32
const BYTES_MAX = 2 ** 22

/** Messages of agents that have begun a batch before this one was given it. */
export type EarlyMessages = {
  keep(from: number, batch: number, bytes: Uint8Array): void
  /** Those of a batch; what is of earlier ones is forgotten. */
  take(batch: number): Uint8Array[]
}

type Early = { readonly batch: number; readonly bytes: Uint8Array }

/** Keeps a bounded number of each agent's: whatever one of them sends, it pushes out nobody else's. */
export function createEarlyMessages(): EarlyMessages {
  const kept = new Map<number, Early[]>()
  return {
    keep(from, batch, bytes) {
      const own = kept.get(from) ?? []
      kept.set(from, own)
      const size = own.reduce((sum, early) => sum + early.bytes.length, bytes.length)
      if (own.length < MESSAGES_MAX && size <= BYTES_MAX) own.push({ batch, bytes })
    },
    take(batch) {
      const taken: Uint8Array[] = []
      for (const [from, own] of kept) {
        taken.push(...own.filter((early) => early.batch === batch).map(({ bytes }) => bytes))
        kept.set(
          from,
          own.filter((early) => early.batch > batch),
        )
      }
      return taken
    },
  }
}
