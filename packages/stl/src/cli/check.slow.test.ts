import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { COMMAND_ERRORS } from '@vigil/command-line'
import { isErrorOf } from '@vigil/errors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkCommand } from './check-command.ts'

const csv = 'time,x,y,label\n0,0.1,1,a\n1,0.7,-1,b\n2,0.2,nan,c\n3,-0.3,,d\n'
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stl-check-'))
  const files: Record<string, string> = {
    'trace.csv': csv,
    'untimed.csv': 'x\n0.1\n0.7\n0.2\n-0.3\n',
    'formulas.txt': '# two that hold\nG (x < 0.8)\n\n// another\n  F x > 0.5  \n',
    'ragged.csv': 'x,y\n1,2\n3\n',
    'twice.csv': 'x,x\n1,2\n',
    'quote.csv': 'x\n"1\n',
    'header.csv': 'x,y\n',
    'empty.csv': '',
    'words.csv': 'x,y\n1,1\n2,constructor\n__proto__,2\n',
    'infinite.csv': '\uFEFFx,"a b"\r\ninf,true\r\n-inf,false\r\n1e-3,+.5\r\n',
  }
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)))
})
afterAll(() => rm(folder, { recursive: true }))

async function check(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const paths = words.map((word) => word.replace(/^(?:--(?:trace|formulas)=)?[\w.]+\.(?:csv|txt)$|^\.$/, inFolder))
  let stdout = ''
  try {
    const code = await checkCommand(paths, (text) => {
      stdout += text
    })
    return { code, stdout, stderr: '' }
  } catch (error) {
    if (!isErrorOf(COMMAND_ERRORS, error)) throw error
    return { code: 2, stdout, stderr: error.message }
  }
}

function inFolder(word: string): string {
  const [flag, name] = word.startsWith('--') ? word.split('=') : [null, word]
  return `${flag === null ? '' : `${flag}=`}${join(folder, name)}`
}

