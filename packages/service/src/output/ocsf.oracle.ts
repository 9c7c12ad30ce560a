/**
 * Test support: what OCSF 1.8.0 requires of the two classes (https://schema.ocsf.io/1.8.0/classes/detection_finding and
 * remediation_activity), typed from the published schema and not from the code that writes them.
 */

type Fields = Readonly<Record<string, unknown>>

/** Attributes of type integer_t or timestamp_t, wherever they stand. */
const INTEGERS = [
  ...['activity_id', 'category_uid', 'class_uid', 'type_uid', 'severity_id', 'status_id', 'time'],
  ...['action_id', 'disposition_id', 'risk_score', 'type_id', 'state_id'],
]

/** Captions of the enumerated attributes that can be written here. */
const CAPTIONS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  category_uid: { 2: 'Findings', 7: 'Remediation' },
  class_uid: { 2004: 'Detection Finding', 7001: 'Remediation Activity' },
  severity_id: { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High', 5: 'Critical' },
  action_id: { 1: 'Allowed', 2: 'Denied', 3: 'Observed', 4: 'Modified' },
  disposition_id: { 1: 'Allowed', 2: 'Blocked', 3: 'Quarantined', 4: 'Isolated', 19: 'Alert' },
}

/** Attributes that each class may have, those of its profiles included. */
const COMMON = [
  ...[
    'activity_id',
    'activity_name',
    'category_uid',
    'category_name',
    'class_uid',
    'class_name',
    'type_uid',
    'type_name',
  ],
  ...['severity_id', 'severity', 'time', 'message', 'metadata', 'unmapped', 'status_id', 'status'],
  ...['action_id', 'action', 'disposition_id', 'disposition', 'is_alert', 'risk_score'],
]
const OWN: Readonly<Record<number, readonly string[]>> = {
  2004: ['finding_info', 'resources'],
  7001: ['command_uid', 'countermeasures', 'device'],
}
const REQUIRED: Readonly<Record<number, readonly string[]>> = { 2004: ['finding_info'], 7001: ['command_uid'] }
const ACTIVITIES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  2004: { 1: 'Create', 2: 'Update', 3: 'Close' },
  7001: { 1: 'Isolate', 2: 'Evict', 3: 'Restore', 4: 'Harden', 5: 'Detect' },
}
const BASE = ['activity_id', 'category_uid', 'class_uid', 'metadata', 'severity_id', 'time', 'type_uid']

/** What is wrong with an event by the schema; empty where nothing is. */
export function ocsfFaults(event: Fields): string[] {
  const classUid = Number(event.class_uid)
  const own = OWN[classUid]
  if (own === undefined) return [`class_uid ${classUid}`]
  const faults = [...BASE, ...REQUIRED[classUid]]
    .filter((name) => event[name] === undefined)
    .map((name) => `no ${name}`)
  for (const name of Object.keys(event)) if (![...COMMON, ...own].includes(name)) faults.push(`unknown ${name}`)
  for (const [name, value] of leaves(event)) {
    if (INTEGERS.includes(name) && !Number.isSafeInteger(value)) faults.push(`${name} ${value}`)
  }
  for (const [name, captions] of Object.entries(CAPTIONS)) {
    const sibling = name === 'class_uid' || name === 'category_uid' ? `${name.slice(0, -4)}_name` : name.slice(0, -3)
    if (captions[Number(event[name])] !== event[sibling]) faults.push(`${sibling} ${event[sibling]}`)
  }
  if (event.activity_name !== ACTIVITIES[classUid][Number(event.activity_id)]) faults.push('activity_name')
  if (event.type_uid !== 100 * classUid + Number(event.activity_id)) faults.push('type_uid')
  if (event.type_name !== `${event.class_name}: ${event.activity_name}`) faults.push('type_name')
  if (Number(event.category_uid) !== Math.floor(classUid / 1000)) faults.push('category_uid')
  return [...faults, ...objectFaults(event)]
}

/** Objects: `metadata`, and what the class has. */
function objectFaults(event: Fields): string[] {
  const { version, product, profiles } = event.metadata as Fields
  const faults: string[] = []
  if (version !== '1.8.0') faults.push('metadata.version')
  if ((product as Fields).name === undefined) faults.push('metadata.product: name or uid')
  const expected = event.device === undefined ? ['security_control'] : ['host', 'security_control']
  if (JSON.stringify(profiles) !== JSON.stringify(expected)) faults.push('metadata.profiles')
  if (event.class_uid === 2004) {
    const { uid, analytic } = event.finding_info as Fields
    if (typeof uid !== 'string') faults.push('finding_info.uid')
    const { type_id, name, state_id, state } = analytic as Fields
    if (type_id !== 4 || name === undefined) faults.push('analytic: type_id, name or uid')
    if ({ 1: 'Active', 2: 'Suppressed', 3: 'Experimental' }[Number(state_id)] !== state) faults.push('analytic.state')
  }
  if (event.class_uid === 7001 && typeof event.command_uid !== 'string') faults.push('command_uid')
  if (event.device !== undefined && (event.device as Fields).type_id === undefined) faults.push('device.type_id')
  return faults
}

/** Values by their own name, outside what the schema leaves open. */
function* leaves(fields: Fields): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'unmapped') continue
    if (typeof value === 'object' && value !== null) yield* leaves(value as Fields)
    else yield [name, value]
  }
}
