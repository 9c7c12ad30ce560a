/**
 * Test support: the two classes of OCSF 1.8.0 (https://schema.ocsf.io/1.8.0/classes/detection_finding and remediation_activity), typed from the
 * published schema and not from the code that writes them. Of the many optional attributes it has those that Vigil uses: any other is a fault.
 */

type Fields = Readonly<Record<string, unknown>>

/** Types of attributes by their object; ! = required, by the schema or by docs/output.md; [] = an array; another name = an object. */
const OBJECTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  event: {
    ...{ activity_id: 'integer!', activity_name: 'string!', category_uid: 'integer!', category_name: 'string!' },
    ...{ class_uid: 'integer!', class_name: 'string!', type_uid: 'integer!', type_name: 'string!' },
    ...{ severity_id: 'integer!', severity: 'string!', time: 'integer!', message: 'string', metadata: 'metadata!' },
    ...{ action_id: 'integer!', action: 'string!', disposition_id: 'integer!', disposition: 'string!' },
    unmapped: 'open',
  },
  finding: {
    ...{ status_id: 'integer', status: 'string', is_alert: 'boolean', risk_score: 'integer' },
    ...{ finding_info: 'finding_info!', resources: 'resource_details[]' },
  },
  remediation: { command_uid: 'string!', countermeasures: 'd3fend[]', status_id: 'integer', status: 'string' },
  host: { device: 'device!' },
  metadata: {
    ...{ version: 'string!', uid: 'string', original_event_uid: 'string', profiles: 'string[]', product: 'product!' },
  },
  product: { name: 'string', uid: 'string', vendor_name: 'string', version: 'string' },
  finding_info: { uid: 'string!', title: 'string', analytic: 'analytic' },
  analytic: {
    ...{ name: 'string', uid: 'string', version: 'string', type_id: 'integer!', type: 'string' },
    ...{ state_id: 'integer', state: 'string' },
  },
  resource_details: { name: 'string', uid: 'string', type: 'string' },
  d3fend: { d3f_tactic: 'd3f_tactic', d3f_technique: 'd3f_technique', version: 'string' },
  d3f_tactic: { name: 'string', uid: 'string', src_url: 'string' },
  d3f_technique: { name: 'string', uid: 'string', src_url: 'string' },
  device: { type_id: 'integer!', type: 'string', name: 'string', uid: 'string', hostname: 'hostname', ip: 'string' },
}

/** Of these an object has one at least. */
const ONE_OF: Readonly<Record<string, readonly string[]>> = {
  ...{ product: ['name', 'uid'], analytic: ['name', 'uid'], resource_details: ['name', 'uid'] },
  ...{ d3fend: ['d3f_tactic', 'd3f_technique'], d3f_tactic: ['name', 'uid'], d3f_technique: ['name', 'uid'] },
  device: ['ip', 'uid', 'name', 'hostname'],
}

const COMMON_STATUS = { 0: 'Unknown', 99: 'Other' }
const FINDING_STATUS = { 1: 'New', 2: 'In Progress', 3: 'Suppressed', 4: 'Resolved', 5: 'Archived', 6: 'Deleted' }
const REMEDIATION_STATUS = {
  ...{ 1: 'Success', 2: 'Failure', 3: 'Does Not Exist', 4: 'Partial', 5: 'Unsupported', 6: 'Error' },
}

