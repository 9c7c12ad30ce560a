import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, relative } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { OutputColumn } from './write-parquet.ts'

/** What is known of events that have been written. */
export type CardedEvents = {
  readonly dataset: string
  readonly rows: number
  readonly threats: number
  /** events of each part */
  readonly parts: Readonly<Record<'train' | 'validation' | 'test', number>>
  readonly classNames: readonly string[]
  readonly columns: readonly Pick<OutputColumn, 'name' | 'type'>[]
}

/** Croissant's own words, as its page gives them (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html, appendix 1). */
const CONTEXT = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  ...Object.fromEntries(
    [
      ...['citeAs', 'column', 'extract', 'field', 'fileProperty', 'fileObject', 'fileSet', 'format', 'includes'],
      ...['isLiveDataset', 'jsonPath', 'key', 'md5', 'parentField', 'path', 'recordSet', 'references', 'regex'],
      ...['repeated', 'replace', 'separator', 'source', 'subField', 'transform'],
    ].map((word) => [word, `cr:${word}`]),
  ),
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  rai: 'http://mlcommons.org/croissant/RAI/',
  dct: 'http://purl.org/dc/terms/',
  sc: 'https://schema.org/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  examples: { '@id': 'cr:examples', '@type': '@json' },
}

const TYPES: Readonly<Record<OutputColumn['type'], string>> = {
  float: 'sc:Float',
  double: 'sc:Float',
  integer: 'sc:Integer',
  boolean: 'sc:Boolean',
  text: 'sc:Text',
}

/** What the columns behind the inputs are. */
const MEANINGS: Readonly<Record<string, string>> = {
  label: '1 = threat, 0 = benign; what a team is trained and judged by',
  class: 'kind of event that the label was made of',
  split: 'train, validation or test; missing = none of them',
  stream: 'number of the stream that the event belongs to',
}

/**
 * A data card: JSON-LD in the words of Croissant 1.0, of a Parquet file that is there. What nobody knows, as licence, authors and
 * where it can be fetched, is for people to add.
 *
 * @param file Parquet file with the columns
 * @param card where the card will lie; it names the file from there
 */
export async function dataCard(file: string, card: string, events: CardedEvents): Promise<object> {
  const { dataset, rows, threats, parts, classNames, columns } = events
  const name = basename(file)
  // Records and fields have names of their own: no file may be called as they are.
  const id = `file/${name}`
  const source = (column: string) => ({ fileObject: { '@id': id }, extract: { column } })
  const split = Object.entries(parts).map(([name, count]) => `${count} ${name}`)
  return {
    '@context': CONTEXT,
    '@type': 'sc:Dataset',
    name: dataset,
    description: `${rows} security events, ${threats} of them threats, of ${classNames.length} classes: ${classNames.join(', ')}. Parts: ${split.join(', ')}. One row for each event, in the order of its files.`,
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    distribution: [
      {
        ...{ '@type': 'cr:FileObject', '@id': id, name },
        ...{ contentUrl: relative(dirname(card), file), contentSize: `${(await stat(file)).size} B` },
        ...{ encodingFormat: 'application/vnd.apache.parquet', sha256: await sha256Of(file) },
      },
    ],
    recordSet: [
      {
        ...{ '@type': 'cr:RecordSet', '@id': 'events', name: 'events' },
        field: columns.map(({ name, type }) => ({
          ...{ '@type': 'cr:Field', '@id': `events/${name}`, name },
          ...(Object.hasOwn(MEANINGS, name) ? { description: MEANINGS[name] } : {}),
          ...{ dataType: TYPES[type], source: source(name) },
        })),
      },
    ],
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
