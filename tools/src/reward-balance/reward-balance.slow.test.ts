import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const COMMAND = fileURLToPath(new URL('./reward-balance.ts', import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-reward-balance-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function run(words: readonly string[], environment: Record<string, string> = {}) {
  const { VIGIL_NX_COMMAND_LINE: _words, VIGIL_NX_EXIT_CODE_FILE: _file, ...inherited } = process.env
  const env = { ...inherited, ...environment }
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe('reward-balance', () => {
  it('prints the table', () => {
    const { status, stdout, stderr } = run(['--threat-rate=0.089', '--samples=2000'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^right on 85 % +-0\.0143 /m)
  })

  it('prints JSON alone', () => {
    const { status, stdout } = run(['--json', '--threat-rate=0.089', '--samples=2000', '--seed=7'])
    expect(status).toBe(0)
    const report = JSON.parse(stdout)
    expect(report.policies[0]).toMatchObject({ name: 'always-allow', simulated: { agrees: true } })
    expect(report.policies[0].expectedReward).toBeCloseTo(0.021, 12)
    expect(report.bands.map(({ action }: { action: string }) => action)).toEqual(['allow', 'alert', 'block'])
    expect(report.bands[1].from).toBeCloseTo(0.2, 12)
    expect(report.withoutSignal.optima).toEqual(['always-allow'])
    expect(report.simulation).toEqual({ samples: 2000, seed: 7, threatRate: 0.089, agrees: true })
  })

  it('writes the same JSON to a file, beside the table, and leaves nothing else', () => {
    const words = ['--samples=2000', '--preset=earlier']
    const { status, stdout } = run(['--json=balance.json', ...words])
    expect(status).toBe(0)
    expect(stdout).toContain('preset earlier')
    expect(stdout).toContain('JSON: balance.json')
    expect(readdirSync(folder)).toEqual(['balance.json'])
    expect(readFileSync(join(folder, 'balance.json'), 'utf8')).toBe(run(['--json', ...words]).stdout)
  })

  it.each([
    [['--treat-rate=0.1'], 'error UNKNOWN_FLAG: There is no flag --treat-rate. Did you mean --threat-rate?\n'],
    [['--right=1.5', '--json'], /^error INVALID_VALUE: --right must be a number from 0 to 1 .*, but is "1.5"\.\n$/],
    [
      ['--json=missing/balance.json', '--samples=100'],
      /^error OUTPUT_FILE: missing\/balance\.json cannot be written: .*\n$/,
    ],
  ])('ends %j with 2 and one line', (words, message) => {
    const { status, stdout, stderr } = run(words)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    if (typeof message === 'string') expect(stderr).toBe(message)
    else expect(stderr).toMatch(message)
  })

  it('tells nx its exit code, and refuses the flags that nx kept', () => {
    const file = join(folder, 'exit-code')
    const words = JSON.stringify(['--agents=3'])
    const { status, stderr } = run([], { VIGIL_NX_COMMAND_LINE: words, VIGIL_NX_EXIT_CODE_FILE: file })
    expect(status).toBe(2)
    expect(stderr).toContain('There is no flag --agents.')
    expect(readFileSync(file, 'utf8')).toBe('2')
  })

  it('explains itself', () => {
    const { status, stdout } = run(['--help'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/--threat-rate=SHARE [^-]*default\s+0\.1093/)
  })
})
