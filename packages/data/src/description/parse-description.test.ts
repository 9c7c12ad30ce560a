import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isDescription, parseDescription, readDescription } from './parse-description.ts'
import { PRESETS } from './presets.ts'
import { descriptionSchema } from './schema.ts'

const LEAST = 'files: { all: [a.csv] }\nlabel: { column: label, threat: [1] }\n'
const parse = (text: string) => parseDescription(text, 'events.yaml')

describe('a description', () => {
  it('has a default for everything but files and label', () => {
    expect(parse(LEAST)).toMatchObject({ version: 1, format: 'auto', stream: [], columns: { default: 'auto' } })
  })

  it('may be JSON', () => {
    expect(parse('{"files": {"all": ["a.csv"]}, "label": {"column": "label", "threat": [1]}}')).toEqual(parse(LEAST))
  })

  it('takes every key of the contract', () => {
    const all = parse(`version: 1
preset: suricata-flow
files: { train: [a.csv], test: [b.csv] }
format: auto
missing: ["", "-", "(empty)", "NaN", "Infinity"]
where: 'event_type == "flow"'
label: { column: label, threat: [1] }
class: attack_cat
time: { column: ts, unit: auto }
stream: [src_ip]
split: { by: files, validation: 0.15, seed: 42 }
columns: { default: auto, categorical: [proto], numeric: [dur], ignore: [id], leaky: [attack_cat, flow.alerted] }
history: { events: 16, of: [proto, state], gaps: true, counts: true }
unit: { by: host, every: 1m }
capturedUnder: unknown
threats: { order: [scan, webshell, shell, escalation], damage: { scan: 1, shell: 20 } }
`)
    expect(all.unit).toMatchObject({ by: ['host'], every: '1m', of: ['proto'], windows: ['10m', '60m'] })
    expect(all.threats?.order).toHaveLength(4)
  })

  it('overrules its preset key by key', () => {
    const own = parse(`${LEAST}preset: zeek-conn\nhistory: { events: 8 }\ncolumns: { numeric: [duration] }\n`)
    expect(own.history).toMatchObject({ events: 8, of: ['proto', 'service', 'conn_state'] })
    expect(own.columns.numeric).toEqual(['duration'])
    expect(own.columns.categorical).toContain('proto')
    expect(own.time).toEqual({ column: 'ts', unit: 's' })
  })

  it.each(Object.keys(PRESETS))('takes the preset %s', (preset) => {
    expect(parse(`preset: ${preset}\n${LEAST}`).preset).toBe(preset)
  })

  it.each([
    ['negative damage', `${LEAST}threats: { damage: { scan: -1 } }`, /"threats\.damage\.scan"|scan/],
    ['phases in a circle', `${LEAST}threats: { order: [scan, shell, scan] }`, /a stage comes once/],
    [
      'an unknown key',
      `${LEAST}tme: { column: x }`,
      /line 3, column 1: The description has no key 'tme'\. Did you mean "time"\?/,
    ],
    ['a key far from all', `${LEAST}zzz: 1`, /line 3, column 1: .*no key 'zzz'/],
    [
      'an unknown key within',
      `${LEAST}columns: { numerc: [a] }`,
      /line 3, column 12: "columns" has no key 'numerc'\. Did you mean "numeric"\?/,
    ],
    [
      'a slip in the label',
      'files: { all: [a] }\nlabel:\n  colum: x\n  threat: [1]',
      /line 3, column 3: "label" has no key 'colum'\. Did you mean "column"\?/,
    ],
    ['no label', 'files: { all: [a] }', /line 1, column 1: "label" is needed: what makes an event a threat/],
    ['no files', 'label: { column: a, threat: [1] }', /line 1, column 1: "files" is needed/],
    [
      'files as a list',
      'files: [a]\nlabel: { column: a, threat: [1] }',
      /line 1, column 8: "files" needs keys, received '\["a"\]'/,
    ],
    [
      'a label that is neither',
      'files: { all: [a] }\nlabel: 3',
      /line 2, column 8: "label" needs one of \{ column, threat \}/,
    ],
    [
      'threat and benign',
      'files: { all: [a] }\nlabel: { column: x, threat: [1], benign: [0] }',
      /line 2, column 8: "label\.column" needs either "threat" or "benign"/,
    ],
    [
      'a slip in a join',
      'files: { all: [a] }\nlabel: { join: { fil: x } }',
      /line 2, column 18: "label\.join" has no key 'fil'\. Did you mean "file"\?/,
    ],
    [
      'an unknown word',
      `${LEAST}split: { by: random }`,
      /line 3, column 14: "split\.by" needs one of files, stratified, temporal, by-stream, received 'random'/,
    ],
    ['half a split', `${LEAST}split: { column: x, train: [1] }`, /line 3, column 8: "split\.test" is needed/],
    [
      'a split without test files',
      `${LEAST}split: { by: files }`,
      /"split\.by: files" needs "files\.train" and "files\.test"/,
    ],
    [
      'all and train files',
      'files: { all: [a], train: [b] }\nlabel: { column: x, threat: [1] }',
      /line 1, column 15: "files\.all" are divided/,
    ],
    ['history without a stream', `${LEAST}history: { of: [a] }`, /line 3, column 10: "history" is that of a stream/],
    [
      'a column listed twice',
      `${LEAST}columns: { numeric: [a], ignore: [a] }`,
      /column 'a' is listed as numeric and as ignore/,
    ],
    [
      'units of a number of events without a first part',
      `${LEAST}time: { column: t }\nunit: { by: [h], every: 1m, size: 20, of: [x] }`,
      /"unit\.size" divides the first events of a key/,
    ],
    [
      'units of a number of events that are to be unique',
      `${LEAST}unit: { by: [h], first: 100, size: 20, of: [x], unique: true }`,
      /Give "together: true" instead/,
    ],
    ['an unknown preset', `${LEAST}preset: foo`, /"preset" needs one of none, zeek-conn/],
    ['too much history', `${LEAST}stream: [a]\nhistory: { events: 1000 }`, /line 4, column 20: "history\.events": /],
    ['a key twice', `${LEAST}${LEAST}`, /line 3, column 1: Map keys must be unique/],
    ['YAML that is none', 'files: { all: [a]\nlabel: x', /line 2, column 1: /],
    ['a list', '[1]', /line 1, column 1: Needs keys/],
    ['nothing', '', /line 1, column 1: Needs keys/],
    [
      'a bomb of aliases',
      `a: &a [x, x]\n${Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [*a${i === 0 ? '' : i - 1}, *a${i === 0 ? '' : i - 1}]`).join('\n')}`,
      /events\.yaml, line 1/,
    ],
  ])('refuses %s', (_, text, words) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'DESCRIPTION_INVALID', message: expect.stringMatching(words) }),
    )
  })

  it('has its schema published, for editors', async () => {
    const schema = { title: 'Events of your own', ...z.toJSONSchema(descriptionSchema, { io: 'input' }) }
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../../../docs/events.schema.json')
  })
})

describe('a path', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vigil-description-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    ['flows.csv', 'a,label\n1,0\n', 'the events themselves'],
    ['eve.json', '{"a": 1}\n{"a": 2}\n', 'the events themselves'],
    ['list.json', '[{"a": 1}]', 'the events themselves'],
    ['huge.yaml', `# ${'x'.repeat(1_000_001)}`, 'the events themselves'],
    ['.', null, 'a folder'],
  ])('to %s, which is data, is refused with the command that drafts a description', (name, content, received) => {
    const path = join(folder, name)
    if (content !== null) writeFileSync(path, content)
    expect(isDescription(path)).toBe(false)
    const message = expect.stringMatching(`received (what are )?${received}.*npx nx run tools:inspect --data=${path}`)
    expect(() => readDescription(path)).toThrow(expect.objectContaining({ code: 'DESCRIPTION_INVALID', message }))
  })

  it.each([
    ['events.yaml', LEAST],
    ['events.yml', 'nonsense'],
    ['one.json', '{"files": {"all": ["a.csv"]}, "label": {"column": "label", "threat": [1]}}\n'],
    ['pretty.json', '{\n "files": {}\n}\n'],
  ])('to %s is one to a description, right or wrong', (name, content) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    expect(isDescription(path)).toBe(true)
  })

  it('to nothing is no description', () => {
    expect(isDescription(join(folder, 'no.yaml'))).toBe(false)
    expect(() => readDescription(join(folder, 'no.csv'))).toThrow(expect.objectContaining({ code: 'PATH_MISSING' }))
  })
})
