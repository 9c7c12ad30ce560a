/** What an agent must not forget as bytes, for its log. The bytes are read as strictly as those of messages. */
import { agreement } from '../../generated/agreement.js'
import type { MessageShape } from './codec.ts'
import { ballotFields, certificateFields, claimFields, FORMAT_VERSION, messageBytesMax, Reading } from './codec.ts'
import type { Durable } from './durable.ts'
import type { QuorumCertificate, Value } from './messages.ts'
import { fieldsMax, hasFewFields, type Nesting } from './wire-fields.ts'

const PLAIN: Nesting = {}
const COMMITTED: Nesting = { 1: { 4: PLAIN }, 2: PLAIN }
const NESTING: Nesting = { 7: PLAIN, 8: PLAIN, 9: COMMITTED, 10: COMMITTED }

/** The canonical bytes of a state. */
export function encodeDurable({
  observing,
  view,
  voted,
  proposed,
  ballot,
  claim,
  lock,
  committed,
}: Durable): Uint8Array {
  return agreement.Durable.encode({
    formatVersion: FORMAT_VERSION,
    ...{ observing, view, prepared: voted.prepare + 1, committed: voted.commit + 1, proposed: proposed + 1 },
    ...(ballot === null ? {} : { ballot: ballotFields(ballot) }),
    ...(claim === null ? {} : { claim: claimFields(claim) }),
    ...(lock === null ? {} : { lock: certifiedFields(lock) }),
    ...(committed === null ? {} : { decided: certifiedFields(committed) }),
  }).finish()
}

/**
 * A state from its bytes.
 *
 * @param shape of the batch that it is of
 * @returns null where these are not the bytes of a state of such a batch
 */
export function decodeDurable(bytes: Uint8Array, shape: MessageShape): Durable | null {
  // The ballot, the claim, and two certificates with their values.
  if (bytes.length > 3 * messageBytesMax(shape)) return null
  if (!hasFewFields(bytes, NESTING, 3 * fieldsMax(shape.agentCount))) return null
  let parsed: agreement.Durable
  try {
    parsed = agreement.Durable.decode(bytes)
  } catch {
    return null
  }
  if (parsed.formatVersion !== FORMAT_VERSION) return null
  const reading = new Reading(shape)
  const { ballot, claim } = parsed
  const lock = certified(reading, parsed.lock)
  const decided = certified(reading, parsed.decided)
  const durable: Durable = {
    observing: parsed.observing,
    view: reading.view(parsed.view),
    voted: { prepare: reading.view(parsed.prepared) - 1, commit: reading.view(parsed.committed) - 1 },
    proposed: reading.view(parsed.proposed) - 1,
    ballot: ballot ? reading.ballot(ballot) : null,
    claim: claim ? reading.claim(claim) : null,
    lock,
    committed: decided && { type: 'committed', ...decided },
  }
  const isCanonical = reading.inRange && Buffer.compare(encodeDurable(durable), bytes) === 0
  return isCanonical ? durable : null
}

/**
 * Whether the agent of a state may have voted for the commit of a value, whatever batch it is of: it has, or it only observes, for it
 * does not know what it has signed.
 *
 * @returns null where these are not the bytes of a state
 */
export function mayHaveCommitted(bytes: Uint8Array): boolean | null {
  try {
    const { observing, committed } = agreement.Durable.decode(bytes)
    return observing || committed > 0
  } catch {
    return null
  }
}

type Certified = { readonly certificate: QuorumCertificate; readonly value: Value }

function certifiedFields({ certificate, value }: Certified): agreement.Committed.$Properties {
  return { certificate: certificateFields(certificate), value: value.map(ballotFields) }
}

function certified(reading: Reading, parsed: agreement.Committed.$Properties | null | undefined): Certified | null {
  if (!parsed) return null
  return { certificate: reading.certificate(parsed.certificate ?? {}), value: reading.value(parsed.value) }
}
