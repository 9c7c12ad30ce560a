/** Time, units and verdicts of the command, on small traces. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkCommand } from './check-command.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stl-time-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The first object that the command prints about a trace, and the exit code. */
async function check(csv: string, formula: string, ...words: string[]) {
  const path = join(folder, 'trace.csv')
  await writeFile(path, csv)
  let stdout = ''
  const code = await checkCommand([`--formula=${formula}`, `--trace=${path}`, '--json', ...words], (text) => {
    stdout += text
  })
  return { code, ...JSON.parse(stdout.split('\n')[0]) }
}

const column = (name: string, ...cells: (number | string)[]) => `${[name, ...cells].join('\n')}\n`

describe('units', () => {
  const x = column('x', 1, 1, 1, 1, -1, 1, 1, 1)

  it('are seconds under rtamt: [0,6] is three steps of 2 s', async () => {
    expect(await check(x, 'G[0,6] (x > 0)', '--sampling-period=2s')).toMatchObject({
      code: 0,
      verdict: 'satisfied',
      bounds: [1, 1],
    })
    expect(await check(x, 'G[0,8] (x > 0)', '--sampling-period=2s')).toMatchObject({ code: 1, verdict: 'violated' })
    expect(await check(x, 'G[0,6] (x > 0)', '--sampling-period=2s', '--profile=stlcgpp')).toMatchObject({ code: 1 })
    expect(await check(x, 'G[0,6 steps] (x > 0)', '--sampling-period=2s')).toMatchObject({ code: 1 })
  })

  it('may be fractions of a second that are whole steps', async () => {
    const csv = 'req,gnt\n4,0\n0,0\n0,0\n0,5\n0,0\n'
    const formula = 'historically((req > 3) -> eventually[0.5:1.5] (gnt > 3))'
    const { code, robustness } = await check(csv, formula, '--sampling-period=500ms')
    // At step 0 the request is answered 3 steps later, with a margin of 2; a request is missed by 3 elsewhere.
    expect([code, robustness[0]]).toEqual([0, 2])
    expect(await check(csv, formula)).toMatchObject({ code: 2, error: { code: 'INTERVAL_STEPS' } })
  })
})

describe('verdicts', () => {
  const short = column('x', 1, 1, 1)

  it.each<[string, number, string, (number | string)[]]>([
    ['G[10,1000] x < 0', 4, 'inconclusive', ['-inf', 'inf']],
    ['F[0,1000] x > 5', 4, 'inconclusive', [-4, 'inf']],
    ['F[0,1000] x > 0.5', 0, 'satisfied', [0.5, 'inf']],
    ['G[0,1000] x > 5', 1, 'violated', ['-inf', -4]],
    ['G[0,1000] x < 5', 4, 'inconclusive', ['-inf', 4]],
    ['X X X x > 9', 4, 'inconclusive', ['-inf', 'inf']],
    ['G[2,2] X x > 9', 4, 'inconclusive', ['-inf', 'inf']],
    ['X X x > 9', 1, 'violated', [-8, -8]],
    ['x > 0 U[0,9] x > 5', 4, 'inconclusive', [-4, 1]],
    // Without an end an operator is about the trace that there is.
    ['G x > 0', 0, 'satisfied', [1, 1]],
    ['F x > 5', 1, 'violated', [-4, -4]],
    ['G[10,inf] x > 0', 4, 'inconclusive', ['-inf', 'inf']],
    ['G (x > 0 -> F[0,1] x > 5)', 1, 'violated', [-1, -1]],
    ['G (x > 2 -> F[0,1] x > 5)', 0, 'satisfied', [1, 1]],
    // Exactly 0: truth decides, and may be open too.
    ['F[0,9] x >= 1', 0, 'satisfied', [0, 'inf']],
    ['F[0,9] x > 1', 4, 'inconclusive', [0, 'inf']],
    ['G[0,9] x < 1', 1, 'violated', ['-inf', 0]],
  ])('%s ends with %i: %s, %j', async (formula, code, verdict, bounds) => {
    expect(await check(short, formula)).toMatchObject({ code, verdict, bounds })
  })

  it('leave the numbers of the profile alone', async () => {
    expect(await check(short, 'G[10,1000] x < 0')).toMatchObject({ robustness: ['inf', 'inf', 'inf'], satisfied: null })
    expect(await check(short, 'F[0,1000] x > 5')).toMatchObject({ robustness: [-4, -4, -4], satisfied: null })
  })

  it.each(['x = 5', 'x = 1', 'x = true', 'y = 2; x > 0', 'x = 5; x'])(
    'refuse %s, and say how to compare',
    async (formula) => {
      const result = await check(short, formula)
      expect(result).toMatchObject({ code: 2, formula })
      expect(result.error.message).toMatch(/To compare write "\w == \.\.\."/)
    },
  )

  it('one that is violated counts more than one that is open', async () => {
    const formulas = join(folder, 'formulas.txt')
    const trace = join(folder, 'short.csv')
    await writeFile(trace, short)
    const codes: number[] = []
    for (const text of ['F[0,9] x > 5\nx > 0', 'F[0,9] x > 5\nx > 5', 'x > 5\nF[0,9] x > 5\nx >']) {
      await writeFile(formulas, text)
      codes.push(await checkCommand([`--formulas=${formulas}`, `--trace=${trace}`], () => undefined))
    }
    expect(codes).toEqual([4, 1, 2])
  })
})

