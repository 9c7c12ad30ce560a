/** What agents sign: statements, each bound to one run, epoch, batch, kind and view. */
import { agreement } from '../../generated/agreement.js'

/** Where a message belongs. Signatures hold in one domain only. */
export type Domain = {
  /** 64 hex digits by which the team names what it decides on: a name, which proves nothing about weights or data */
  readonly run: string
  /** u32, raised when the team or its keys change */
  readonly epoch: number
  /** u32 */
  readonly batch: number
}

/** The numbers are part of what is signed. */
const KINDS = { ballot: 0, proposal: 1, prepare: 2, commit: 3, status: 4 } as const

/** ballot: my votes; proposal: the leader's value; prepare, commit: my vote for a value; status: I left the views below. */
export type StatementKind = keyof typeof KINDS

/** The kinds in the order of their numbers. */
export const STATEMENT_KINDS = Object.keys(KINDS) as StatementKind[]

/** In place of a digest where there is none. */
export const NO_DIGEST = ''

/** In place of a lock's view where there is no lock. */
export const NO_LOCK = -1

/** A statement without its domain, as messages carry it. */
export type Claimed = {
  readonly kind: StatementKind
  /** 0 for a ballot */
  readonly view: number
  /** 64 hex digits, or NO_DIGEST of a status without a lock */
  readonly digest: string
  /** status: view of the certificate that the sender is locked on, or NO_LOCK; NO_LOCK in other kinds */
  readonly lockView: number
}

/** What a signature is over. */
export type Statement = Domain & Claimed

/** A statement and one agent's signature. */
export type SignedStatement = Claimed & { readonly signature: string }

/** Signs with one agent's key; 128 hex digits. */
export type Sign = (statement: Statement) => string

/** Whether the signature is this agent's, over this statement. Unknown agents and malformed signatures are false, never an error. */
export type Verify = (agent: number, statement: Statement, signature: string) => boolean

/** Which protocol, in every signed statement: a key that signs something else as well cannot be used here. */
const PROTOCOL = 'vigil/agreement/2'

/**
 * The canonical bytes of a statement: one encoding, every field written, in the order of the field numbers.
 *
 * @returns fresh bytes
 */
export function statementBytes({ run, epoch, batch, kind, view, digest, lockView }: Statement): Uint8Array {
  const message = {
    protocol: PROTOCOL,
    run: Buffer.from(run, 'hex'),
    epoch,
    batch,
    kind: KINDS[kind],
    view,
    digest: Buffer.from(digest, 'hex'),
    locks: lockView + 1,
  }
  return agreement.Statement.encode(message).finish()
}

/** A statement without a lock: everything but a status. */
export function claimed(kind: Exclude<StatementKind, 'status'>, view: number, digest: string): Claimed {
  return { kind, view, digest, lockView: NO_LOCK }
}
