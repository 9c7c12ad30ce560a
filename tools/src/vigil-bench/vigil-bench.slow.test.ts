import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-bench-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function bench(...words: string[]) {
  const script = new URL('./vigil-bench.ts', import.meta.url).pathname
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VIGIL_NX_')))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--budget=quick', ...words], {
    ...{ cwd: folder, encoding: 'utf8', env },
  })
  return { status, stdout, stderr }
}

const SMALL = ['--only=synthetic,nsl-kdd', '--seeds=1', '--out=bench']

describe('vigil-bench', () => {
  it('trains what is there, names what is absent, and fills a table', () => {
    const { status, stdout, stderr } = bench(...SMALL)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^nsl-kdd is absent: nsl-kdd \(give --data-dir\) is not there\.$/m)
    const { tasks } = JSON.parse(readFileSync(join(folder, 'bench', 'vigil-bench.json'), 'utf8'))
    expect(tasks.map(({ name, absent }: { name: string; absent: string | null }) => [name, absent])).toEqual([
      ['synthetic', null],
      ['nsl-kdd', 'absent: nsl-kdd'],
    ])
    const { team } = JSON.parse(readFileSync(join(folder, 'bench/synthetic/seed-1/evaluation.json'), 'utf8'))
    expect(tasks[0].experiment.runs[0].measures.rewardMean).toBe(team.rewardMean)
    const table = readFileSync(join(folder, 'bench', 'vigil-bench.md'), 'utf8')
    expect(table).toContain('these are no results')
    expect(table).toMatch(/^\| synthetic \| 1 \| /m)
  })

  it('keeps in the table what it did before of other datasets, with the same budget alone', () => {
    const { status } = bench('--only=nsl-kdd', '--seeds=1', '--out=bench')
    expect(status).toBe(0)
    const table = readFileSync(join(folder, 'bench', 'vigil-bench.md'), 'utf8')
    expect(table).toMatch(/^\| synthetic \| 1 \| [^\n]*\n\| nsl-kdd \| /m)
    const other = bench('--only=nsl-kdd', '--budget=full', '--out=bench')
    expect(other).toMatchObject({ status: 2, stderr: expect.stringMatching(/holds a bench with --budget=quick/) })
    expect(readFileSync(join(folder, 'bench', 'vigil-bench.md'), 'utf8')).toBe(table)
  })

  it('goes on where it ended, and touches no folder of somebody else', () => {
    const { status, stdout } = bench(...SMALL)
    expect(status).toBe(0)
    expect(stdout).toMatch(/^1 of 1 seeds are finished already\.$/m)
    expect(stdout).not.toContain('iteration')
    mkdirSync(join(folder, 'foreign'))
    writeFileSync(join(folder, 'foreign', 'thesis.txt'), '')
    const foreign = bench('--only=synthetic', '--out=foreign')
    expect(foreign).toMatchObject({ status: 2, stderr: expect.stringMatching(/^error BENCH_FOLDER: .*thesis\.txt/) })
  })
})
