import { PRESETS, type PresetName, type ReadColumn } from '@vigil/data'
import { isoMilliseconds } from '@vigil/features'
import { type ColumnFacts, isIdentifier } from '../column-facts.ts'

const TIME_NAME =
  /^@?(ts|time|timestamp|date|datetime|date_?time|event_?time|utc_?time|start_?time|flow_?start|s_?time|timestamp_?(s|ms|us|ns))$/i

/** Whether a name is one that is given to the time of an event. */
export function isTimeName(name: string): boolean {
  return TIME_NAME.test(name)
}

/** Seconds between 1990 and 2100, and the same in smaller units. */
const EPOCHS = [1, 1e3, 1e6, 1e9].map((scale) => [631_152_000 * scale, 4_102_444_800 * scale] as const)

/** Share of the cells that must be a time. */
const TIMES_MIN = 0.95

/** The column that says when an event happened: by its name or because all its texts are times, if its cells can be read as such. */
export function guessTime(columns: ReadonlyMap<string, ReadColumn>, facts: readonly ColumnFacts[]): string | null {
  const named = facts.filter(({ name }) => isTimeName(name))
  const epochs = named.find(
    ({ kind, min, max }) => kind === 'number' && EPOCHS.some(([from, to]) => min >= from && max <= to),
  )
  if (epochs !== undefined) return epochs.name
  const texts = [...named, ...facts].find(({ name, kind }) => kind === 'text' && areTimes(columns.get(name)))
  if (texts !== undefined) return texts.name
  // Seconds since the recording began.
  const relative = named.find(({ kind, isRising, min }) => kind === 'number' && isRising && min >= 0)
  return relative?.name ?? null
}

/** Any column of moments, whatever it is called. */
function isTime({ name, kind, max, distinct }: ColumnFacts, read: ReadColumn | undefined): boolean {
  if (distinct < 2) return false
  if (kind === 'text') return areTimes(read)
  return /time|date|(^|[._])ts($|[._])/i.test(name) && EPOCHS.some(([from, to]) => max >= from && max <= to)
}

function areTimes(read: ReadColumn | undefined): boolean {
  if (read?.column.kind !== 'token' || read.column.dictionary.length < 2) return false
  const some = read.column.dictionary.slice(0, 1000)
  return some.filter((text) => !Number.isNaN(isoMilliseconds(text))).length >= TIMES_MIN * some.length
}

/** Names of what acts, the surest first. */
const STREAM_NAMES = [
  /^(src|source|orig|client|s)[_. ]?(ip|addr|address|host)$|^(saddr|id\.orig_h)$/i,
  /^(host|hostname|host_?name|computer|computer_?name|machine|device|device\.uid|agent|endpoint|node)$/i,
  /^(process_?guid|subject_?uuid|process_?uuid)$/i,
  /^(user|username|user_?name|account|uid|user_?id|customer_?id|client_?id|session|session_?id)$/i,
  /^(pid|process_?id|process_?pid|container_?id)$/i,
  /^(ip|ip_?addr(ess)?)$/i,
]

/** The column that tells the entity: called so, and with values that come again. */
export function guessStream(facts: readonly ColumnFacts[]): string | null {
  for (const pattern of STREAM_NAMES) {
    const found = facts.find(
      ({ name, distinct, present, missingShare }) =>
        pattern.test(name) && distinct >= 2 && distinct <= 0.5 * present && missingShare < 0.5,
    )
    if (found !== undefined) return found.name
  }
  return null
}

const CLASS_NAME =
  /^(attack[_ ]?(cat|category|type|name|class|family)?|threat[_ ]?(type|name)|label[_ ]?(type|name|detail(ed)?)|detailed[_ -]?label|category|family|malware[_ ]?family|technique|tactic|phase|event[_ ]?label)$/i

/** The column that names threats beside a label of two values. */
export function guessClass(facts: readonly ColumnFacts[], label: string): string | null {
  const found = facts.find(
    ({ name, distinct, values }) => name !== label && CLASS_NAME.test(name) && distinct >= 2 && values !== null,
  )
  return found?.name ?? null
}

/** Columns by which a preset's kind of events is known, besides those that the preset itself needs. */
const PRESET_MARKS: readonly (readonly [PresetName, readonly string[]])[] = [
  ['zeek-conn', ['id.orig_h', 'id.resp_h', 'conn_state']],
  ['suricata-flow', ['event_type', 'flow.pkts_toserver']],
  ['sysmon', ['EventID', 'ProcessGuid']],
  ['laurel', ['SYSCALL.SYSCALL', 'SYSCALL.exe']],
  ['falco', ['rule', 'priority', 'output']],
  ['ocsf', ['class_uid', 'activity_id']],
  ['cic-flow', ['Flow Duration', 'Label']],
]

/** What a preset sets, as far as a draft has to know it. */
export type PresetKeys = {
  readonly time?: { readonly column: string }
  readonly stream?: readonly string[]
  readonly history?: { readonly of: readonly string[] }
  readonly where?: string
  readonly class?: string
  readonly columns?: Readonly<Record<'categorical' | 'numeric' | 'ignore' | 'leaky', readonly string[] | undefined>>
}

/** The preset whose marks and needed columns are all there. */
export function guessPreset(names: ReadonlySet<string>): PresetName {
  const found = PRESET_MARKS.find(([name, marks]) => {
    const { time, stream = [], history } = PRESETS[name] as PresetKeys
    const needed = [...marks, ...stream, ...(history?.of ?? []), ...(time === undefined ? [] : [time.column])]
    return needed.every((column) => names.has(column))
  })
  return found?.[0] ?? 'none'
}

/** Why a column is left out; null = it is not. @param read the column itself */
export function reasonToIgnore(facts: ColumnFacts, read: ReadColumn | undefined): string | null {
  if (isTime(facts, read)) return 'a time, which only ever grows'
  if (facts.isForgotten) return 'an identifier: more than a million texts'
  if (facts.distinct === 0) return 'always missing'
  if (facts.distinct === 1) return 'constant'
  if (!isIdentifier(facts)) return null
  return facts.isRising ? 'rises from row to row' : `an identifier: ${facts.distinct} values in ${facts.present} rows`
}