const json = ({ stdout }: { stdout: string }) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('stl:check', () => {
  it('ends with 0 when all hold, and prints one object per formula', async () => {
    const result = await check('--formulas=formulas.txt', '--trace=trace.csv', '--json')
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const objects = json(result)
    expect(objects.map(({ formula, satisfied }) => [formula, satisfied])).toEqual([
      ['G (x < 0.8)', true],
      ['F x > 0.5', true],
    ])
    expect(objects[1].robustness).toEqual([0.7 - 0.5, 0.7 - 0.5, 0.2 - 0.5, -0.3 - 0.5])
  })

  it('ends with 1 when one is violated, and points at the first violation', async () => {
    const result = await check('--formula', 'ok = x < 0.5; G (time >= 0 and ok)', '--trace', 'trace.csv')
    expect(result.code).toBe(1)
    expect(result.stdout).toBe(
      'violated   ok = x < 0.5; G (time >= 0 and ok)   robustness -0.2\n' +
        '  first violation at step 1 (line 3 of the trace): x < 0.5 has robustness -0.2 with x = 0.7\n',
    )
  })

  it('writes infinities as words, and decides a robustness of 0 by truth', async () => {
    const infinite = await check('--formula=G[1,1] x', '--trace=infinite.csv', '--json')
    expect(json(infinite)).toEqual([
      {
        formula: 'G[1,1] x',
        robustness: ['-inf', 0.001, 'inf'],
        verdict: 'violated',
        satisfied: false,
        bounds: ['-inf', '-inf'],
      },
    ])
    const quoted = await check('--formula="a b" >= 1', '--trace=infinite.csv', '--json')
    expect(json(quoted)[0]).toMatchObject({ robustness: [0, -1, -0.5], satisfied: true })
    const strict = await check('--formula="a b" > 1', '--trace=infinite.csv', '--json')
    expect(json(strict)[0]).toMatchObject({ robustness: [0, -1, -0.5], satisfied: false })
  })

  it('says the same online, but for formulas without an end', async () => {
    const bounded = ['--formula=F[0,2](x > 0.5) -> H (x < 1)', '--trace=trace.csv', '--json']
    const [offline, online] = await Promise.all([check(...bounded), check(...bounded, '--online')])
    expect(online).toEqual(offline)
    const endless = await check('--formula=F (x > 0.5)', '--trace=trace.csv', '--json', '--online')
    expect(endless.code).toBe(2)
    expect(json(endless)[0].error).toMatchObject({ code: 'UNBOUNDED_FUTURE', line: 1, column: 1 })
  })

  it('has profiles, constants and a sampling period', async () => {
    const words = ['--formula=G[1s,2s] x < limit', '--trace=trace.csv', '--constants=limit=0.5,other=1', '--json']
    words[1] = '--trace=untimed.csv'
    const rtamt = await check(...words, '--sampling-period=500ms')
    const stlcgpp = await check(...words, '--sampling-period', '0.5', '--profile=stlcgpp')
    expect(json(rtamt)[0].robustness).toEqual([0.5 - 0.2, 0.8, 'inf', 'inf'])
    expect(json(stlcgpp)[0].robustness).toEqual([0.5 - 0.2, 0.8, 0.8, 0.8])
  })

  it.each([
    ['x <', 2, { code: 'SYNTAX', line: 1, column: 4 }],
    ['foo > 1', 2, { code: 'UNKNOWN_SIGNAL', line: 1, column: 1 }],
    ['G[2,1] x', 2, { code: 'INTERVAL_INVERTED', line: 1, column: 2 }],
    ['x > 1 / (time - 2)', 3, { code: 'DIVISION_BY_ZERO', line: 1, column: 5 }],
    ['y > 0', 3, { code: 'TRACE_VALUE', line: 4, column: 3 }],
    ['label > 0', 3, { code: 'TRACE_VALUE', line: 2, column: 4 }],
  ])('%s ends with %i and an error with its place', async (formula, code, error) => {
    const result = await check('--formula', formula, '--trace=trace.csv', '--json')
    expect(result.code).toBe(code)
    expect(json(result)).toMatchObject([{ formula, error }])
  })

  it.each([
    ['x > 0', { code: 'TRACE_VALUE', line: 4, column: 1 }],
    ['y > 0', { code: 'TRACE_VALUE', line: 3, column: 2 }],
  ])('%s ends with 3 for a word that objects know, but no number is', async (formula, error) => {
    const result = await check('--formula', formula, '--trace=words.csv', '--json')
    expect(result.code).toBe(3)
    expect(json(result)).toMatchObject([{ formula, error }])
  })

  it('shows the place of an error to people', async () => {
    const result = await check('--formula=G (x < 1 and z < 2)', '--trace=trace.csv')
    expect(result.code).toBe(2)
    expect(result.stdout).toContain('UNKNOWN_SIGNAL: line 1, column 14:')
    expect(result.stdout).toContain('    G (x < 1 and z < 2)\n                 ^\n')
  })

  it.each([
    ['none.csv', { code: 'TRACE_FILE', line: 1 }, 'cannot be read: there is no such file or folder (ENOENT)'],
    ['.', { code: 'TRACE_FILE', line: 1 }, 'cannot be read: it is a folder, not a file (EISDIR)'],
    ['ragged.csv', { code: 'TRACE_SHAPE', line: 3, column: 2 }, 'expected 2 cells as in the header, found 1'],
    ['twice.csv', { code: 'TRACE_FILE', line: 1, column: 2 }, 'the name "x" of an earlier one'],
    ['quote.csv', { code: 'TRACE_FILE' }, 'is no CSV'],
    ['header.csv', { code: 'TRACE_EMPTY', line: 2 }, 'has a header, but no row'],
    ['empty.csv', { code: 'TRACE_EMPTY', line: 1 }, 'is empty'],
  ])('%s ends with 3', async (trace, error, message) => {
    const result = await check('--formula=x > 0', '--trace', trace, '--json')
    expect(result.code).toBe(3)
    expect(json(result)).toMatchObject([{ formula: 'x > 0', error }])
    expect(json(result)[0].error.message).toContain(message)
  })

  it.each([
    [[], 'Give either --formula'],
    [['--formula=x', '--formulas=f.txt', '--trace=t.csv'], 'Give either --formula'],
    [['--formula=x'], '--trace is needed'],
    [['--formula=x', '--trace=trace.csv', '--profile=other'], 'must be one of rtamt, stlcgpp'],
    [['--formula=x', '--trace=trace.csv', '--constants=c'], '--constants must look like'],
    [['--formula=x', '--trace=trace.csv', '--constants=c=1,y=2'], '--constants must not have the name of a column'],
    [['--formula=x', '--trace=trace.csv', '--sampling-period=0'], '--sampling-period must look like'],
    [['--formula=x', '--trace=trace.csv', '--online=maybe'], '--online must be true or false'],
    [['--formulas=none.txt', '--trace=trace.csv'], 'none.txt cannot be read'],
    [['--formulas=empty.csv', '--trace=trace.csv'], 'has no formula'],
    [['--formulla=x'], 'Did you mean --formula?'],
  ])('%j is a mistake of usage', async (words, message) => {
    const result = await check(...words)
    expect(result).toMatchObject({ code: 2, stdout: '' })
    expect(result.stderr).toContain(message)
  })
})

it('the command prints to stdout and ends with the code', async () => {
  // Without the variables by which nx hands over its own command line.
  const { VIGIL_NX_COMMAND_LINE: _line, VIGIL_NX_EXIT_CODE_FILE: _file, ...env } = process.env
  const words = [join(import.meta.dirname, 'check.ts'), '--formula=x < 0.5', '--trace=trace.csv', '--json']
  const run = promisify(execFile)
  const { stdout, stderr } = await run(process.execPath, words, { cwd: folder, env })
  expect([JSON.parse(stdout).satisfied, stderr]).toEqual([true, ''])
  words[1] = '--formula=x > 0.5'
  await expect(run(process.execPath, words, { cwd: folder, env })).rejects.toMatchObject({ code: 1, stderr: '' })
})
