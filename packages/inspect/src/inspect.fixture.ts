import { join } from 'node:path'
import { parseDescription } from '@vigil/data'
import { type Cell, csvOf, honestFlows, type Row, temporaryFolder } from './events.fixture.ts'
import { inspectData } from './inspect.ts'
import type { Inspection } from './inspection.ts'

export const ROWS = 2000
export const FLOWS = honestFlows(ROWS)

/** Flows with a further column. */
export const withColumn = (name: string, cell: (row: Row, i: number) => Cell, rows = FLOWS): Row[] =>
  rows.map((row, i) => ({ [name]: cell(row, i), ...row }))

export async function look(
  content: string | readonly Row[],
  { name = 'flows.csv', label = null as string | null } = {},
) {
  using folder = temporaryFolder()
  const data = folder.put(name, typeof content === 'string' ? content : csvOf(content))
  return await inspectData(data, { label, out: join(folder.path, 'events.yaml') })
}

export const of = (inspection: Inspection, code: string) =>
  inspection.findings.filter((finding) => finding.code === code)
export const codes = ({ findings }: Inspection) => findings.map(({ code }) => code)
export const draftOf = ({ draft }: Inspection) => parseDescription(draft ?? '', 'events.yaml')
export const LEAKS = ['LEAK_COLUMN', 'LEAK_TREE', 'LEAK_NAME', 'LABEL_IS_RULE', 'ORDER_LEAK']