/** Captions of enumerated attributes by their object, and the attribute that has the caption. */
const CAPTIONS: Readonly<Record<string, readonly (readonly [string, string, Readonly<Record<number, string>>])[]>> = {
  event: [
    ['category_uid', 'category_name', { 2: 'Findings', 7: 'Remediation' }],
    ['class_uid', 'class_name', { 2004: 'Detection Finding', 7001: 'Remediation Activity' }],
    ['severity_id', 'severity', { 1: 'Informational', 2: 'Low', 3: 'Medium', 4: 'High', 5: 'Critical', 6: 'Fatal' }],
    ['action_id', 'action', { 1: 'Allowed', 2: 'Denied', 3: 'Observed', 4: 'Modified' }],
    ['disposition_id', 'disposition', { 1: 'Allowed', 2: 'Blocked', 3: 'Quarantined', 4: 'Isolated', 19: 'Alert' }],
  ],
  finding: [
    ['activity_id', 'activity_name', { 1: 'Create', 2: 'Update', 3: 'Close' }],
    ['status_id', 'status', { ...COMMON_STATUS, ...FINDING_STATUS }],
  ],
  remediation: [
    ['activity_id', 'activity_name', { 1: 'Isolate', 2: 'Evict', 3: 'Restore', 4: 'Harden', 5: 'Detect' }],
    ['status_id', 'status', { ...COMMON_STATUS, ...REMEDIATION_STATUS }],
  ],
  analytic: [
    ['type_id', 'type', { 1: 'Rule', 2: 'Behavioral', 3: 'Statistical', 4: 'Learning (ML/DL)' }],
    ['state_id', 'state', { 1: 'Active', 2: 'Suppressed', 3: 'Experimental' }],
  ],
  device: [['type_id', 'type', { 0: 'Unknown', 1: 'Server', 2: 'Desktop', 3: 'Laptop', 6: 'Virtual', 99: 'Other' }]],
}

const PARTS: Readonly<Record<number, string>> = { 2004: 'finding', 7001: 'remediation' }

/** What is wrong with an event by the schema; empty where nothing is. */
export function ocsfFaults(event: Fields): string[] {
  const classUid = Number(event.class_uid)
  const part = PARTS[classUid]
  if (part === undefined) return [`class_uid ${classUid}`]
  const { version, profiles } = (event.metadata ?? {}) as Fields
  const isOfHost = Array.isArray(profiles) && profiles.includes('host')
  const faults = objectFaults(event, isOfHost ? ['event', part, 'host'] : ['event', part], '')
  if (version !== '1.8.0') faults.push('metadata.version')
  const expected = isOfHost ? ['host', 'security_control'] : ['security_control']
  if (JSON.stringify(profiles) !== JSON.stringify(expected)) faults.push('metadata.profiles')
  if (event.type_uid !== 100 * classUid + Number(event.activity_id)) faults.push('type_uid')
  if (event.type_name !== `${event.class_name}: ${event.activity_name}`) faults.push('type_name')
  if (Number(event.category_uid) !== Math.floor(classUid / 1000)) faults.push('category_uid')
  return faults
}

/** @param kinds whose attributes the object has, @param path before the names of its attributes */
function objectFaults(fields: Fields, kinds: readonly string[], path: string): string[] {
  const types = Object.assign({}, ...kinds.map((kind) => OBJECTS[kind])) as Record<string, string>
  const faults: string[] = []
  for (const [name, type] of Object.entries(types)) {
    if (type.endsWith('!') && fields[name] === undefined) faults.push(`no ${path}${name}`)
  }
  for (const [name, value] of Object.entries(fields)) {
    if (types[name] === undefined) faults.push(`unknown ${path}${name}`)
    else faults.push(...valueFaults(value, types[name].replace('!', ''), `${path}${name}`))
  }
  for (const kind of kinds) {
    const names = ONE_OF[kind] ?? []
    if (names.length > 0 && names.every((name) => fields[name] === undefined)) faults.push(`${path}: ${names} missing`)
    for (const [name, caption, captions] of CAPTIONS[kind] ?? []) {
      if (fields[name] === undefined && fields[caption] === undefined) continue
      if (captions[Number(fields[name])] !== fields[caption]) faults.push(`${path}${caption} ${fields[caption]}`)
    }
  }
  return faults
}

function valueFaults(value: unknown, type: string, path: string): string[] {
  if (type.endsWith('[]')) {
    if (!Array.isArray(value) || value.length === 0) return [`${path} is no array`]
    return value.flatMap((one, i) => valueFaults(one, type.slice(0, -2), `${path}.${i}`))
  }
  if (OBJECTS[type] !== undefined) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? objectFaults(value as Fields, [type], `${path}.`) : [`${path} is no object`]
  }
  return SCALARS[type](value) ? [] : [`${path} is no ${type}: ${value}`]
}

const SCALARS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string' && value !== '',
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === 'boolean',
  /** RFC 1123 */
  hostname: (value) => typeof value === 'string' && /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(value),
  open: (value) => typeof value === 'object' && value !== null,
}
