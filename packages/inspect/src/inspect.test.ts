import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Cell, csvOf, drawn, isThreat, type Row, temporaryFolder } from './events.fixture.ts'
import { codes, draftOf, FLOWS, LEAKS, look, of, ROWS, withColumn } from './inspect.fixture.ts'
import { inspectData, inspectDescription } from './inspect.ts'

describe('events without a leak', () => {
  it('have no leak, no problem, and a draft that says what they are', async () => {
    const inspection = await look(FLOWS)
    expect(codes(inspection).filter((code) => LEAKS.includes(code))).toEqual([])
    expect(inspection.findings.filter(({ severity }) => severity === 'problem')).toEqual([])
    const { files, label, stream, split, columns } = draftOf(inspection)
    expect({ files, label, stream, split }).toEqual({
      files: { all: ['flows.csv'] },
      label: { column: 'label', threat: ['attack'] },
      stream: ['host'],
      split: { by: 'by-stream', validation: 0.15, seed: 42 },
    })
    expect(columns).toEqual({
      default: 'auto',
      categorical: ['proto'],
      numeric: ['bytes', 'duration'],
      ignore: [],
      leaky: [],
    })
  })

  it('are counted rightly', async () => {
    const inspection = await look(FLOWS)
    const threats = FLOWS.filter(isThreat).length
    expect(inspection).toMatchObject({ rows: ROWS, threats, isDraft: true })
    expect(inspection.split?.parts.reduce((sum, part) => sum + part.threats, 0)).toBe(threats)
    expect(inspection.streams).toMatchObject({ columns: ['host'], count: 40, withoutShare: 0 })
    const duration = inspection.columns.find(({ name }) => name === 'duration')
    expect(duration?.missingShare).toBe(FLOWS.filter((row) => row.duration === null).length / ROWS)
  })
})

