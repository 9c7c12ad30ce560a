/**
 * Messages as bytes. A decoder returns a message that fits the settings of the batch, or why it does not; no error leaves
 * it. The size is checked before anything is parsed; then the receiver may refuse a message by its signatures, before the
 * votes in it are read; and what was decoded is encoded again and compared: there is one sequence of bytes for one message,
 * and unknown fields, other orders and padded numbers are refused.
 */
import { agreement } from '../../generated/agreement.js'
import type {
  AgentSignature,
  Ballot,
  Claim,
  Envelope,
  Header,
  Message,
  Phase,
  QuorumCertificate,
  Value,
} from './messages.ts'
import type { RejectionReason } from './rejection.ts'
import { NO_DIGEST, type SignedStatement, STATEMENT_KINDS } from './statement.ts'
import type { BatchSettings } from './value.ts'
import { ENVELOPE_NESTING, fieldsMax, hasFewFields } from './wire-fields.ts'

/** Version of the layout of messages and certificates. */
export const FORMAT_VERSION = 2

/** Rows of the largest batch. */
export const ROWS_MAX = 2 ** 24

/** Views are below this, so that a view and the next one are u32. */
const VIEW_LIMIT = 2 ** 31

const PHASES: readonly Phase[] = ['prepare', 'commit']

/** Why bytes were refused. */
export type Refused = { readonly rejected: RejectionReason }

/** The sizes that bound a message. */
export type MessageShape = Pick<BatchSettings, 'agentCount' | 'rows'>

/** A message's canonical bytes. */
export function encodeEnvelope({ domain, message }: Envelope): Uint8Array {
  const { run, epoch, batch } = domain
  const body = bodyOf(message)
  return agreement.Envelope.encode({ formatVersion: FORMAT_VERSION, run: bytesOf(run), epoch, batch, ...body }).finish()
}

/**
 * @param bytes from anybody; not changed, the result shares no memory with it
 * @param shape  of the batch that the receiver is in; the domain is left for it to judge
 * @param refuse says why a message is not to be read any further; it is given all of it but the ballots of values, and a
 *   ballot without its votes
 */
export function decodeEnvelope(
  bytes: unknown,
  shape: MessageShape,
  refuse: (outline: Envelope) => RejectionReason | null = () => null,
): Envelope | Refused {
  if (!(bytes instanceof Uint8Array)) return { rejected: 'NOT_BYTES' }
  if (bytes.length > messageBytesMax(shape)) return { rejected: 'OVERSIZED' }
  if (!hasFewFields(bytes, ENVELOPE_NESTING, fieldsMax(shape.agentCount))) return { rejected: 'MALFORMED' }
  let parsed: agreement.Envelope
  try {
    parsed = agreement.Envelope.decode(bytes)
  } catch {
    return { rejected: 'MALFORMED' }
  }
  if (parsed.formatVersion !== FORMAT_VERSION) return { rejected: 'FORMAT_VERSION' }
  const outline = readEnvelope(new Reading(shape, { votes: false }), parsed)
  if (outline === null) return { rejected: 'OUT_OF_RANGE' }
  const reason = refuse(outline)
  if (reason !== null) return { rejected: reason }
  const envelope = readEnvelope(new Reading(shape), parsed)
  if (envelope === null) return { rejected: 'OUT_OF_RANGE' }
  return Buffer.compare(encodeEnvelope(envelope), bytes) === 0 ? envelope : { rejected: 'NOT_CANONICAL' }
}

/** Most bytes of a message: every agent's ballot and claim once, and two certificates. */
export function messageBytesMax({ agentCount, rows }: MessageShape): number {
  const ballot = 5 * rows + 160
  return agentCount * (ballot + 3 * 160) + 1024
}

/** A ballot as protobufjs wants it. */
export function ballotFields({ agent, actions, scores, digest, signature }: Ballot): agreement.Ballot.$Properties {
  const scoreBytes = new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength)
  return { agent, actions, scores: scoreBytes, digest: bytesOf(digest), signature: bytesOf(signature) }
}

/** A certificate as protobufjs wants it. */
export function certificateFields({
  phase,
  view,
  digest,
  signatures,
}: QuorumCertificate): agreement.QuorumCertificate.$Properties {
  return {
    phase: PHASES.indexOf(phase),
    view,
    digest: bytesOf(digest),
    signatures: signatures.map(({ agent, signature }) => ({ agent, signature: bytesOf(signature) })),
  }
}

