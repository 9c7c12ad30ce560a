/** Weights that a learner sends to all hosts at once: what came is as good as what was asked for, where it has the hash of a lease. */
import { setTimeout as pause } from 'node:timers/promises'
import type { NatsConnection } from '@nats-io/transport-node'
import { decodeFrame } from '../wire/frame.ts'
import { policyPartSchema, policySubject, type Reference, SENT_TO_ALL_BYTES_MAX } from '../wire/messages.ts'
import { type Gathering, gather } from '../wire/parts.ts'

/** How long parts that are on their way are waited for. */
const WAIT_MS = 1000

/** What a host hears of weights. */
export type HeardPolicy = {
  /** The bytes with a hash, where they came or are coming; null = they must be asked for. */
  of(reference: Reference): Promise<Uint8Array | null>
  close(): void
}

type Coming = {
  readonly sha256: string
  readonly gathering: Gathering
  readonly whole: PromiseWithResolvers<Uint8Array | null>
}

/** Hears the weights of a run, the latest alone. Whoever may speak on the subject can at most have the host ask. */
export function hearPolicies(connection: Pick<NatsConnection, 'subscribe'>, run: string): HeardPolicy {
  let coming: Coming | null = null
  const begin = ({ sha256, bytes }: Reference) => {
    coming?.whole.resolve(null)
    const isFit = bytes > 0 && bytes <= SENT_TO_ALL_BYTES_MAX
    coming = isFit ? { sha256, gathering: gather({ sha256, bytes }), whole: Promise.withResolvers() } : null
  }
  const take = (data: Uint8Array) => {
    const { header, body } = decodeFrame(data, policyPartSchema)
    if (header.at === 0) begin(header)
    if (coming?.sha256 !== header.sha256) return
    const whole = coming.gathering.add(header.at, body)
    if (whole !== null) coming.whole.resolve(whole)
  }
  const subscription = connection.subscribe(policySubject(run), {
    callback(error, message) {
      if (error !== null) return
      try {
        take(message.data)
      } catch {
        // A part is lost, or is none: the learner knows the weights.
        coming?.whole.resolve(null)
        coming = null
      }
    },
  })
  return {
    async of({ sha256 }) {
      if (coming?.sha256 !== sha256) return null
      return await Promise.race([coming.whole.promise, pause(WAIT_MS, null, { ref: false })])
    },
    close: () => subscription.unsubscribe(),
  }
}
