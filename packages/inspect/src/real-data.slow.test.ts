import { copyFileSync, existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseDescription } from '@vigil/data'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from './events.fixture.ts'
import { inspectData, inspectDescription } from './inspect.ts'
import type { Inspection } from './inspection.ts'

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const data = resolve(repository, process.env.VIGIL_DATA ?? '../shared/data')
const isThere = (name: string) => {
  if (existsSync(join(data, name))) return true
  console.warn(`Leaks of real data are not looked for: VIGIL_DATA has no ${name}.`)
  return false
}

const of = ({ findings }: Inspection, code: string) => findings.filter((finding) => finding.code === code)
const draft = (path: string, label: string | null = null) =>
  inspectData(path, { label, out: join(data, 'events.yaml') })

describe.skipIf(!isThere('nsl-kdd'))('NSL-KDD', () => {
  it('has given files, a difficulty that is no input, attacks that train lacks, and no leak else', async () => {
    const inspection = await draft(join(data, 'nsl-kdd', 'KDDT*+.txt.gz'))
    expect(parseDescription(inspection.draft ?? '', 'events.yaml')).toMatchObject({
      files: { train: ['nsl-kdd/KDDTrain+.txt.gz'], test: ['nsl-kdd/KDDTest+.txt.gz'] },
      label: { column: 'class', benign: ['normal'] },
      columns: { leaky: ['difficulty'], ignore: ['num_outbound_cmds'] },
    })
    expect(of(inspection, 'LEAK_NAME').map(({ columns }) => columns)).toEqual([['difficulty']])
    expect(inspection.split?.parts.reduce((sum, { rows }) => sum + rows, 0)).toBe(125_973 + 22_544)
    const unseen = inspection.classes.filter(({ train, rows }) => train === 0 && rows > 0)
    expect(unseen).toHaveLength(17)
    // 3,750 test rows carry attacks that train lacks (Tavallaee et al. 2009).
    expect(unseen.reduce((sum, { rows }) => sum + rows, 0)).toBe(3750)
    expect(inspection.findings.filter(({ severity }) => severity === 'problem')).toEqual([])
  })
})

describe.skipIf(!isThere('darpa-tc-trace-e5'))('DARPA TC, as plain Parquet', () => {
  it('has a label that is a rule of event type and protection', async () => {
    const inspection = await draft(join(data, 'darpa-tc-trace-e5'))
    expect(inspection).toMatchObject({ rows: 500_000, threats: 54_634 })
    const [rule] = of(inspection, 'LABEL_IS_RULE')
    expect(rule.severity).toBe('problem')
    expect(rule.columns).toEqual(expect.arrayContaining(['event_type', 'protection']))
    for (const type of ['MMAP', 'LOADLIBRARY', 'EXECUTE', 'CLONE']) expect(rule.evidence).toContain(`EVENT_${type}`)
  })
})

describe.skipIf(!isThere('ait-ads'))('AIT-ADS', () => {
  it('has two label columns: whichever is the label, the other one tells it', async () => {
    const testbed = join(data, 'ait-ads', 'russellmitchell.csv.gz')
    const events = await draft(testbed)
    expect(parseDescription(events.draft ?? '', 'events.yaml')).toMatchObject({
      label: { expression: 'row["event_label"] != null' },
      class: 'event_label',
    })
    const told = [...of(events, 'LEAK_COLUMN'), ...of(events, 'LEAK_NAME')].flatMap(({ columns }) => columns)
    expect(told).toContain('time_label')
    expect(parseDescription(events.draft ?? '', 'events.yaml').columns.leaky).toContain('time_label')
    const windows = await draft(testbed, 'time_label')
    const others = [...of(windows, 'LEAK_COLUMN'), ...of(windows, 'LEAK_NAME')].flatMap(({ columns }) => columns)
    expect(others).toContain('event_label')
  })
})

describe('the drafts of real data', () => {
  it.skipIf(!existsSync(join(data, 'nsl-kdd')))('are read as they are written', async () => {
    using folder = temporaryFolder()
    for (const name of ['KDDTrain+.txt.gz', 'KDDTest+.txt.gz'])
      copyFileSync(join(data, 'nsl-kdd', name), join(folder.path, name))
    const out = join(folder.path, 'events.yaml')
    const first = await inspectData(join(folder.path, 'KDDT*+.txt.gz'), { label: null, out })
    const second = await inspectDescription(folder.put('events.yaml', first.draft ?? ''))
    expect(second.split).toEqual(first.split)
    expect(of(second, 'LEAK_NAME')).toEqual([])
  })
})
