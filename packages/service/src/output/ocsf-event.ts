import { keyParts } from '@vigil/features'
import ownPackage from '../../package.json' with { type: 'json' }
import type { LiveDecision } from '../decider.ts'
import { ACTION_NAMES } from '../written-decision.ts'

export const QUARANTINE_TARGETS = ['object', 'host'] as const

/** What a quarantine contains: a file, a process or the like, or a whole host. */
export type QuarantineTarget = (typeof QUARANTINE_TARGETS)[number]

/** The version of OCSF whose classes these are. */
const OCSF_VERSION = '1.8.0'

const ALLOWED = { action_id: 1, action: 'Allowed' }
const DENIED = { action_id: 2, action: 'Denied' }
const OBSERVED = { action_id: 3, action: 'Observed' }
const HIGH = { severity_id: 4, severity: 'High' }

/** By action: what the profile `security_control` and the severity are. */
const CONTROLS = [
  { ...ALLOWED, disposition_id: 1, disposition: 'Allowed', severity_id: 1, severity: 'Informational' },
  { ...DENIED, disposition_id: 2, disposition: 'Blocked', ...HIGH },
  { ...DENIED, disposition_id: 3, disposition: 'Quarantined', ...HIGH },
  { ...OBSERVED, disposition_id: 19, disposition: 'Alert', severity_id: 3, severity: 'Medium' },
] as const

const QUARANTINE = 2
const ALERT = 3

/** What is known of an event that was decided on. */
type DecidedEvent = {
  /** names the event among all of the team */
  readonly uid: string
  /** milliseconds since 1970 */
  readonly time: number
  readonly stream: string | null
}

/** Whose decision it is, and what comes of it. */
type OcsfContext = {
  /** fingerprint of the team's settings */
  readonly team: string
  readonly iteration: number
  readonly quarantineOf: QuarantineTarget
  readonly isShadow: boolean
}

/**
 * A decision as an event of the Open Cybersecurity Schema Framework (https://schema.ocsf.io): what is contained is a Remediation Activity
 * (7001), all else a Detection Finding (2004), both with the profile `security_control`. A shadow contains nothing: its decisions are
 * findings of an experimental analytic. What OCSF has no attribute for is in `unmapped`.
 *
 * @param decided of a decision that was not there in time its action alone
 */
export function ocsfEvent(
  event: DecidedEvent,
  decided: LiveDecision | { readonly action: number },
  context: OcsfContext,
): object {
  const { action } = decided
  const isRemediation = action === QUARANTINE && !context.isShadow
  return isRemediation ? remediation(event, decided, context) : finding(event, decided, context)
}

/** Detection Finding, activity Create. */
function finding(
  event: DecidedEvent,
  decided: LiveDecision | { readonly action: number },
  { team, iteration, isShadow }: OcsfContext,
): object {
  const { uid, stream } = event
  const { action } = decided
  const state = isShadow ? { state_id: 3, state: 'Experimental' } : { state_id: 1, state: 'Active' }
  const analytic = { name: 'Vigil team', uid: team, version: String(iteration), type_id: 4, type: 'Learning (ML/DL)' }
  return {
    ...{ activity_id: 1, activity_name: 'Create', category_uid: 2, category_name: 'Findings' },
    ...{ class_uid: 2004, class_name: 'Detection Finding', type_uid: 200_401 },
    ...{ type_name: 'Detection Finding: Create', status_id: 1, status: 'New', is_alert: action === ALERT },
    ...shared(event, action, ['security_control']),
    finding_info: { uid, title: titleOf(action, stream), analytic: { ...analytic, ...state } },
    ...('score' in decided ? { risk_score: Math.round(100 * decided.score) } : {}),
    ...(stream === null ? {} : { resources: [{ uid: nameOf(stream) }] }),
    unmapped: ownFields(decided),
  }
}

/** Remediation Activity, activity Isolate. */
function remediation(
  event: DecidedEvent,
  decided: LiveDecision | { readonly action: number },
  { quarantineOf }: OcsfContext,
): object {
  const { uid, stream } = event
  const isHost = quarantineOf === 'host' && stream !== null
  return {
    ...{ activity_id: 1, activity_name: 'Isolate', category_uid: 7, category_name: 'Remediation' },
    ...{ class_uid: 7001, class_name: 'Remediation Activity', type_uid: 700_101 },
    type_name: 'Remediation Activity: Isolate',
    ...shared(event, QUARANTINE, isHost ? ['host', 'security_control'] : ['security_control']),
    // Without a stream nobody knows which host: something of the event is contained.
    ...(isHost ? { disposition_id: 4, disposition: 'Isolated' } : {}),
    command_uid: uid,
    countermeasures: [{ d3f_tactic: { name: 'Isolate' } }],
    ...(isHost ? { device: { type_id: 0, type: 'Unknown', name: nameOf(stream) } } : {}),
    unmapped: { ...ownFields(decided), ...(stream === null ? {} : { stream: nameOf(stream) }) },
  }
}

/** Attributes of both classes. */
function shared({ uid, time, stream }: DecidedEvent, action: number, profiles: readonly string[]): object {
  return {
    ...{ time, message: titleOf(action, stream) },
    ...CONTROLS[action],
    metadata: {
      ...{ version: OCSF_VERSION, uid, original_event_uid: uid, profiles },
      product: { name: 'Vigil', vendor_name: 'Vigil', version: ownPackage.version },
    },
  }
}

/** What Vigil tells of a decision beside what OCSF has a place for. */
function ownFields(decided: LiveDecision | { readonly action: number }): object {
  if (!('votes' in decided)) return { late: true, decided: false }
  const { score, decided: isDecided, margin, votes, scores, why, shield } = decided
  return {
    ...{
      score,
      decided: isDecided,
      margin,
      votes: Array.from(votes, (vote) => ACTION_NAMES[vote] ?? null),
      scores: [...scores],
    },
    ...(why === null ? {} : { why }),
    ...(shield === null ? {} : { shield: { ...shield, from: ACTION_NAMES[shield.from], to: ACTION_NAMES[shield.to] } }),
  }
}

function titleOf(action: number, stream: string | null): string {
  const name = ACTION_NAMES[action]
  return `${name[0].toUpperCase()}${name.slice(1)}${stream === null ? '' : ` of ${nameOf(stream)}`}`
}

/** As people name a stream: the values of its columns. */
function nameOf(stream: string): string {
  return keyParts(stream).join(' ')
}
