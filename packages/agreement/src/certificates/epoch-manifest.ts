/**
 * The manifest of an epoch: which agents are a team while they decide on live events, where they are to be found, and how
 * their votes count. JSON, one text for one team; its SHA-256 is in the name that every signature of the epoch is bound to.
 */
import { hash } from 'node:crypto'
import { assertWeights } from '@vigil/vote'
import { FORMAT_VERSION, ROWS_MAX } from '../protocol/codec.ts'
import { ed25519Verify } from '../protocol/keys.ts'
import { agreementQuorum } from '../protocol/rules.ts'
import type { Verify } from '../protocol/statement.ts'
import type { ChainTeam } from './chain.ts'
import { badKeys, isCount, parseObject, readDecision } from './public-team.ts'

/** One agent, as the others know it. */
type ManifestAgent = {
  /** that it signs with: 64 hex digits */
  readonly publicKey: string
  /** HOST:PORT at which it listens */
  readonly address: string
  /** by which it is known on a connection: X.509, DER in base64 */
  readonly certificate: string
}

/** What the members of an epoch have agreed on before it begins. */
export type EpochManifest = Pick<ChainTeam, 'epoch' | 'faults' | 'decision'> & {
  /** SHA-256 of bundle.json, which has those of the weights and features: 64 hex digits */
  readonly bundle: string
  /** most events of a batch */
  readonly batchRows: number
  /** time for view 0, in milliseconds */
  readonly viewMs: number
  readonly agents: readonly ManifestAgent[]
  /** of who gathers events and acts on certificates: X.509, DER in base64 */
  readonly enforcer: string
  /** what it comes after (successor.ts); null = it is the first */
  readonly follows: Predecessor | null
}

/** The epoch before, and where it ends. */
type Predecessor = {
  /** SHA-256 of its manifest: 64 hex digits */
  readonly manifest: string
  /** the first batch of the epoch that comes after, at least 1 */
  readonly batch: number
}

/** Longest view 0, in milliseconds. */
const VIEW_MS_MAX = 600_000

/** Most characters of a certificate: an Ed25519 one has 400. */
const CERTIFICATE_LENGTH_MAX = 4096

/** The text of a manifest, in ASCII; everything that has a default is written out. */
export function encodeManifest({
  epoch,
  bundle,
  faults,
  decision,
  batchRows,
  viewMs,
  agents,
  enforcer,
  follows,
}: EpochManifest): string {
  const { rule, fallbackAction = 3, threshold = 0.5, weights } = decision
  const counting = { rule, threshold, fallbackAction, weights: weights === undefined ? null : [...weights] }
  const written = agents.map(({ publicKey, address, certificate }) => ({ publicKey, address, certificate }))
  const file = {
    formatVersion: FORMAT_VERSION,
    epoch,
    bundle,
    batchRows,
    viewMs,
    faults,
    ...counting,
    agents: written,
    enforcer,
    ...(follows !== null && { follows: { manifest: follows.manifest, batch: follows.batch } }),
  }
  return `${JSON.stringify(file, null, 2)}\n`
}

/**
 * The manifest of a text, and the team that it is of.
 *
 * @throws {VigilError} KEYS_FILE for anything else; no other error leaves this function
 */
export function decodeManifest(text: string): { readonly manifest: EpochManifest; readonly team: ChainTeam } {
  const { formatVersion, epoch, bundle, batchRows, viewMs, faults, ...more } = parseObject(text)
  const { rule, threshold, fallbackAction, weights, agents: listed, enforcer, follows, ...others } = more
  if (formatVersion !== FORMAT_VERSION) throw badKeys(`formatVersion must be ${FORMAT_VERSION}`, formatVersion)
  if (Object.keys(others).length > 0) throw badKeys('must have no other keys', Object.keys(others).join(', '))
  if (!isCount(epoch)) throw badKeys('epoch must be a whole number', epoch)
  if (typeof bundle !== 'string' || !/^[0-9a-f]{64}$/.test(bundle))
    throw badKeys('bundle must be 64 hex digits', bundle)
  if (!isCount(batchRows) || batchRows === 0 || batchRows > ROWS_MAX) {
    throw badKeys(`batchRows must be a whole number from 1 to ${ROWS_MAX}`, batchRows)
  }
  if (!isCount(viewMs) || viewMs === 0 || viewMs > VIEW_MS_MAX) {
    throw badKeys(`viewMs must be a whole number from 1 to ${VIEW_MS_MAX}`, viewMs)
  }
  if (!isCount(faults)) throw badKeys('faults must be a whole number', faults)
  const decision = readDecision({ rule, threshold, fallbackAction, weights })
  const agents = readAgents(listed)
  const before = follows === undefined ? null : readPredecessor(follows)
  const counting = { epoch, bundle, batchRows, viewMs, faults, decision }
  const manifest = { ...counting, agents, enforcer: readCertificate(enforcer), follows: before }
  const certificates = [manifest.enforcer, ...agents.map(({ certificate }) => certificate)]
  if (new Set(certificates).size < certificates.length) throw badKeys('certificates must differ', 'one of two members')
  const verify = verifierOf(manifest)
  if (text !== encodeManifest(manifest)) throw badKeys('must be as they were written, byte for byte', 'another way')
  const team = { id: hash('sha256', text), epoch, agentCount: agents.length, faults, decision, verify }
  return { manifest, team }
}

function readAgents(listed: unknown): ManifestAgent[] {
  if (!Array.isArray(listed)) throw badKeys('agents must be a list', listed)
  return listed.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) throw badKeys('each of agents must be an object', entry)
    const { publicKey, address, certificate } = entry as Record<string, unknown>
    if (typeof publicKey !== 'string') throw badKeys('publicKey must be a text', publicKey)
    if (typeof address !== 'string' || !/^[\w.:[\]-]{1,255}:\d{1,5}$/.test(address)) {
      throw badKeys('address must be HOST:PORT', address)
    }
    return { publicKey, address, certificate: readCertificate(certificate) }
  })
}

function readPredecessor(value: unknown): Predecessor {
  if (typeof value !== 'object' || value === null) throw badKeys('follows must be an object', value)
  const { manifest, batch } = value as Record<string, unknown>
  if (typeof manifest !== 'string' || !/^[0-9a-f]{64}$/.test(manifest)) {
    throw badKeys('follows.manifest must be 64 hex digits', manifest)
  }
  if (!isCount(batch) || batch === 0) throw badKeys('follows.batch must be a whole number of at least 1', batch)
  return { manifest, batch }
}

function readCertificate(text: unknown): string {
  if (typeof text === 'string' && text.length <= CERTIFICATE_LENGTH_MAX && /^[\w+/]+=*$/.test(text)) return text
  throw badKeys('certificates must be X.509, DER in base64', text)
}

function verifierOf({ agents, faults, decision }: EpochManifest): Verify {
  try {
    const agentCount = agents.length
    agreementQuorum({ agentCount, faults })
    if (decision.weights !== undefined) assertWeights(decision.weights, { agentCount, faults })
    return ed25519Verify(agents.map(({ publicKey }) => publicKey))
  } catch (error) {
    throw badKeys('must name a team of at least 3f + 1 Ed25519 keys, with sound weights', (error as Error).message)
  }
}
