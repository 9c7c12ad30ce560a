/** Files as people have had them, each read as another file or refused by name; `cases.test.ts` makes such files itself. */
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { loadDataset } from './load-dataset.ts'

const failureOf = (path: string) =>
  loadDataset({
    ...{ dataset: 'darpa-tc', path, features: 'full', split: 'stratified' },
    ...{ splitSeed: 42, seed: 1, rows: null },
  }).then(
    ({ dataset }) => `read, ${dataset.rowCount} rows`,
    (error: Error & { code: string }) => `${error.code} ${error.message}`,
  )

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const shared = resolve(repository, '../shared/cases')
if (!existsSync(shared)) console.warn('The tests on the collected files are skipped: ../shared/cases is not there.')

describe.skipIf(!existsSync(shared))('the collected files', () => {
  const MALFORMED = /^FILE_MALFORMED .*line \d+: /
  const expected: Record<string, RegExp> = {
    'data/header-esc.csv': /^COLUMNS_MISSING .*'record_type\\x1b\[31m'/,
    'data/nul.csv': MALFORMED,
    'data/esc.csv': /^read, 2000 rows/,
    'data/xss.csv': /^read, 2000 rows/,
    'public/columns-twice/label-twice-opposite.csv': /^COLUMNS_REPEATED/,
    'public/columns-twice/port-twice-first-zero.csv': /^COLUMNS_REPEATED/,
    'public/cp1252/cp1252.csv': MALFORMED,
    'public/cp1252/utf16.csv': /^FILE_UNREADABLE .*UTF-16/,
    'public/hash-rows/hash-every-tenth.csv': /^read, 1200 rows/,
    'public/line-ends/': /^read, 1200 rows/,
    'public/hash-rows/': MALFORMED,
    'public/ragged/units-row.csv': /^VALUE_INVALID .*line 2, column 'timestamp_ns'/,
    'public/ragged/': MALFORMED,
    'public/rare-classes/one-benign.csv': /^read, 400 rows|^SPLIT_EMPTY/,
    'public/rare-classes/': /^read, \d+ rows|^SPLIT_EMPTY/,
    'public/whole-numbers/dot-zero.csv': /^read, 1200 rows/,
    'public/whole-numbers/hex.csv': /^read, 1200 rows/,
    'public/whole-numbers/uint64.csv': /^read, 1200 rows/,
    'public/whole-numbers/': /^VALUE_INVALID .*line 2, column '/,
    'public/': /^read, 1200 rows/,
  }
  // The names are asked for even where the tests are skipped.
  const names = existsSync(shared) ? readdirSync(shared, { recursive: true, encoding: 'utf8' }) : []
  const files = names.filter((name) => /^(public|data)\/(?!traces).*\.csv$/.test(name)).sort()

  it.each(files.map((name) => [relative('.', name)]))('%s', async (name) => {
    const wanted = Object.entries(expected).find(([beginning]) => name.startsWith(beginning))!
    expect(await failureOf(join(shared, name))).toMatch(wanted[1])
  })
})
