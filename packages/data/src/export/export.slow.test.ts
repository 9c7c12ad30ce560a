import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-data-export-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the command data:export', () => {
  const command = (out: string, words: readonly string[]) =>
    spawnSync(process.execPath, [new URL('./export.ts', import.meta.url).pathname, ...words, `--out=${out}`], {
      cwd: folder,
      encoding: 'utf8',
    })

  it('generates as many events as it is told', () => {
    const { status, stdout } = command('few.parquet', ['--dataset=synthetic', '--rows=1000'])
    expect(stdout).toMatch(/^1000 rows of \d+ columns in few.parquet\n/)
    expect(status).toBe(0)
  })

  it.each([
    [['--dataset=campaign', '--features=full'], 'dataset "campaign" has the inputs behaviour, posterior'],
    [['--dataset=darpa-tc'], 'dataset "darpa-tc" needs the folder or file to read. Give --data=PATH.'],
  ])('refuses what the dataset does not have: %j', (words, message) => {
    const { status, stdout, stderr } = command('none.parquet', words)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(`error INVALID_VALUE: ${message}`)
    expect(existsSync(join(folder, 'none.parquet'))).toBe(false)
  })
})
