/** A dataset as actors on another host need it: a header and its arrays, one after another. */
import type { Dataset, Split } from '@vigil/data'
import { z } from 'zod'
import { hostsError } from '../errors.ts'
import { decodeFrame, encodeFrame } from './frame.ts'

const count = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)
const name = z.string().max(1000)

/** The header, in a frame of its own whose body is empty; names of columns would not fit into it and are not needed. */
const headerSchema = z.strictObject({
  name,
  rowCount: count.min(1),
  denseCount: count,
  vocabularies: z.array(count.min(1).max(65_536)).max(256),
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  splits: z.array(z.strictObject({ rows: count, streams: count })).length(3),
  consequences: z
    .strictObject({
      ratios: z.boolean(),
      damage: z.boolean(),
      criticality: z.boolean(),
      hazard: z.number().min(0).max(1),
    })
    .nullable(),
  timeline: z.strictObject({ phases: z.boolean() }).nullable(),
})
type Header = z.infer<typeof headerSchema>

const PARTS = ['train', 'validation', 'test'] as const

/** The element types of what follows the header, in order, with their lengths. */
type Arrays = { readonly [Name in string]: readonly [type: ArrayType, length: number] }
type ArrayType = typeof Float32Array | typeof Uint32Array | typeof Uint16Array | typeof Uint8Array

function arraysOf({ rowCount: N, denseCount, vocabularies, splits, consequences, timeline }: Header): Arrays {
  const given = (isThere: boolean | undefined) => (isThere === true ? N : 0)
  return {
    dense: [Float32Array, N * denseCount],
    ratios: [Float32Array, given(consequences?.ratios)],
    damage: [Float32Array, given(consequences?.damage)],
    criticality: [Float32Array, given(consequences?.criticality)],
    ranks: [Uint32Array, given(timeline !== null)],
    sites: [Uint32Array, given(timeline !== null)],
    ...Object.fromEntries(
      PARTS.flatMap((part, i) => [
        [`${part}.rows`, [Uint32Array, splits[i].rows] as const],
        [`${part}.streamStarts`, [Uint32Array, splits[i].streams + 1] as const],
      ]),
    ),
    categorical: [Uint16Array, N * vocabularies.length],
    labels: [Uint8Array, N],
    phases: [Uint8Array, given(timeline?.phases)],
  }
}

/**
 * The bytes of a dataset: its inputs, labels, splits, consequences and timeline. What only the learner's side reads (posterior,
 * classes, names) stays there.
 *
 * @returns views of the dataset's arrays, not copies
 */
export function encodeDataset(dataset: Dataset): Uint8Array[] {
  const { consequences, timeline, splits } = dataset
  const header: Header = {
    name: dataset.name,
    rowCount: dataset.rowCount,
    denseCount: dataset.denseNames.length,
    vocabularies: dataset.categoricalColumns.map(({ vocabularySize }) => vocabularySize),
    fingerprint: Buffer.from(dataset.fingerprint).toString('hex'),
    splits: PARTS.map((part) => ({ rows: splits[part].rows.length, streams: splits[part].streamStarts.length - 1 })),
    consequences: consequences && {
      ratios: consequences.ratios !== null,
      damage: consequences.damage !== null,
      criticality: consequences.criticality !== undefined,
      hazard: consequences.hazard,
    },
    timeline: timeline && { phases: timeline.phases !== null },
  }
  const values: Record<string, Float32Array | Uint32Array | Uint16Array | Uint8Array | null | undefined> = {
    dense: dataset.dense,
    categorical: dataset.categorical,
    labels: dataset.labels,
    ratios: consequences?.ratios,
    damage: consequences?.damage,
    criticality: consequences?.criticality,
    ...timeline,
    ...Object.fromEntries(
      PARTS.flatMap((part) => [
        [`${part}.rows`, splits[part].rows],
        [`${part}.streamStarts`, splits[part].streamStarts],
      ]),
    ),
  }
  const text = encodeFrame(header)
  const length = new Uint8Array(Uint32Array.of(text.length).buffer)
  const sections = Object.entries(arraysOf(header)).flatMap(([key, [, length]]) => {
    const array = values[key]
    return length === 0 || !array ? [] : [new Uint8Array(array.buffer, array.byteOffset, array.byteLength)]
  })
  return [length, text, ...sections]
}

/**
 * Reads a dataset of an untrusted sender. WebAssembly would read whatever lies at a wrong row, so that every number that leads
 * somewhere is checked here.
 *
 * @param bytes not changed; the result shares no memory with it
 * @throws {VigilError} UNSOUND_DATASET, MESSAGE
 */