/** Reads parsed fields; whatever is out of range is noticed once and for all, and read as something harmless. */
export class Reading {
  readonly #shape: MessageShape
  readonly #votes: boolean
  inRange = true

  /** @param votes false to read a ballot without its votes, and a value without its ballots */
  constructor(shape: MessageShape, { votes }: { votes: boolean } = { votes: true }) {
    this.#shape = shape
    this.#votes = votes
  }

  get agentCount(): number {
    return this.#shape.agentCount
  }

  value(ballots: readonly agreement.Ballot.$Properties[] | null | undefined): Value {
    if (!this.#holds((ballots ?? []).length <= this.#shape.agentCount)) return []
    return this.#votes ? (ballots ?? []).map((ballot) => this.ballot(ballot)) : []
  }

  ballot({ agent, actions, scores, digest, signature }: agreement.Ballot.$Properties): Ballot {
    const { rows } = this.#shape
    const fits = this.#holds(actions?.length === rows && scores?.length === 4 * rows) && this.#votes
    const read: Ballot = {
      agent: this.agent(agent),
      actions: fits ? new Uint8Array(actions!) : new Uint8Array(0),
      // A copy: the field may begin at any offset, and floats only at multiples of four.
      scores: fits ? new Float32Array(new Uint8Array(scores!).buffer) : new Float32Array(0),
      digest: this.digest(digest),
      signature: this.signature(signature),
    }
    this.#holds(read.actions.every((action) => action <= 3) && read.scores.every((score) => score >= 0 && score <= 1))
    return read
  }

  certificate({ phase, view, digest, signatures }: agreement.QuorumCertificate.$Properties): QuorumCertificate {
    const fits = this.#holds((signatures ?? []).length <= this.#shape.agentCount)
    const signers = fits ? (signatures ?? []) : []
    return {
      phase: this.phase(phase),
      view: this.view(view),
      digest: this.digest(digest),
      signatures: signers.map(
        ({ agent, signature }): AgentSignature => ({ agent: this.agent(agent), signature: this.signature(signature) }),
      ),
    }
  }

  claim({ agent, view, locks, digest, signature }: agreement.Claim.$Properties): Claim {
    return {
      agent: this.agent(agent),
      view: this.view(view),
      lockView: this.view(locks) - 1,
      digest: locks === 0 ? this.nothing(digest) : this.digest(digest),
      signature: this.signature(signature),
    }
  }

  header({ view, digest, signature }: agreement.Header.$Properties): Header {
    return { view: this.view(view), digest: this.digest(digest), signature: this.signature(signature) }
  }

  statement({ kind, view, digest, locks, signature }: agreement.SignedStatement.$Properties): SignedStatement {
    this.#holds(kind! < STATEMENT_KINDS.length)
    return {
      kind: STATEMENT_KINDS[kind!] ?? 'ballot',
      view: this.view(view),
      digest: digest?.length === 0 ? NO_DIGEST : this.digest(digest),
      lockView: this.view(locks) - 1,
      signature: this.signature(signature),
    }
  }

  phase(phase: number | null | undefined): Phase {
    this.#holds(phase === 0 || phase === 1)
    return phase === 1 ? 'commit' : 'prepare'
  }

  view(view: number | null | undefined): number {
    return this.#holds(view! < VIEW_LIMIT) ? view! : 0
  }

  agent(agent: number | null | undefined): number {
    return this.#holds(agent! < this.#shape.agentCount) ? agent! : 0
  }

  digest(bytes: Uint8Array | null | undefined): string {
    return this.#hex(bytes, 32)
  }

  signature(bytes: Uint8Array | null | undefined): string {
    return this.#hex(bytes, 64)
  }

  nothing(bytes: Uint8Array | null | undefined): string {
    return this.#hex(bytes, 0)
  }

  #hex(bytes: Uint8Array | null | undefined, length: number): string {
    return this.#holds(bytes?.length === length) ? Buffer.from(bytes!).toString('hex') : ''
  }

  #holds(condition: boolean): boolean {
    if (!condition) this.inRange = false
    return condition
  }
}

function readEnvelope(reading: Reading, parsed: agreement.Envelope): Envelope | null {
  const domain = { run: reading.digest(parsed.run), epoch: parsed.epoch, batch: parsed.batch }
  const message = readMessage(reading, parsed)
  return message === null || !reading.inRange ? null : { domain, message }
}

