import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DatasetRequest } from '../load-dataset.ts'
import { literal, openDatabase } from '../tables/database.ts'
import { dataCard } from './data-card.ts'
import { exportEvents } from './export-events.ts'

let folder: string
let card: Node
const out = () => join(folder, 'events.parquet')
const cardFile = () => join(folder, 'cards', 'croissant.json')
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-card-'))
  mkdirSync(join(folder, 'cards'))
  const rows = Array.from(
    { length: 300 },
    (_, i) => `${i / 8},${i % 3 === 0 ? 'udp' : 'tcp'},${i % 5 === 0 ? 'scan' : 'normal'}`,
  )
  writeFileSync(join(folder, 'flows.csv'), `size,__proto__,label\n${rows.join('\n')}\n`)
  writeFileSync(
    join(folder, 'my flows.yaml'),
    'files: { all: [flows.csv] }\nlabel: { column: label, benign: [normal] }\nclass: label\n',
  )
  const request: DatasetRequest = {
    ...{ dataset: 'events', path: join(folder, 'my flows.yaml'), features: 'behaviour', split: 'described' },
    ...{ splitSeed: 42, seed: 1, rows: null },
  }
  await exportEvents(request, { out: out(), raw: true, card: cardFile() })
  card = JSON.parse(readFileSync(cardFile(), 'utf8'))
})
afterAll(() => rmSync(folder, { recursive: true }))

type Node = Readonly<Record<string, unknown>>

const SC = 'https://schema.org/'
const CR = 'http://mlcommons.org/croissant/'

/** The full name of a word by the card's context, as JSON-LD defines it. */
function expanded(word: string): string {
  const context = card['@context'] as Readonly<Record<string, string | { '@id': string }>>
  if (word.startsWith('@')) return word
  const own = Object.hasOwn(context, word) ? context[word] : undefined
  const mapped = typeof own === 'object' ? own['@id'] : (own ?? word)
  const [prefix, rest] = mapped.split(':')
  if (rest === undefined) return `${context['@vocab']}${mapped}`
  return rest.startsWith('//') ? mapped : `${context[prefix]}${rest}`
}

/** Values of a node by their full names. */
const named = (node: Node): Node =>
  Object.fromEntries(Object.entries(node).map(([key, value]) => [expanded(key), value]))

describe('a data card', () => {
  it('is a data set of Croissant 1.0 with what its page asks for, by full names', () => {
    const node = named(card)
    expect(expanded(node['@type'] as string)).toBe(`${SC}Dataset`)
    expect(node['http://purl.org/dc/terms/conformsTo']).toBe('http://mlcommons.org/croissant/1.0')
    expect(node[`${SC}name`]).toBe('my flows')
    expect(node[`${SC}description`]).toContain('300 security events, 60 of them threats, of 2 classes: benign, scan.')
    expect(Object.keys(node).sort()).toEqual(
      [
        '@context',
        '@type',
        `${SC}name`,
        `${SC}description`,
        `${SC}distribution`,
        `${CR}recordSet`,
        'http://purl.org/dc/terms/conformsTo',
      ].sort(),
    )
  })

  it('names the file by its place from the card, its size and its hash', () => {
    const [file] = (named(card)[`${SC}distribution`] as Node[]).map(named)
    expect(expanded(file['@type'] as string)).toBe(`${CR}FileObject`)
    expect(resolve(folder, 'cards', file[`${SC}contentUrl`] as string)).toBe(out())
    expect(file[`${SC}contentSize`]).toBe(`${statSync(out()).size} B`)
    expect(file[`${SC}sha256`]).toBe(createHash('sha256').update(readFileSync(out())).digest('hex'))
  })

  it('has a field of the right type for each column of the file, in its order', async () => {
    const [records] = (named(card)[`${CR}recordSet`] as Node[]).map(named)
    const fields = (records[`${CR}field`] as Node[]).map(named)
    const database = await openDatabase()
    const described = await database.rows(`DESCRIBE SELECT * FROM read_parquet(${literal(out())})`)
    database.close()
    const types: Record<string, string> = { DOUBLE: 'Float', FLOAT: 'Float', INTEGER: 'Integer', VARCHAR: 'Text' }
    expect(fields.map((field) => [field[`${SC}name`], expanded(field[`${CR}dataType`] as string)])).toEqual(
      described.map(([name, type]) => [name, `${SC}${types[type as string]}`]),
    )
    expect(fields.map((field) => field[`${SC}name`])).toContain('__proto__')
    const [file] = card.distribution as Node[]
    for (const field of fields) {
      expect(field[`${CR}source`]).toEqual({
        fileObject: { '@id': file['@id'] },
        extract: { column: field[`${SC}name`] },
      })
    }
    expect(new Set(fields.map((field) => field['@id'])).size).toBe(fields.length)
    const told = fields.filter((field) => `${SC}description` in field).map((field) => field[`${SC}name`])
    expect(told).toEqual(['label', 'class', 'split', 'stream'])
  })

  it('leaves a file that is there alone, and then writes no events either', async () => {
    const request: DatasetRequest = {
      ...{ dataset: 'synthetic', path: null, features: 'behaviour', split: 'stratified' },
      ...{ splitSeed: 42, seed: 1, rows: 500 },
    }
    const other = join(folder, 'other.parquet')
    const refused = exportEvents(request, { out: other, raw: true, card: cardFile() })
    await expect(refused).rejects.toMatchObject({ code: 'FILE_EXISTS' })
    expect(() => statSync(other)).toThrow('ENOENT')
  })

  it('is no file of events by another name, and is known to be writable before any event is read', async () => {
    const unread: DatasetRequest = {
      ...{ dataset: 'events', path: join(folder, 'absent.yaml'), features: 'behaviour', split: 'described' },
      ...{ splitSeed: 42, seed: 1, rows: null },
    }
    const attempt = (out: string, card: string) => exportEvents(unread, { out, raw: true, card: join(folder, card) })
    symlinkSync(join(folder, 'cards'), join(folder, 'linked'))
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'))
    const same = join(folder, 'cards', 'same')
    for (const [out, card, code] of [
      [same, 'cards/../cards/same', 'FILE_EXISTS'],
      [same, 'linked/same', 'FILE_EXISTS'],
      [join(folder, 'nowhere'), 'dangling', 'FILE_EXISTS'],
      [same, 'absent/card.json', 'FILE_UNWRITABLE'],
    ]) {
      await expect(attempt(out, card)).rejects.toMatchObject({ code })
      expect(existsSync(out)).toBe(false)
    }
  })

  it.each(['events', 'label'])('gives every node a name of its own, also where the file is called %s', async (name) => {
    const file = join(folder, name)
    writeFileSync(file, '')
    const known = { rows: 1, threats: 0, parts: { train: 1, validation: 0, test: 0 }, classNames: ['benign'] }
    const columns = [{ name: 'label', type: 'integer' as const }]
    const nodes: unknown[] = []
    JSON.stringify(await dataCard(file, join(folder, 'x'), { dataset: 'own', ...known, columns }), (_, value) => {
      if (/^cr:(FileObject|RecordSet|Field)$/.test(value?.['@type'])) nodes.push(value['@id'])
      return value
    })
    expect(nodes).toHaveLength(3)
    expect(new Set(nodes).size).toBe(3)
  })
})
