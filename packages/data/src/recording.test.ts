import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type DatasetRequest, loadDataset } from './load-dataset.ts'

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const recording = resolve(repository, process.env.VIGIL_DATA ?? '../shared/data', 'darpa-tc-trace-e5')
if (!existsSync(recording))
  console.warn('The tests on the real recording are skipped: VIGIL_DATA has no darpa-tc-trace-e5.')

const recorded = (split: DatasetRequest['split']): DatasetRequest => ({
  dataset: 'darpa-tc',
  path: recording,
  features: 'behaviour',
  split,
  splitSeed: 42,
  seed: 1,
  rows: null,
})

describe.skipIf(!existsSync(recording))('the real recording', () => {
  it('has its known size, labels and classes, and begins every clip without a past', async () => {
    const { dataset } = await loadDataset(recorded('stratified'))
    expect(dataset.rowCount).toBe(500_000)
    expect(dataset.labels.reduce((sum, label) => sum + label, 0)).toBe(54_634)
    expect(dataset.classNames).toContain('MPROTECT protection 5')
    for (const part of ['validation', 'test'] as const) {
      const { rows } = dataset.splits[part]
      expect(rows.length).toBe(75_000)
      expect(rows.reduce((sum, row) => sum + dataset.labels[row], 0)).toBe(8195)
    }
    const width = dataset.categoricalColumns.length
    const kind = dataset.categoricalColumns.findIndex((column) => column.name === 'subject_kind_1')
    for (let clip = 0; clip < 5; clip++) expect(dataset.categorical[clip * 100_000 * width + kind]).toBe(0)
  })

  it('has a class in the temporal test part that training never showed', async () => {
    const { dataset } = await loadDataset(recorded('temporal'))
    const novel = dataset.classNames.indexOf('MPROTECT protection 5')
    const rowsOf = (part: 'train' | 'test') =>
      dataset.splits[part].rows.filter((row) => dataset.classes[row] === novel).length
    expect(rowsOf('train')).toBe(0)
    expect(rowsOf('test')).toBeGreaterThan(1000)
  })
})
