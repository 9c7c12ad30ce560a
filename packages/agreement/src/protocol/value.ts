/** Digests of ballots and values, and the decisions that a value leads to. */
import { hash } from 'node:crypto'
import { type BatchDecision, decideBatch, NO_ACTION, type VoteSettings } from '@vigil/vote'
import { type MerkleTree, merkleTree } from './merkle.ts'
import type { Ballot, Value } from './messages.ts'
import type { Domain } from './statement.ts'
import { rootOfLeaves } from './tree-root.ts'

/** What all agents know about a batch before it begins. */
export type BatchSettings = {
  readonly domain: Domain
  /** n >= 3f + 1 */
  readonly agentCount: number
  /** f */
  readonly faults: number
  /** number of the batch's first event among all that the team decides on */
  readonly firstRow: number
  /** events of the batch, at least 1 */
  readonly rows: number
  /** how the votes are counted */
  readonly decision: Omit<VoteSettings, 'faults'>
}

/** The decisions of a value. */
type Counted = {
  readonly decisions: BatchDecision
  /** [rows, A] the votes that they follow from; NO_ACTION of an agent whose ballot is not in the value */
  readonly actions: Uint8Array
  /** [rows, A] */
  readonly scores: Float32Array
}

/** The decisions of a value, and the tree over them. */
export type Decided = Counted & { readonly tree: MerkleTree }

/** SHA-256 over the votes of a ballot, 64 hex digits. The agent is the one that signs it. */
export function ballotDigest({ actions, scores }: Pick<Ballot, 'actions' | 'scores'>): string {
  const scoreBytes = new Uint8Array(scores.buffer, scores.byteOffset, scores.byteLength)
  return sha256(Buffer.concat([Buffer.from('ballot'), wordBytes(actions.length), actions, scoreBytes]))
}

/** Whether a ballot votes on every row, with actions 0..3 and scores in [0, 1]. */
function isWellFormed({ actions, scores }: Ballot, rows: number): boolean {
  if (actions.length !== rows || scores.length !== rows) return false
  return actions.every((action) => action <= 3) && scores.every((score) => score >= 0 && score <= 1)
}

/**
 * What the team does, by the rule of the settings, given a value.
 *
 * @param count counts the votes; tests put a wrong count in place of it
 * @throws {VigilError} as decideBatch, when settings and value do not fit: check the value first
 */
export function countValue(
  value: Value,
  { agentCount, faults, rows, decision }: BatchSettings,
  count: typeof decideBatch = decideBatch,
): Counted {
  const actions = new Uint8Array(rows * agentCount).fill(NO_ACTION)
  const scores = new Float32Array(rows * agentCount)
  for (const ballot of value) {
    for (let row = 0; row < rows; row++) {
      actions[row * agentCount + ballot.agent] = ballot.actions[row]
      scores[row * agentCount + ballot.agent] = ballot.scores[row]
    }
  }
  return { decisions: count({ ...decision, faults, agentCount, actions, scores }), actions, scores }
}

/** As countValue, with the tree over the decisions: it takes many times as long as the count. @throws {VigilError} as countValue */
export function decideValue(value: Value, settings: BatchSettings): Decided {
  const counted = countValue(value, settings)
  return { ...counted, tree: merkleTree(leaves(counted, settings.agentCount)) }
}

/** The leaf of one decision: row, action, whether a class won, and every agent's action and score. */
export function decisionLeaf(
  { decisions, actions, scores }: Counted,
  { row, agentCount }: { row: number; agentCount: number },
): Buffer {
  const leaf = Buffer.allocUnsafe(6 + 5 * agentCount)
  leaf.writeUInt32BE(row, 0)
  leaf[4] = decisions.actions[row]
  leaf[5] = decisions.decided[row]
  for (let agent = 0; agent < agentCount; agent++) {
    leaf[6 + 5 * agent] = actions[row * agentCount + agent]
    leaf.writeFloatBE(scores[row * agentCount + agent], 7 + 5 * agent)
  }
  return leaf
}

