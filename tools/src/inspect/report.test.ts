import type { InspectFinding, Inspection } from '@vigil/inspect'
import { describe, expect, it } from 'vitest'
import { inspectionReport } from './report.ts'

const leak: InspectFinding = {
  code: 'LEAK_COLUMN',
  severity: 'problem',
  columns: ['alerted'],
  title: 'alerted alone tells the label: F1 0.999, leaky?',
  evidence: 'threat where alerted is true.',
  cause: 'It may be the label.',
  remedy: 'List it as leaky.',
}
const fact: InspectFinding = {
  ...{ ...leak, code: 'CLASS_BALANCE', severity: 'fact', columns: [], title: '20.0 % of the rows are threats' },
  ...{ evidence: '600 threats, 2,400 benign.', cause: '', remedy: '' },
}

const inspection: Inspection = {
  ...{ source: 'flows.csv', isDraft: true, rows: 3000, rowsLookedAt: 2550, threats: 600 },
  files: [{ path: '/flows.csv', rows: 3000 }],
  classes: [],
  columns: [
    {
      ...{ name: 'alerted', kind: 'text', role: 'input', distinct: 2, missingShare: 0 },
      alone: { balancedAccuracy: 0.9991, f1: 0.999 },
    },
    { name: 'label', kind: 'text', role: 'label', distinct: 2, missingShare: 0.25, alone: null },
  ],
  ...{ time: null, streams: null, split: null, duplicates: null, threatShares: null },
  notes: ["column 'dur': 3 missing"],
  findings: [leak, fact],
  draft: 'version: 1\n',
}
const report = (change: Partial<Parameters<typeof inspectionReport>[0]> = {}) =>
  inspectionReport({
    ...{ inspection, written: { draft: 'events.yaml', page: null }, isTTY: false, environment: {} },
    ...change,
  })

describe('inspectionReport', () => {
  it('has the columns, the findings, their details and what to do next', () => {
    expect(
      report().replaceAll('\u00a0', ' '),
    ).toBe(`flows.csv: 3,000 rows in 1 file, 2 columns, 600 threats. 2,550 of them, none for
testing, were looked at for leaks.

column   role   kind  values  missing  alone
alerted  input  text       2      0 %  0.999
label    label  text       2   25.0 %
alone: balanced accuracy of the column by itself, on rows that did not choose
its threshold; 0.5 is a coin.

  problem LEAK_COLUMN: alerted alone tells the label: F1 0.999, leaky?
  fact CLASS_BALANCE: 20.0 % of the rows are threats.

problem LEAK_COLUMN: alerted alone tells the label: F1 0.999, leaky?
  evidence threat where alerted is true.
  cause    It may be the label.
  remedy   List it as leaky.

fact CLASS_BALANCE: 20.0 % of the rows are threats.
  evidence 600 threats, 2,400 benign.

Read: column 'dur': 3 missing.
1 problem, no notes, 1 fact in flows.csv. docs/inspect.md explains each code.
The draft is events.yaml: look at every line, then
  npx nx run learner:train --data=events.yaml
`)
  })

  it('says that a draft without a label still needs one, and where the page is', () => {
    const text = report({
      inspection: { ...inspection, threats: null },
      written: { draft: 'events.yaml', page: 'inspect.html' },
    })
    expect(text).toMatch(
      /A page with pictures is in inspect\.html\.\nThe draft is events\.yaml; it still needs its label\.\n$/,
    )
    expect(report({ written: { draft: null, page: null } })).not.toContain('The draft')
  })

  it('keeps to the width of the terminal', () => {
    const long = { ...inspection.columns[0], name: 'a long name of a column '.repeat(20) }
    for (let columns = 60; columns <= 130; columns += 7) {
      const lines = report({ columns, inspection: { ...inspection, columns: [long] } }).split('\n')
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
    }
  })

  it('prints hostile names as text', () => {
    const mark = String.fromCharCode(27)
    const hostile = { ...inspection.columns[0], name: `${mark}[2Jx` }
    const found = { ...leak, title: `a${mark}[31m` }
    expect(report({ inspection: { ...inspection, columns: [hostile], findings: [found] } })).not.toContain(mark)
  })
})