function readMessage(reading: Reading, parsed: agreement.Envelope): Message | null {
  const { ballot, proposal, vote, prepared, committed, status, evidence, ask } = parsed
  if (ballot) return { type: 'ballot', ballot: reading.ballot(ballot) }
  if (proposal) {
    if ((proposal.claims ?? []).length > reading.agentCount) return null
    return {
      type: 'proposal',
      view: reading.view(proposal.view),
      digest: reading.digest(proposal.digest),
      value: reading.value(proposal.value),
      claims: (proposal.claims ?? []).map((claim) => reading.claim(claim)),
      lock: proposal.lock ? reading.certificate(proposal.lock) : null,
      signature: reading.signature(proposal.signature),
    }
  }
  if (vote) {
    return {
      type: 'vote',
      phase: reading.phase(vote.phase),
      view: reading.view(vote.view),
      digest: reading.digest(vote.digest),
      agent: reading.agent(vote.agent),
      signature: reading.signature(vote.signature),
    }
  }
  if (prepared) return { type: 'prepared', certificate: reading.certificate(prepared) }
  if (committed?.certificate) {
    const certificate = reading.certificate(committed.certificate)
    return { type: 'committed', certificate, value: reading.value(committed.value) }
  }
  if (status?.claim) {
    return {
      type: 'status',
      claim: reading.claim(status.claim),
      seen: status.seen ? reading.header(status.seen) : null,
      lock: status.lock ? reading.certificate(status.lock) : null,
      value: reading.value(status.value),
    }
  }
  if (evidence?.first && evidence.second) {
    const [first, second] = [reading.statement(evidence.first), reading.statement(evidence.second)]
    return { type: 'evidence', agent: reading.agent(evidence.agent), first, second }
  }
  return ask ? { type: 'ask', agent: reading.agent(ask.agent) } : null
}

function bodyOf(message: Message): agreement.Envelope.$Properties {
  switch (message.type) {
    case 'ballot':
      return { ballot: ballotFields(message.ballot) }
    case 'proposal': {
      const { view, digest, value, claims, lock, signature } = message
      const fields = { view, digest: bytesOf(digest), value: value.map(ballotFields), claims: claims.map(claimFields) }
      return { proposal: { ...fields, ...lockFields(lock), signature: bytesOf(signature) } }
    }
    case 'vote': {
      const { phase, view, digest, agent, signature } = message
      const signed = { digest: bytesOf(digest), signature: bytesOf(signature) }
      return { vote: { phase: PHASES.indexOf(phase), view, agent, ...signed } }
    }
    case 'prepared':
      return { prepared: certificateFields(message.certificate) }
    case 'committed': {
      const { certificate, value } = message
      return { committed: { certificate: certificateFields(certificate), value: value.map(ballotFields) } }
    }
    case 'status': {
      const { claim, seen, lock, value } = message
      const header = seen === null ? {} : { seen: headerFields(seen) }
      return { status: { claim: claimFields(claim), ...header, ...lockFields(lock), value: value.map(ballotFields) } }
    }
    case 'evidence': {
      const { agent, first, second } = message
      return { evidence: { agent, first: statementFields(first), second: statementFields(second) } }
    }
    case 'ask':
      return { ask: { agent: message.agent } }
  }
}

function lockFields(lock: QuorumCertificate | null): { lock?: agreement.QuorumCertificate.$Properties } {
  return lock === null ? {} : { lock: certificateFields(lock) }
}

/** A claim as protobufjs wants it. */
export function claimFields({ agent, view, lockView, digest, signature }: Claim): agreement.Claim.$Properties {
  return { agent, view, locks: lockView + 1, digest: bytesOf(digest), signature: bytesOf(signature) }
}

function headerFields({ view, digest, signature }: Header): agreement.Header.$Properties {
  return { view, digest: bytesOf(digest), signature: bytesOf(signature) }
}

function statementFields(statement: SignedStatement): agreement.SignedStatement.$Properties {
  const { kind, view, digest, lockView, signature } = statement
  const signed = { digest: bytesOf(digest), signature: bytesOf(signature) }
  return { kind: STATEMENT_KINDS.indexOf(kind), view, locks: lockView + 1, ...signed }
}

function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex')
}
