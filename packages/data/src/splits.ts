import { randomStream, shuffle } from '@vigil/random'
import type { RawEvents } from './adapters/adapter.ts'
import type { Dataset, Division, Split } from './dataset.ts'
import { dataError } from './errors.ts'

/** Shares in twentieths: integers, so that the greedy rule below is exact. */
const SHARES = [14, 3, 3] as const
const SHARE_TOTAL = 20

/** Of rows that belong to no part. */
const NO_PART = 3

const PART_NAMES = ['train', 'validation', 'test'] as const

/**
 * Divides the rows.
 *
 *   stratified  each label, and each class within one row or two, in exact proportion; which rows, by the seed
 *   temporal    the earliest 70 % train, the latest 15 % test
 *   by-stream   no stream, and no group of them, is divided; sizes and threat counts as near to the shares as whole streams allow
 *   given       as the data say; validation is drawn from train
 *
 * @throws {VigilError} SPLIT_EMPTY when a part is empty or train has one label only
 */
export function splitRows(events: RawEvents, division: Division): Dataset['splits'] {
  const { kind } = division
  const { unknown } = events
  const divided = partsOf(events, division)
  const parts = unknown === undefined ? divided : divided.map((part, row) => (unknown[row] === 1 ? NO_PART : part))
  const order = rowsByStream(events)
  const [train, validation, test] = PART_NAMES.map((_, part) => collectPart(events, order, parts, part))
  const split = { train, validation, test }
  for (const name of PART_NAMES) requireUsable(split[name], name, kind, events)
  return split
}

function partsOf(events: RawEvents, division: Division): Uint8Array {
  switch (division.kind) {
    case 'given':
      return givenParts(events, division)
    case 'stratified':
      return stratifiedParts(events, division.seed)
    case 'temporal':
      return temporalParts(events)
    case 'by-stream':
      return streamParts(events, division.seed)
  }
}

/** The given parts, with a share of train as validation: every so many rows of each class, in random order. */
function givenParts(events: RawEvents, { parts, validation, seed }: Extract<Division, { kind: 'given' }>): Uint8Array {
  if (validation === 0) return parts
  const random = randomStream(seed, 'split')
  const divided = parts.slice()
  const kinds = rowsByKind(events)
  for (const label of [0, 1]) {
    let deficit = 0
    for (let classIndex = 0; classIndex < events.classNames.length; classIndex++) {
      const rows = kinds(label, classIndex).filter((row) => parts[row] === 0)
      shuffle(rows, random, classIndex)
      for (const row of rows) {
        deficit += validation
        if (deficit < 0.5) continue
        divided[row] = 1
        deficit--
      }
    }
  }
  return divided
}

/** Part of each row [N]. Within a label rows are lined up class by class in random order, then dealt out in proportion. */
function stratifiedParts(events: RawEvents, splitSeed: number): Uint8Array {
  const parts = new Uint8Array(events.rowCount)
  const random = randomStream(splitSeed, 'split')
  const kinds = rowsByKind(events)
  for (const label of [0, 1]) {
    const deal = proportionalDeal()
    for (let classIndex = 0; classIndex < events.classNames.length; classIndex++) {
      const rows = kinds(label, classIndex)
      shuffle(rows, random, classIndex)
      for (const row of rows) parts[row] = deal()
    }
  }
  return parts
}

/** The next part is always the one that is furthest below its share, so every prefix is exact to one row. */
function proportionalDeal(): () => number {
  const deficits = [0, 0, 0]
  return () => {
    for (let part = 0; part < 3; part++) deficits[part] += SHARES[part]
    let chosen = 0
    for (let part = 1; part < 3; part++) if (deficits[part] > deficits[chosen]) chosen = part
    deficits[chosen] -= SHARE_TOTAL
    return chosen
  }
}

function temporalParts(events: RawEvents): Uint8Array {
  const trainEnd = Math.round((events.rowCount * SHARES[0]) / SHARE_TOTAL)
  const validationEnd = Math.round((events.rowCount * (SHARES[0] + SHARES[1])) / SHARE_TOTAL)
  return Uint8Array.from(events.timeRank, (rank) => (rank < trainEnd ? 0 : rank < validationEnd ? 1 : 2))
}

/**
 * Whole streams, the largest first (random order among equals), each to the part that it brings nearest to its share of
 * rows and of threats.
 */