export function decodeDataset(bytes: Uint8Array): Dataset {
  if (bytes.length < 4) throw unsound(`it has ${bytes.length} bytes`)
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  const { header } = decodeFrame(bytes.subarray(4, 4 + headerBytes), headerSchema)
  const arrays = arraysOf(header)
  const expected = Object.values(arrays).reduce((sum, [type, length]) => sum + type.BYTES_PER_ELEMENT * length, 0)
  if (bytes.length !== 4 + headerBytes + expected) {
    throw unsound(`it has ${bytes.length} bytes, but its header speaks of ${4 + headerBytes + expected}`)
  }
  let at = 4 + headerBytes
  const read = (key: string) => {
    const [type, length] = arrays[key]
    // Not Buffer's slice, which is no copy.
    const slice = Uint8Array.prototype.slice.call(bytes, at, at + type.BYTES_PER_ELEMENT * length)
    at += slice.length
    return new type(slice.buffer)
  }
  // In the order in which they lie.
  const values = Object.fromEntries(Object.keys(arrays).map((key) => [key, read(key)])) as Values
  const dataset = datasetOf(header, values)
  assertSound(dataset)
  return dataset
}

type Values = Record<'dense' | 'ratios' | 'damage' | 'criticality', Float32Array> &
  Record<'ranks' | 'sites' | `${(typeof PARTS)[number]}.${'rows' | 'streamStarts'}`, Uint32Array> &
  Record<'labels' | 'phases', Uint8Array> & { readonly categorical: Uint16Array }

function datasetOf(header: Header, values: Values): Dataset {
  const { consequences, timeline } = header
  const split = (part: (typeof PARTS)[number]): Split => ({
    rows: values[`${part}.rows`],
    streamStarts: values[`${part}.streamStarts`],
  })
  return {
    name: header.name,
    rowCount: header.rowCount,
    dense: values.dense,
    categorical: values.categorical,
    denseNames: Array.from({ length: header.denseCount }, (_, i) => `${i}`),
    categoricalColumns: header.vocabularies.map((vocabularySize, i) => ({ name: `${i}`, vocabularySize })),
    labels: values.labels,
    classes: new Uint8Array(header.rowCount),
    classNames: [''],
    splits: { train: split('train'), validation: split('validation'), test: split('test') },
    posterior: null,
    consequences: consequences && {
      ratios: consequences.ratios ? values.ratios : null,
      hazard: consequences.hazard,
      damage: consequences.damage ? values.damage : null,
      ...(consequences.criticality && { criticality: values.criticality }),
    },
    timeline: timeline && { ranks: values.ranks, sites: values.sites, phases: timeline.phases ? values.phases : null },
    eventsPerDay: null,
    fingerprint: new Uint8Array(Buffer.from(header.fingerprint, 'hex')),
  }
}

function assertSound({
  rowCount,
  dense,
  categorical,
  categoricalColumns,
  labels,
  splits,
  consequences,
}: Dataset): void {
  if (!dense.every(Number.isFinite)) throw unsound('an input is no finite number')
  const C = categoricalColumns.length
  if (!categorical.every((value, i) => value < categoricalColumns[i % C].vocabularySize)) {
    throw unsound('a category is outside its vocabulary')
  }
  if (!labels.every((label) => label <= 1)) throw unsound('a label is neither 0 nor 1')
  for (const [part, { rows, streamStarts }] of Object.entries(splits)) {
    if (!rows.every((row) => row < rowCount)) throw unsound(`a row of ${part} is none of the ${rowCount}`)
    const isOrdered = streamStarts.every((start, i) => i === 0 || start > streamStarts[i - 1])
    if (streamStarts[0] !== 0 || !isOrdered || streamStarts.at(-1) !== rows.length) {
      throw unsound(`the streams of ${part} do not begin at 0, follow one another and end with its rows`)
    }
  }
  if (splits.train.rows.length === 0) throw unsound('there is nothing to train on')
  const { ratios = null, damage = null } = consequences ?? {}
  if (!(ratios?.every((ratio) => ratio > 0 && Number.isFinite(ratio)) ?? true)) throw unsound('a ratio is not above 0')
  if (!(damage?.every((factor) => factor >= 0 && Number.isFinite(factor)) ?? true)) throw unsound('a damage is below 0')
}

function unsound(what: string) {
  return hostsError('UNSOUND_DATASET', `The dataset that arrived cannot be used: ${what}. Look at who sent it.`)
}
