/** What an agent knows of all events, kept now and then beside its work. */
import type { ChainPlace } from '@vigil/agreement'
import type { KeptPast } from '../decider.ts'

/** Events after which the past is kept again: so many are voted on again at most when the agent begins anew. */
export const PAST_EVENTS = 20_000

/** What pasts are made of. */
type AgentPastsOptions = {
  /** where the agent begins */
  readonly begin: ChainPlace
  /** its part of PAST_EVENTS by which it is earlier than the first agent: else all are late in one batch */
  readonly turn: number
  /** SHA-256 of the bundle of a batch */
  readonly bundleAt: (batch: number) => string
  /** what knows the events before a batch; null = nothing need be known */
  readonly voterAt: (batch: number) => { save(): KeptPast } | null
  /** Copies a past in this turn of the event loop, and writes it. */
  readonly write: (bundle: string, at: ChainPlace, past: KeptPast) => Promise<void>
}

/** Pasts as they are kept. */
type AgentPasts = {
  readonly isDue: (place: ChainPlace) => boolean
  /** Copies what is known now: it is written beside the batches that follow. */
  readonly keep: (place: ChainPlace) => Promise<void>
  /** rejects where one could not be kept */
  readonly failed: Promise<never>
  /** Resolves when none is being written; rejects where the last one could not be. */
  readonly written: () => Promise<void>
}

/** The rows at which a past is due are the same however often an agent begins again: the agents stay apart. */
export function createAgentPasts({ begin, turn, bundleAt, voterAt, write }: AgentPastsOptions): AgentPasts {
  const slotOf = ({ firstRow }: ChainPlace) => Math.floor(firstRow / PAST_EVENTS + turn)
  let kept = { slot: slotOf(begin), bundle: bundleAt(begin.batch) }
  let writing = Promise.resolve()
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined)
  return {
    failed: failure.promise,
    isDue: (place) =>
      voterAt(place.batch) !== null && (slotOf(place) !== kept.slot || bundleAt(place.batch) !== kept.bundle),
    async keep(at) {
      await writing
      const bundle = bundleAt(at.batch)
      writing = write(bundle, at, voterAt(at.batch)!.save())
      writing.catch(failure.reject)
      kept = { slot: slotOf(at), bundle }
    },
    written: async () => await writing,
  }
}
