import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const COMMAND = fileURLToPath(new URL('./simulate-command.ts', import.meta.url))

function simulate(...words: string[]) {
  const { VIGIL_NX_COMMAND_LINE: _words, VIGIL_NX_EXIT_CODE_FILE: _file, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], { env, encoding: 'utf8' })
  return { status, stdout, stderr }
}

describe('simulate', () => {
  it('says what was run', () => {
    const { status, stdout, stderr } = simulate('--runs=20', '--seed=7')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^20 runs, \d+ messages, 15 runs with real signatures$/m)
    expect(stdout).toBe(simulate('--runs=20', '--seed=7').stdout)
  })

  it('gives the same as JSON', () => {
    const { result } = JSON.parse(simulate('--runs=2', '--seed=7', '--json').stdout)
    expect(result.runs).toBe(2)
    const [, messages] = / (\d+) messages/.exec(simulate('--runs=2', '--seed=7').stdout)!
    expect(result.messages).toBe(Number(messages))
  })

  it('refuses parts that a seed does not have, and unknown flags', () => {
    const parts = simulate('--runs=1', '--seed=7', '--without=partition.9')
    expect(parts.status).toBe(2)
    expect(parts.stderr).toContain('--without has "partition.9", but seed 7 has ')
    expect(simulate('--run=1')).toMatchObject({ status: 2, stderr: expect.stringContaining('--runs') })
  })
})