describe('the column time', () => {
  const at = (...times: (number | string)[]) => `time,x\n${times.map((time, i) => `${time},${i - 1}\n`).join('')}`

  it.each<[string, (number | string)[], string[], number, RegExp]>([
    ['a gap', [0, 1, 2, 500, 501], [], 5, /row 4 \(line 5 of the trace\) is not uniform: 498 s after/],
    ['no rise', [5, 3, 3, -7], [], 3, /row 2 .*is 3 s, after 5 s .* must rise/],
    ['the same twice', [0, 1, 1, 2], [], 4, /row 3 .* must rise/],
    ['a date', [0, '2026-01-01', 2], [], 3, /row 2 .* is no time/],
    ['an empty cell', [0, '', 2], [], 3, /row 2 .* is no time/],
    ['too large', [0, '1e999', 2], [], 3, /row 2 .* is no time/],
    ['infinite', [0, 1, 'inf'], [], 4, /row 3 .* is no time/],
    ['another period', [0, 1, 2], ['--sampling-period=2s'], 3, /1 s after .* given as 2 s/],
    [
      'too much jitter',
      [0, 1.2, 2, 3],
      ['--jitter=100ms'],
      4,
      /2 s after the first row, where 2 even steps .* are 2.2 to 2.6 s/,
    ],
    [
      'a gap despite jitter',
      [0, 1, 2, 4, 5],
      ['--jitter=10%'],
      5,
      /4 s after the first row, where 3 even steps .* jitter of 10 %/,
    ],
    [
      'a drift',
      [0, 1.05, 2.1, 3.15, 4.2],
      ['--jitter=10%', '--sampling-period=1s'],
      5,
      /3.15 s after the first row, where 3 even steps are 3 s/,
    ],
  ])('is refused with %s', async (_what, times, words, line, message) => {
    const result = await check(at(...times), 'x > -5', ...words)
    expect(result).toMatchObject({ code: 3, error: { code: 'TRACE_TIME', line, column: 1 } })
    expect(result.error.message).toMatch(message)
  })

  it('may have capitals, and is what jitter is about', async () => {
    for (const name of ['Time', 'TIME']) {
      const result = await check(at(0, 1, 2, 500).replace('time', name), 'x > -5')
      expect(result).toMatchObject({ code: 3, error: { code: 'TRACE_TIME', line: 5, column: 1 } })
    }
    const result = await check('x\n1\n', 'x > 0', '--jitter=1ms')
    expect(result).toMatchObject({ code: 3, error: { code: 'TRACE_TIME', line: 1 } })
    expect(result.error.message).toContain('--jitter needs a column "time"')
  })

  it('says the sampling period', async () => {
    const csv = at(0, 0.5, 1, 1.5)
    expect(await check(csv, 'G[0, 1.5] x <= 2')).toMatchObject({ code: 0, bounds: [0, 0] })
    expect(await check(csv, 'G[0, 1.5] x <= 2', '--sampling-period=500ms')).toMatchObject({ code: 0 })
    expect(await check(csv, 'G[0, 0.7] x <= 2')).toMatchObject({ code: 2, error: { code: 'INTERVAL_STEPS' } })
  })

  it('is a signal too', async () => {
    expect(await check(at(0, 2, 4), 'G time >= 0')).toMatchObject({ code: 0, robustness: [0, 2, 4] })
  })
})