/** Digests and decisions by object, so that what arrives once is hashed and counted once. Ballots and values are never changed. */
export class Digests {
  readonly settings: BatchSettings
  readonly #count: typeof decideBatch
  readonly #ballots = new WeakMap<Ballot, string | null>()
  readonly #values = new WeakMap<Value, Judged>()
  /** the latest by what they follow from: a value that comes again, as one that was proposed does when it is committed, is another object */
  readonly #latest = new Map<string, Judged>()

  constructor(settings: BatchSettings, count: typeof decideBatch = decideBatch) {
    this.settings = settings
    this.#count = count
  }

  /** Digest of a ballot's votes; null when it is not well formed. */
  ballot(ballot: Ballot): string | null {
    let digest = this.#ballots.get(ballot)
    if (digest === undefined) {
      digest = isWellFormed(ballot, this.settings.rows) ? ballotDigest(ballot) : null
      this.#ballots.set(ballot, digest)
    }
    return digest
  }

  /** Digest of a value of well-formed ballots: what is voted on. */
  value(value: Value): string {
    return this.#judged(value).digest
  }

  /** What the team does given a value of well-formed ballots. */
  decisions(value: Value): BatchDecision {
    return this.#judged(value).decisions
  }

  #judged(value: Value): Judged {
    let judged = this.#values.get(value)
    if (judged === undefined) {
      const ballots = value.map((ballot) => [ballot.agent, this.ballot(ballot)!] as const)
      const key = ballots.join(' ')
      judged = this.#latest.get(key) ?? this.#judge(value, ballots)
      this.#values.set(value, judged)
      this.#latest.delete(key)
      this.#latest.set(key, judged)
      if (this.#latest.size > LATEST_MAX) this.#latest.delete(this.#latest.keys().next().value!)
    }
    return judged
  }

  #judge(value: Value, ballots: ValueOutline['ballots']): Judged {
    const counted = countValue(value, this.settings, this.#count)
    const root = rootOfLeaves([...leaves(counted, this.settings.agentCount)])
    return { digest: valueDigest({ root, ballots }, this.settings), decisions: counted.decisions }
  }
}

type Judged = { readonly digest: string; readonly decisions: BatchDecision }

/** Values that are known by their ballots. */
const LATEST_MAX = 4

/** What a value's digest is made of: enough to show one decision without all ballots. */
export type ValueOutline = {
  /** of the tree over the decisions, 64 hex digits */
  readonly root: string
  /** agent and ballot digest, in ascending order of the agents */
  readonly ballots: readonly (readonly [number, string])[]
}

/** SHA-256 over the settings, the decisions' root and the ballots' digests; 64 hex digits. */
export function valueDigest({ root, ballots }: ValueOutline, settings: BatchSettings): string {
  const parts = [Buffer.from('value'), Buffer.from(settingsText(settings)), Buffer.of(0), Buffer.from(root, 'hex')]
  for (const [agent, digest] of ballots) parts.push(wordBytes(agent), Buffer.from(digest, 'hex'))
  return sha256(Buffer.concat(parts))
}

/** One text for equal settings: the defaults are written out. The domain is in every signature already. */
export function settingsText({ agentCount, faults, firstRow, rows, decision }: BatchSettings): string {
  const { rule, fallbackAction = 3, threshold = 0.5, weights } = decision
  return JSON.stringify([
    agentCount,
    faults,
    firstRow,
    rows,
    rule,
    fallbackAction,
    threshold,
    weights ? [...weights] : null,
  ])
}

function* leaves(decided: Counted, agentCount: number): Generator<Buffer> {
  for (let row = 0; row < decided.decisions.actions.length; row++) yield decisionLeaf(decided, { row, agentCount })
}

function wordBytes(value: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}
