import { afterEach, describe, expect, it, vi } from 'vitest'
import { UsageError } from './errors.ts'
import { runCommand } from './run-command.ts'

class BadDataError extends Error {
  override readonly name = 'BadDataError'
  readonly code = 'ROTTEN'
}

async function outcome(error: unknown) {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const kinds = { usage: () => false, badData: (e: Error) => e instanceof BadDataError }
  await runCommand(async () => {
    throw error
  }, kinds)
  const calls = [...written.mock.calls]
  written.mockRestore()
  const text = calls.map(([chunk]) => chunk).join('')
  const code = process.exitCode
  process.exitCode = 0
  return { code, text }
}

afterEach(() => vi.restoreAllMocks())

describe('runCommand', () => {
  it('ends a mistake with one line and the code of its kind', async () => {
    expect(await outcome(new UsageError('UNKNOWN_FLAG', 'No such flag.'))).toEqual({
      code: 2,
      text: 'error UNKNOWN_FLAG: No such flag.\n',
    })
    expect(await outcome(new BadDataError('Bad rows.'))).toEqual({ code: 3, text: 'error ROTTEN: Bad rows.\n' })
  })

  it.each([
    new TypeError('x is not a function'),
    Object.assign(new Error('EMFILE'), { code: 'EMFILE' }),
    Object.assign(new RangeError('too big'), { code: 'ERR_OUT_OF_RANGE' }),
  ])('shows the stack of a defect: %s', async (error) => {
    const { code, text } = await outcome(error)
    expect(code).toBe(1)
    expect(text).toMatch(/defect of Vigil/)
    expect(text).toContain(error.stack)
  })
})