function streamParts(events: RawEvents, splitSeed: number): Uint8Array {
  const { groups: streams = events.streams } = events
  const streamCount = streamCountOf(events)
  const totals = [new Float64Array(streamCount), new Float64Array(streamCount)] // benign, threat
  for (let row = 0; row < events.rowCount; row++) totals[events.labels[row]][streams[row]]++
  const labelRows = totals.map((counts) => counts.reduce((sum, count) => sum + count, 0))

  const order = Uint32Array.from({ length: streamCount }, (_, stream) => stream)
  shuffle(order, randomStream(splitSeed, 'split'))
  // Share of the set that a stream holds, benign and threat counted alike, so that rare threats decide as much as rows do.
  const weight = (stream: number) => totals[0][stream] / labelRows[0] + totals[1][stream] / labelRows[1]
  const largestFirst = Array.from(order).sort((a, b) => weight(b) - weight(a))

  const held = [new Float64Array(2), new Float64Array(2), new Float64Array(2)]
  const partOfStream = new Uint8Array(streamCount)
  for (const stream of largestFirst) {
    let chosen = 0
    let smallest = Number.POSITIVE_INFINITY
    for (let part = 0; part < 3; part++) {
      // How full the part would be, by its fuller label: 1 = its whole share.
      let fill = 0
      for (const label of [0, 1]) {
        const wanted = (labelRows[label] * SHARES[part]) / SHARE_TOTAL
        if (totals[label][stream] > 0) fill = Math.max(fill, (held[part][label] + totals[label][stream]) / wanted)
      }
      if (fill < smallest) {
        smallest = fill
        chosen = part
      }
    }
    for (const label of [0, 1]) held[chosen][label] += totals[label][stream]
    partOfStream[stream] = chosen
  }
  return Uint8Array.from(streams, (stream) => partOfStream[stream])
}

function streamCountOf({ streams }: RawEvents): number {
  return streams.reduce((most, stream) => Math.max(most, stream + 1), 0)
}

/** All rows sorted by stream, then time: a counting sort over streams of the rows in time order. */
function rowsByStream(events: RawEvents): Uint32Array {
  const inTime = new Uint32Array(events.rowCount)
  for (let row = 0; row < events.rowCount; row++) inTime[events.timeRank[row]] = row
  const streamCount = streamCountOf(events)
  const next = new Uint32Array(streamCount + 1)
  for (const stream of events.streams) next[stream + 1]++
  for (let stream = 0; stream < streamCount; stream++) next[stream + 1] += next[stream]
  const sorted = new Uint32Array(events.rowCount)
  for (const row of inTime) sorted[next[events.streams[row]]++] = row
  return sorted
}

function collectPart(events: RawEvents, order: Uint32Array, parts: Uint8Array, part: number): Split {
  const rows = new Uint32Array(order.length)
  const starts = new Uint32Array(order.length + 1)
  let [count, streams] = [0, 0]
  for (let i = 0; i < order.length; i++) {
    const row = order[i]
    if (parts[row] !== part) continue
    if (count === 0 || events.streams[row] !== events.streams[rows[count - 1]]) starts[streams++] = count
    rows[count++] = row
  }
  starts[streams] = count
  return { rows: rows.slice(0, count), streamStarts: starts.slice(0, streams + 1) }
}

/** The rows of each label and class, ascending. @returns by label and class, their rows, owned by the caller */
function rowsByKind({ labels, classes, classNames }: RawEvents): (label: number, classIndex: number) => Uint32Array {
  const ends = new Uint32Array(2 * classNames.length)
  for (let row = 0; row < labels.length; row++) ends[labels[row] * classNames.length + classes[row]]++
  for (let kind = 1; kind < ends.length; kind++) ends[kind] += ends[kind - 1]
  const next = new Uint32Array(ends.length)
  next.set(ends.subarray(0, -1), 1)
  const rows = new Uint32Array(labels.length)
  for (let row = 0; row < labels.length; row++) rows[next[labels[row] * classNames.length + classes[row]]++] = row
  return (label, classIndex) => {
    const kind = label * classNames.length + classIndex
    return rows.slice(kind === 0 ? 0 : ends[kind - 1], ends[kind])
  }
}

function requireUsable(
  split: Split,
  name: (typeof PART_NAMES)[number],
  kind: Division['kind'],
  events: RawEvents,
): void {
  let threats = 0
  for (const row of split.rows) threats += events.labels[row]
  const oneLabel = threats === 0 || threats === split.rows.length
  if (split.rows.length > 0 && (name !== 'train' || !oneLabel)) return
  const needed = name === 'train' ? 'rows of both labels' : 'at least one row'
  const found = kind === 'by-stream' ? ` (whole streams are divided, and there are ${streamCountOf(events)})` : ''
  throw dataError(
    'SPLIT_EMPTY',
    `Split '${kind}', part '${name}': needs ${needed}, received ${split.rows.length} rows with ${threats} threats${found}. Give more data or choose another split; stratified gives each part one of a label that has 5 rows, and ten of one that has 65.`,
  )
}
