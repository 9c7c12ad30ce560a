import { formatCount, formatDuration, formatShare, harmlessText } from '@vigil/command-line'
import type { InspectFinding } from '../finding.ts'
import { isTimeName } from '../guess/roles.ts'
import type { Duplicates } from '../probes/duplicates.ts'
import type { Subject } from '../subject.ts'
import { nameList } from './leaks.ts'

/** More copies than these are worth a word, and make a test partly a test of memory. Own choice. */
const [REPEATED_NOTE, SEEN_NOTE, SEEN_PROBLEM] = [0.01, 0.01, 0.1]

/** Rows out of order, or at the same moment, that are worth a word. */
const UNSORTED_NOTE = 0.01

/** A gap of so much of the whole time is one. */
const GAP_SHARE = 0.1

const PARTS = ['train', 'validation', 'test'] as const

/** Rows with the same inputs. */
export function duplicates({ split }: Subject, found: Duplicates | null): InspectFinding | null {
  if (found === null || (found.withinShare < REPEATED_NOTE && (found.test?.seenShare ?? 0) < SEEN_NOTE)) return null
  const { withinShare, contradictedShare, test } = found
  const across =
    test === null
      ? ''
      : `; of ${formatCount(test.rows)} test rows ${formatShare(test.seenShare)} are in train too, ${formatShare(test.otherLabelShare)} with the other label (split ${split?.kind})`
  return {
    code: 'DUPLICATES',
    severity: (test?.seenShare ?? 0) >= SEEN_PROBLEM ? 'problem' : 'note',
    columns: [],
    title:
      test === null
        ? `${formatShare(withinShare)} of the rows repeat the inputs of an earlier row`
        : `${formatShare(test.seenShare)} of the test rows have the inputs of a train row`,
    evidence: `${formatShare(withinShare)} of the rows repeat the inputs of an earlier row; ${formatShare(contradictedShare)} have inputs that come with both labels${across}.`,
    cause:
      'The same thing was recorded many times. Where copies lie on both sides of the split, what is measured is partly memory; where they bear both labels, nobody can tell them apart by these inputs.',
    remedy:
      'Divide so that copies stay together (split by-stream, temporal, or by files), or read the figures of a team beside those of the rows that train does not have.',
  }
}

/** What is known of when the events happened. */
export type TimeFacts = {
  readonly column: string
  /** Milliseconds since 1970; NaN where no row has a time. */
  readonly first: number
  readonly last: number
  readonly missingShare: number
  /** Share of rows that are earlier than the one before, and that have the very time of it. */
  readonly unsortedShare: number
  readonly sameShare: number
  /** The longest time without an event, and when it began. */
  readonly gapMs: number
  readonly gapFrom: number
}

/** null = no time is known. */
export function timeFacts({ times }: Subject): TimeFacts | null {
  if (times === null) return null
  const present = times.values.filter((value) => !Number.isNaN(value))
  let [unsorted, same] = [0, 0]
  for (let i = 1; i < present.length; i++) {
    if (present[i] < present[i - 1]) unsorted++
    else if (present[i] === present[i - 1]) same++
  }
  const steps = Math.max(1, present.length - 1)
  const sorted = present.slice().sort()
  let [gapMs, gapFrom] = [0, sorted[0] ?? Number.NaN]
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] - sorted[i - 1] > gapMs) [gapMs, gapFrom] = [sorted[i] - sorted[i - 1], sorted[i - 1]]
  }
  return {
    column: times.column,
    first: sorted[0] ?? Number.NaN,
    last: sorted.at(-1) ?? Number.NaN,
    missingShare: (times.values.length - present.length) / Math.max(1, times.values.length),
    unsortedShare: unsorted / steps,
    sameShare: same / steps,
    gapMs,
    gapFrom,
  }
}

export function time({ columns }: Subject, facts: TimeFacts | null): InspectFinding | null {
  if (facts === null) return unreadTime(columns)
  const { column, first, last, missingShare, unsortedShare, sameShare, gapMs, gapFrom } = facts
  const hasGap = gapMs > GAP_SHARE * (last - first) && gapMs > 0
  const isOdd = missingShare > 0 || unsortedShare >= UNSORTED_NOTE || hasGap
  const isMissing = Number.isNaN(first)
  return {
    code: 'TIME',
    severity: isMissing ? 'problem' : isOdd ? 'note' : 'fact',
    columns: [column],
    title: isMissing
      ? `${harmlessText(column, 60)} holds no time`
      : `Events of ${formatDuration(last - first)}, from ${instant(first)} to ${instant(last)}`,
    evidence: `${harmlessText(column, 60)}: ${formatShare(missingShare)} missing, ${formatShare(unsortedShare)} of the rows are earlier than the row before, ${formatShare(sameShare)} have its very time${gapMs > 0 ? `; longest gap ${formatDuration(gapMs)}, from ${instant(gapFrom)}` : ''}.`,
    cause: isOdd
      ? 'Events are sorted by time before anything looks back; a row without a time has that of the row before it. A long gap divides the recording into parts that may differ.'
      : '',
    remedy: isOdd ? 'Check "time" (column and unit), and think of a gap as a place to divide train from test.' : '',
  }
}