describe('dense time', () => {
  const uneven = 'time,x\n0,-1\n1,-1\n2,-1\n500,1\n501,-1\n'

  it('takes rows at any times', async () => {
    expect(await check(uneven, 'F[0,3 s] x > 0')).toMatchObject({ code: 3, error: { code: 'TRACE_TIME', line: 5 } })
    expect(await check(uneven, 'F[0,3 s] x > 0', '--semantics=dense')).toEqual({
      code: 1,
      formula: 'F[0,3 s] x > 0',
      robustness: [
        [0, -1],
        [497, 1],
        [501, -1],
      ],
      verdict: 'violated',
      satisfied: false,
      bounds: [-1, -1],
    })
    expect(await check(uneven, 'F[0,600] x > 5', '--semantics=dense')).toMatchObject({ code: 4, bounds: [-4, 'inf'] })
    expect(await check(uneven, 'F[0.5:500.25] x > 0', '--semantics=dense')).toMatchObject({ code: 0 })
    expect(await check(uneven, '1 > 0', '--semantics=dense')).toMatchObject({ code: 0, bounds: [1, 1] })
  })

  it('says the same online, for formulas that look back', async () => {
    const words = ['--semantics=dense', '--online']
    const online = await check(uneven, 'once[0,0.5] x > 0', ...words)
    expect(online).toMatchObject({
      code: 1,
      robustness: [
        [0, -1],
        [500, 1],
      ],
    })
    expect(await check(uneven, 'F[0,1] x > 0', ...words)).toMatchObject({ code: 2, error: { code: 'DENSE_FUTURE' } })
  })

  it('needs times that rise, and operators that know time', async () => {
    expect(await check('x\n1\n', 'x > 0', '--semantics=dense')).toMatchObject({
      code: 3,
      error: { code: 'TRACE_TIME' },
    })
    expect(await check('time,x\n1,1\n1,2\n', 'x > 0', '--semantics=dense')).toMatchObject({ code: 3 })
    expect(await check(uneven, 'next x > 0', '--semantics=dense')).toMatchObject({
      code: 2,
      error: { code: 'NOT_DENSE' },
    })
  })

  it.each(['--sampling-period=1s', '--jitter=1ms', '--profile=stlcgpp'])('has no %s', async (word) => {
    await expect(check(uneven, 'x > 0', '--semantics=dense', word)).rejects.toThrow(/semantics=dense has/)
  })
})

describe('cells and rows', () => {
  it('are refused where a number is too large', async () => {
    const result = await check('y,x\n1,1\n1,-1e999\n', 'x > 0')
    expect(result).toMatchObject({ code: 3, error: { code: 'TRACE_VALUE', line: 3, column: 2 } })
    expect(result.error.message).toContain('"-1e999"')
    expect(await check('y,x\n1,1\n1,-1e999\n', 'y > 0')).toMatchObject({ code: 0 })
  })

  it.each<[string, string, number]>([
    ['between rows', 'x,y\n1,1\n\n2,2\n', 3],
    ['behind the header', 'x,y\n \t\n1,1\n', 2],
    ['in a single column', 'x\n1\n\n\n2\n', 4],
  ])('are refused where one is blank %s', async (_where, csv, line) => {
    expect(await check(csv, 'x > 0')).toMatchObject({ code: 3, error: { code: 'TRACE_SHAPE', line } })
  })

  it('may be blank before the header and behind the end', async () => {
    expect(await check('\n\nx,y\n1,1\n2,2\n\n \n', 'x > 0')).toMatchObject({ code: 0, robustness: [1, 2] })
  })

  it.each([
    ['CRLF, then LF', 'x,y\r\n0.1,1\r\n0.2,1\n0.3,1\n0.9,1\n'],
    ['LF, then CRLF', 'x,y\n0.1,1\r\n0.2,1\r\n0.3,1\r\n0.9,1\r\n'],
    ['CR', 'x,y\r0.1,1\r0.2,1\r0.3,1\r0.9,1\r'],
  ])('end with %s', async (_what, csv) => {
    expect(await check(csv, 'x > 0')).toMatchObject({ code: 0, robustness: [0.1, 0.2, 0.3, 0.9] })
  })
})
