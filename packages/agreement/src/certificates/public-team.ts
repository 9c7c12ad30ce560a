/**
 * Files of public keys: JSON with the keys to check certificates by, and with what the team agreed on before it voted. They
 * belong elsewhere than the certificates, at least their SHA-256: who can change both can sign anything.
 */
import type { VigilError } from '@vigil/errors'
import { type Action, assertWeights, DECISION_RULES, type DecisionRule } from '@vigil/vote'
import { agreementError } from '../errors.ts'
import { FORMAT_VERSION, ROWS_MAX } from '../protocol/codec.ts'
import { ed25519Verify } from '../protocol/keys.ts'
import { agreementQuorum } from '../protocol/rules.ts'
import type { Verify } from '../protocol/statement.ts'
import type { Terms } from '../protocol/terms.ts'
import type { TrustedTeam } from './certificate.ts'

/** What a file of public keys says. */
export type PublicTeam = Omit<Terms, 'agentCount'> & {
  /** of agent 0, 1, ...: 64 hex digits each */
  readonly publicKeys: readonly string[]
}

/** Longest file, in characters and bytes: more than 127 agents and their weights need. */
export const PUBLIC_TEAM_MOST = 64 * 1024

/** The text of a file of public keys, in ASCII; everything that has a default is written out. */
export function encodePublicTeam({ run, epoch, faults, decision, rows, batchRows, publicKeys }: PublicTeam): string {
  const { rule, fallbackAction = 3, threshold = 0.5, weights } = decision
  const counting = { rule, threshold, fallbackAction, weights: weights === undefined ? null : [...weights] }
  const file = { formatVersion: FORMAT_VERSION, run, epoch, rows, batchRows, faults, ...counting, publicKeys }
  return `${JSON.stringify(file, null, 2)}\n`
}

/**
 * The team of a file of public keys. There is one text for one team, the one that encodePublicTeam writes, so that who knows
 * the SHA-256 of the file knows the team, and the other way round.
 *
 * @throws {VigilError} KEYS_FILE for anything else; no other error leaves this function
 */
export function decodePublicTeam(text: string): TrustedTeam {
  const { formatVersion, run, epoch, rows, batchRows, faults, ...more } = parseObject(text)
  const { rule, threshold, fallbackAction, weights, publicKeys, ...others } = more
  if (formatVersion !== FORMAT_VERSION) throw badKeys(`formatVersion must be ${FORMAT_VERSION}`, formatVersion)
  if (Object.keys(others).length > 0) throw badKeys('must have no other keys', Object.keys(others).join(', '))
  if (typeof run !== 'string' || !/^[0-9a-f]{64}$/.test(run)) throw badKeys('run must be 64 hex digits', run)
  if (!isCount(epoch)) throw badKeys('epoch must be a whole number', epoch)
  if (!isCount(rows) || rows === 0) throw badKeys('rows must be a whole number of at least 1', rows)
  if (!isCount(batchRows) || batchRows === 0 || batchRows > ROWS_MAX) {
    throw badKeys(`batchRows must be a whole number from 1 to ${ROWS_MAX}`, batchRows)
  }
  if (!isCount(faults)) throw badKeys('faults must be a whole number', faults)
  const decision = readDecision({ rule, threshold, fallbackAction, weights })
  if (!Array.isArray(publicKeys) || !publicKeys.every((key) => typeof key === 'string')) {
    throw badKeys('publicKeys must be a list of texts', publicKeys)
  }
  let verify: Verify
  try {
    const agentCount = publicKeys.length
    agreementQuorum({ agentCount, faults })
    if (decision.weights !== undefined) assertWeights(decision.weights, { agentCount, faults })
    verify = ed25519Verify(publicKeys)
  } catch (error) {
    throw badKeys('must name a team of at least 3f + 1 Ed25519 keys, with sound weights', (error as Error).message)
  }
  const terms = { run, epoch, faults, decision, rows, batchRows }
  const written = encodePublicTeam({ ...terms, publicKeys })
  if (text !== written) throw badKeys('must be as they were written, byte for byte', 'another way to write them')
  return { ...terms, agentCount: publicKeys.length, verify }
}

/** How votes are counted, as it stands in a file. @throws {VigilError} KEYS_FILE */
export function readDecision({ rule, threshold, fallbackAction, weights }: Record<string, unknown>): Terms['decision'] {
  if (typeof rule !== 'string' || !Object.hasOwn(DECISION_RULES, rule)) {
    throw badKeys(`rule must be one of ${Object.keys(DECISION_RULES).join(', ')}`, rule)
  }
  if (typeof threshold !== 'number' || !(threshold >= 0 && threshold <= 1)) {
    throw badKeys('threshold must be a number from 0 to 1', threshold)
  }
  if (fallbackAction !== 'abstain' && !(isCount(fallbackAction) && fallbackAction <= 3)) {
    throw badKeys('fallbackAction must be 0 to 3 or "abstain"', fallbackAction)
  }
  const counting = {
    rule: rule as DecisionRule,
    threshold,
    fallbackAction: fallbackAction as Action | 'abstain',
  }
  if (weights === null) return counting
  if (!Array.isArray(weights) || !weights.every(isCount)) {
    throw badKeys('weights must be null or a list of whole numbers', weights)
  }
  return { ...counting, weights: Uint32Array.from(weights) }
}

/** An object of JSON. @throws {VigilError} KEYS_FILE */
export function parseObject(text: string): Record<string, unknown> {
  if (text.length > PUBLIC_TEAM_MOST) {
    throw badKeys(`must be no longer than ${PUBLIC_TEAM_MOST} bytes`, `${text.length} characters`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw badKeys('must be JSON', (error as Error).message)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badKeys('must be a JSON object', value)
  return value as Record<string, unknown>
}

/** Whether a value is a u32. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32
}

/** The complaint about a file of keys. */
export function badKeys(requirement: string, received: unknown): VigilError {
  // Lists and objects may be nested too deep to be written out.
  const isNested = typeof received === 'object' && received !== null
  const shown = isNested ? (Array.isArray(received) ? 'a list' : 'an object') : String(received).slice(0, 80)
  const remedy = 'Use the file of public keys that was written with the run'
  return agreementError('KEYS_FILE', { field: 'The keys', requirement, received: shown, remedy })
}