/** A column that is called like a time where no time is known. */
function unreadTime(columns: Subject['columns']): InspectFinding | null {
  const found = columns.find(({ read, facts }) => isTimeName(read.name) && facts.distinct > 1)
  if (found === undefined) return null
  const name = harmlessText(found.read.name, 60)
  const { column } = found.read
  const example = column.kind === 'token' ? column.dictionary[0] : found.facts.min
  return {
    code: 'TIME',
    severity: 'note',
    columns: [found.read.name],
    title: `${name} is called like the time, which is not known`,
    evidence: `it holds ${harmlessText(String(example), 60)}; times are ISO 8601 (2024-05-31T08:55:58Z), or seconds, ms, us or ns since 1970.`,
    cause:
      'Without a time events are in the order of the files: no split by time, and a history that may be out of order.',
    remedy: `Write ${name} as ISO 8601, and give time: { column: ${name} }.`,
  }
}

/** What is known of the entities. */
export type StreamFacts = {
  readonly columns: readonly string[]
  readonly count: number
  readonly medianRows: number
  readonly largestShare: number
  /** Share of rows of no stream. */
  readonly withoutShare: number
  /** Share of the streams that have threats; null where no label is known. */
  readonly withThreatsShare: number | null
}

/** null = no stream is known. */
export function streamFacts({ streams, labels, rowCount }: Subject): StreamFacts | null {
  if (streams === null) return null
  const rows = new Map<number, number>()
  const threatened = new Set<number>()
  let without = 0
  for (const [row, stream] of streams.of.entries()) {
    if (stream < 0) {
      without++
      continue
    }
    rows.set(stream, (rows.get(stream) ?? 0) + 1)
    if (labels?.labels[row] === 1) threatened.add(stream)
  }
  const sizes = Float64Array.from(rows.values()).sort()
  return {
    columns: streams.columns,
    count: sizes.length,
    medianRows: sizes.length === 0 ? 0 : sizes[sizes.length >> 1],
    largestShare: (sizes.at(-1) ?? 0) / rowCount,
    withoutShare: without / rowCount,
    withThreatsShare: labels === null ? null : threatened.size / Math.max(1, sizes.length),
  }
}

export function streams(facts: StreamFacts | null): InspectFinding | null {
  if (facts === null) return null
  const { columns, count, medianRows, largestShare, withoutShare, withThreatsShare } = facts
  const isOdd = largestShare > 0.5 || withoutShare > 0.05 || medianRows < 2
  return {
    code: 'STREAMS',
    severity: isOdd ? 'note' : 'fact',
    columns,
    title: `${formatCount(count)} streams, told by ${nameList(columns)}`,
    evidence: `half of them have at most ${formatCount(medianRows)} rows, the largest ${formatShare(largestShare)} of all; ${formatShare(withoutShare)} of the rows have none${withThreatsShare === null ? '' : `; ${formatShare(withThreatsShare)} of the streams have threats`}.`,
    cause: isOdd
      ? 'History is of the same stream. It says little where streams have one event, and mixes entities where one stream holds most.'
      : '',
    remedy: isOdd ? 'Check "stream": which columns tell the entity that acts?' : '',
  }
}

/** What one part of the split holds. */
export type PartFacts = { readonly name: (typeof PARTS)[number]; readonly rows: number; readonly threats: number }

/** null = the rows are not divided. */
export function partFacts({ split, labels }: Subject): PartFacts[] | null {
  const parts = split?.parts
  if (parts == null || labels === null) return null
  const rows = new Uint32Array(PARTS.length)
  const threats = new Uint32Array(PARTS.length)
  for (const [row, part] of parts.entries()) {
    if (part >= PARTS.length) continue
    rows[part]++
    threats[part] += labels.labels[row]
  }
  return PARTS.map((name, part) => ({ name, rows: rows[part], threats: threats[part] }))
}

/** Shares of threats of the parts may differ by this factor before it is worth a word. */
const PART_FACTOR = 3

export function split({ split: division }: Subject, parts: readonly PartFacts[] | null): InspectFinding | null {
  if (division === null || (parts === null && division.failure === null)) return null
  const base = { code: 'SPLIT', columns: [] } as const
  if (parts === null) {
    return {
      ...base,
      severity: 'problem',
      title: `The rows cannot be divided by ${division.kind}`,
      evidence: `${division.failure}`,
      cause: 'A part without rows of both labels can be neither learnt from nor judged by.',
      remedy: 'Give another split, or more data.',
    }
  }
  const shares = parts.map(({ rows, threats }) => threats / Math.max(1, rows))
  const isUneven = Math.max(...shares) > PART_FACTOR * Math.min(...shares)
  const isFew = parts.some(({ threats }) => threats < CHANCE_THREATS)
  return {
    ...base,
    severity: isUneven || isFew ? 'note' : 'fact',
    title: `Divided by ${division.kind}`,
    evidence: `${parts.map(({ name, rows, threats }, i) => `${name} ${formatCount(rows)} rows, ${formatCount(threats)} threats (${formatShare(shares[i])})`).join('; ')}.`,
    cause: isFew
      ? `With fewer than ${CHANCE_THREATS} threats in a part its figures are largely chance.`
      : isUneven
        ? 'Threats are not as frequent in one part as in another: a threshold chosen on one does not hold on the other.'
        : '',
    remedy: isUneven || isFew ? 'Give another split or more data, or say so beside the figures.' : '',
  }
}

const CHANCE_THREATS = 30

function instant(ms: number): string {
  return Number.isNaN(ms) || Math.abs(ms) > 8.64e15 ? '?' : new Date(ms).toISOString().replace('.000Z', 'Z')
}