describe('planted leaks', () => {
  it.each<[string, (row: Row, i: number) => Cell]>([
    ['equal to the label', (row) => (isThreat(row) ? 1 : 0)],
    ['the label under other names', (row, i) => (isThreat(row) ? ['b', 'd'][i % 2] : ['a', 'c', 'e'][i % 3])],
    ['a noisy copy', (row, i) => (isThreat(row) === drawn(i, 9) > 0.02 ? 7 : 3)],
    ['a number above a threshold', (row, i) => drawn(i, 9) + (isThreat(row) ? 1 : 0)],
    ['missing where nothing is wrong', (row, i) => (isThreat(row) ? Math.floor(drawn(i, 9) * 1e5) : null)],
  ])('%s: the column is named, and the draft sets it aside', async (_, cell) => {
    const inspection = await look(withColumn('sensor', cell))
    const [finding, ...others] = of(inspection, 'LEAK_COLUMN')
    expect(finding).toMatchObject({ severity: 'problem', columns: ['sensor'] })
    expect(finding.title).toMatch(/^sensor alone tells the label: F1 (1\.000|0\.9\d\d), leaky\?$/)
    expect(others).toEqual([])
    expect(finding.remedy).toMatch(/^The draft lists sensor in columns\.leaky/)
    expect(draftOf(inspection).columns.leaky).toEqual(['sensor'])
  })

  it('that a description lists as leaky are a note', async () => {
    using folder = temporaryFolder()
    folder.put('flows.csv', csvOf(withColumn('sensor', (row) => (isThreat(row) ? 1 : 0))))
    const text = 'files: { all: [flows.csv] }\nlabel: { column: label, benign: [normal] }\n'
    const inputs = await inspectDescription(folder.put('a.yaml', text))
    expect(of(inputs, 'LEAK_COLUMN')[0]).toMatchObject({ severity: 'problem', columns: ['sensor'] })
    const leaky = await inspectDescription(folder.put('b.yaml', `${text}columns: { leaky: [sensor] }\n`))
    expect(of(leaky, 'LEAK_COLUMN')[0]).toMatchObject({ severity: 'note', columns: ['sensor'] })
    expect(leaky.draft).toBe(null)
  })

  it('by a rule of two columns are told as the rule', async () => {
    const rows = FLOWS.map((row, i) => {
      const kind = ['read', 'write', 'exec', 'map'][Math.floor(drawn(i, 8) * 4)]
      return { ...row, kind, mode: Math.floor(drawn(i, 9) * 4), label: undefined }
    })
    const labelled = rows.map(({ label: _, ...row }) => ({
      ...row,
      label: row.kind === 'exec' || row.mode === 3 ? 'attack' : 'normal',
    }))
    const inspection = await look(labelled)
    const [rule] = of(inspection, 'LABEL_IS_RULE')
    expect(rule).toMatchObject({ severity: 'problem', columns: ['kind', 'mode'] })
    expect(rule.evidence).toMatch(/kind is exec/)
    expect(rule.evidence).toMatch(/mode (is|>=) 3/)
    expect(rule.evidence).toContain('agrees with the label in 100')
    // It is said once.
    expect(of(inspection, 'LEAK_TREE')).toEqual([])
  })

  it('by the order of the rows are told, and are a problem where it is not that of time', async () => {
    const sorted = FLOWS.toSorted((a, b) => Number(isThreat(a)) - Number(isThreat(b)))
    expect(of(await look(sorted), 'ORDER_LEAK')[0]).toMatchObject({ severity: 'problem', columns: [] })
    const timed = withColumn('ts', (_, i) => 1_700_000_000 + i, sorted)
    expect(of(await look(timed), 'ORDER_LEAK')[0]).toMatchObject({ severity: 'note' })
  })

  it('by the file are told', async () => {
    using folder = temporaryFolder()
    folder.put('a.csv', csvOf(FLOWS.filter(isThreat)))
    folder.put('b.csv', csvOf(FLOWS.filter((row) => !isThreat(row))))
    const inspection = await inspectData(folder.path, { label: null, out: join(folder.path, 'events.yaml') })
    expect(of(inspection, 'ORDER_LEAK')[0].title).toBe('The file that a row stands in tells the label')
  })

  it('that nearly tell the label and are called like it are problems, others notes', async () => {
    const nearly = (row: Row, i: number) => Number(isThreat(row) === drawn(i, 9) > 0.06)
    const named = await look(withColumn('verdict_label', nearly))
    expect(of(named, 'LEAK_COLUMN')[0]).toMatchObject({ severity: 'problem', columns: ['verdict_label'] })
    expect(of(named, 'LEAK_COLUMN')[0].title).toContain('nearly tells')
    const other = await look(withColumn('sensor', nearly))
    expect(of(other, 'LEAK_COLUMN')[0]).toMatchObject({ severity: 'note', columns: ['sensor'] })
    expect(draftOf(other).columns.leaky).toEqual([])
  })

  it('stay inputs of the draft where else there were none, and the finding does not say otherwise', async () => {
    const rows = FLOWS.map((row, i) => ({
      a: Number(isThreat(row)),
      b: isThreat(row) ? 'x' : 'y',
      id: i,
      label: row.label,
    }))
    const inspection = await look(rows)
    expect(draftOf(inspection).columns).toMatchObject({ numeric: ['a'], categorical: ['b'], leaky: [] })
    for (const { remedy } of of(inspection, 'LEAK_COLUMN')) expect(remedy).toMatch(/^List [ab] in columns\.leaky/)
  })

  it('that only a name gives away are asked about', async () => {
    const inspection = await look(
      withColumn('difficulty', (row, i) => Math.floor(drawn(i, 9) * 20) + (isThreat(row) ? 0 : 3)),
    )
    expect(of(inspection, 'LEAK_NAME')[0]).toMatchObject({ severity: 'note', columns: ['difficulty'] })
    expect(draftOf(inspection).columns.leaky).toEqual(['difficulty'])
  })
})

