import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const [INDEX, DATABASE] = ['../index.ts', './database.ts'].map((file) => new URL(file, import.meta.url).href)

const PROGRAM = `
const libraries = () => process.report.getReport().sharedObjects.filter((file) => file.includes('duckdb')).length
const { loadDataset } = await import('${INDEX}')
await loadDataset({ dataset: 'quickest', path: null, features: 'history', split: 'described', splitSeed: 42, seed: 1, rows: 1000 })
const before = libraries()
const { openDatabase } = await import('${DATABASE}')
const database = await openDatabase()
database.close()
console.log(JSON.stringify({ before, isThereAfter: libraries() > 0 }))
`

it('DuckDB is loaded by the first table that is read, and not by who only generates events', () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({ before: 0, isThereAfter: true })
})