describe('columns', () => {
  it('that tell one row from all others are ignored', async () => {
    const inspection = await look(
      withColumn(
        'id',
        (_, i) => i,
        withColumn(
          'key',
          (_, i) => `k${i}`,
          withColumn('unit', () => 'x'),
        ),
      ),
    )
    expect(of(inspection, 'IDENTIFIER').map(({ columns }) => columns)).toEqual([['id'], ['key']])
    expect(of(inspection, 'CONSTANT')[0].columns).toEqual(['unit'])
    expect(draftOf(inspection).columns.ignore).toEqual(['id', 'key', 'unit'])
  })

  it('without a name, as data frames write their row numbers, are ignored too', async () => {
    const lines = csvOf(FLOWS).trim().split('\n')
    const inspection = await look(lines.map((line, i) => (i === 0 ? `,${line}` : `${i - 1},${line}`)).join('\n'))
    expect(of(inspection, 'IDENTIFIER')[0]).toMatchObject({ columns: ['unnamed'], severity: 'note' })
    expect(draftOf(inspection).columns.ignore).toEqual(['unnamed'])
  })

  it('that a description makes inputs, though they rise from row to row, are a problem', async () => {
    using folder = temporaryFolder()
    folder.put('flows.csv', csvOf(withColumn('record', (_, i) => 5 * i)))
    const path = folder.put('a.yaml', 'files: { all: [flows.csv] }\nlabel: { column: label, benign: [normal] }\n')
    expect(of(await inspectDescription(path), 'IDENTIFIER')).toMatchObject([
      { severity: 'problem', columns: ['record'] },
    ])
  })

  it('with holes are named, with what is infinite', async () => {
    const inspection = await look(withColumn('rate', (_, i) => (i % 10 === 0 ? 'Infinity' : i % 7)))
    const [finding] = of(inspection, 'MISSING')
    expect(finding.columns.toSorted()).toEqual(['duration', 'rate'])
    expect(finding.evidence).toContain('200 infinite')
  })
})

describe('rows', () => {
  it('of test files that train files have too are counted, with those of the other label', async () => {
    using folder = temporaryFolder()
    const [train, own] = [FLOWS.slice(0, 1500), FLOWS.slice(1500, 1800)]
    const copies = FLOWS.slice(0, 100)
    const contradicted = FLOWS.slice(100, 150).map((row) => ({ ...row, label: isThreat(row) ? 'normal' : 'attack' }))
    folder.put('my-train.csv', csvOf(train))
    folder.put('my-test.csv', csvOf([...own, ...copies, ...contradicted]))
    const inspection = await inspectData(folder.path, { label: null, out: join(folder.path, 'events.yaml') })
    expect(draftOf(inspection).files).toEqual({ train: ['my-train.csv'], test: ['my-test.csv'] })
    // The rows that become validation are not train, so a copy of them is not seen.
    const { seenShare, otherLabelShare, rows } = inspection.duplicates?.test ?? {
      seenShare: 0,
      otherLabelShare: 0,
      rows: 0,
    }
    expect(rows).toBe(450)
    expect(seenShare * 450).toBeGreaterThan(0.7 * 150)
    expect(seenShare * 450).toBeLessThanOrEqual(150)
    expect(otherLabelShare * 450).toBeGreaterThan(0.7 * 50)
    expect(otherLabelShare * 450).toBeLessThanOrEqual(50)
    expect(of(inspection, 'DUPLICATES')[0]).toMatchObject({ severity: 'problem' })
  })

  it('of several files may be kept apart by the line that the draft has for it', async () => {
    using folder = temporaryFolder()
    for (const [i, name] of ['a.csv', 'b.csv', 'c d.csv'].entries())
      folder.put(name, csvOf(FLOWS.slice(600 * i, 600 * i + 600)))
    const { draft } = await inspectData(folder.path, { label: null, out: join(folder.path, 'events.yaml') })
    const apart = draft?.replace(/^split:.*$/m, '').replace(/^# split:/m, 'split:') ?? ''
    const inspection = await inspectDescription(folder.put('events.yaml', apart))
    expect(inspection.split?.kind).toBe('file')
    expect(inspection.split?.parts[2]).toEqual({
      ...{ name: 'test', rows: 600, threats: FLOWS.slice(1200, 1800).filter(isThreat).length },
    })
  })

  it('of which nobody knows the label are neither threats nor benign, and units are said not to be looked at', async () => {
    using folder = temporaryFolder()
    folder.put('flows.csv', csvOf(withColumn('ts', (_, i) => 1_700_000_000 + i)))
    const text = `files: { all: [flows.csv] }
time: { column: ts }
label: { expression: 'label == "attack"', unknown: 'proto == "udp" && label == "normal"' }
unit: { by: host, every: 1m, of: [duration] }
`
    const inspection = await inspectDescription(folder.put('events.yaml', text))
    const known = FLOWS.filter((row) => isThreat(row) || row.proto !== 'udp')
    expect(inspection.classes.reduce((sum, { rows }) => sum + rows, 0)).toBe(known.length)
    expect(of(inspection, 'CLASS_BALANCE')[0].evidence).toContain(`${ROWS - known.length} of which nobody knows`)
    expect(inspection.notes.at(-1)).toContain('what is found of inputs is of events')
  })

  it('have classes, some of which train lacks', async () => {
    using folder = temporaryFolder()
    const named = FLOWS.map((row, i) => ({ ...row, label: isThreat(row) ? (i < 1500 ? 'scan' : 'dos') : 'normal' }))
    folder.put('train.csv', csvOf(named.slice(0, 1500)))
    folder.put('test.csv', csvOf(named.slice(1500)))
    const inspection = await inspectData(folder.path, { label: null, out: join(folder.path, 'events.yaml') })
    expect(of(inspection, 'RARE_CLASSES')[0].evidence).toMatch(/^not in train: dos \(\d+\)\.$/)
  })

  it('have a time: how much is out of order, missing, and the longest gap', async () => {
    const rows = withColumn('timestamp', (_, i) =>
      i === 5 ? null : new Date(1_700_000_000_000 + 1000 * (i < 1000 ? i : i + 50_000)).toISOString(),
    )
    const swapped = [...rows.slice(0, 100), ...rows.slice(100, 200).reverse(), ...rows.slice(200)]
    const { time } = await look(swapped)
    expect(time).toMatchObject({
      column: 'timestamp',
      first: 1_700_000_000_000,
      gapMs: 50_001_000,
      missingShare: 1 / ROWS,
    })
    // Of the rows that have a time, a hundred stand backwards: 99 steps back.
    expect(time?.unsortedShare).toBeCloseTo(99 / (ROWS - 2), 10)
  })
})

describe('times', () => {
  it('that cannot be read are asked for', async () => {
    const inspection = await look(withColumn('Timestamp', (_, i) => `${1 + (i % 28)}/07/2017 8:55`))
    expect(inspection.time).toBe(null)
    expect(of(inspection, 'TIME')[0]).toMatchObject({ severity: 'note', columns: ['Timestamp'] })
    expect(of(inspection, 'TIME')[0].evidence).toContain('it holds 1/07/2017 8:55;')
  })
})

describe('labels', () => {
  it('that nobody can guess leave the draft without one', async () => {
    const rows = FLOWS.map(({ label, ...row }) => ({ ...row, colour: label === 'attack' ? 'red' : 'green' }))
    const inspection = await look(rows)
    expect(inspection).toMatchObject({ threats: null, split: null })
    expect(of(inspection, 'LABEL_UNKNOWN')[0]).toMatchObject({ severity: 'problem' })
    expect(inspection.draft).toContain('\n# label: { column: NAME, threat: [VALUE] }\n')
    const given = await look(rows, { label: 'colour' })
    expect(draftOf(given).label).toEqual({ column: 'colour', benign: ['green'] })
    await expect(look(rows, { label: 'color' })).rejects.toMatchObject({ code: 'LABEL_UNKNOWN', kind: 'usage' })
    await expect(look(rows, { label: 'bytes' })).rejects.toMatchObject({ code: 'LABEL_UNKNOWN' })
  })

  it('may be a mark where something is wrong and nothing elsewhere', async () => {
    const rows = FLOWS.map((row, i) => ({ ...row, label: isThreat(row) ? ['scan', 'dos'][i % 2] : '-' }))
    const inspection = await look(rows)
    expect(draftOf(inspection)).toMatchObject({ label: { expression: 'row["label"] != null' }, class: 'label' })
    expect(inspection.threats).toBe(FLOWS.filter(isThreat).length)
    expect(codes(inspection).filter((code) => LEAKS.includes(code))).toEqual([])
  })

  it('leave out the rows that have none', async () => {
    const inspection = await look(FLOWS.map((row, i) => ({ ...row, label: i % 10 === 0 ? null : row.label })))
    expect(draftOf(inspection).where).toBe('row["label"] != null')
    expect(inspection.rows).toBe(0.9 * ROWS)
  })
})
