import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ErrorKind, errorsOf } from '@vigil/errors'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { commandError } from './errors.ts'
import { type Command, runCommand } from './run-command.ts'

const badData = errorsOf({ ROTTEN: ['data', 'rows that are bad'] })

const HELP = { command: 'x:y', file: 'x.ts', purpose: 'Does x.', groups: [], examples: [''] }

async function outcome(error: unknown) {
  const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  await runCommand({
    help: HELP,
    async run() {
      throw error
    },
  })
  const calls = [...written.mock.calls]
  written.mockRestore()
  const text = calls.map(([chunk]) => chunk).join('')
  const code = process.exitCode
  process.exitCode = 0
  return { code, text }
}

/** What a command writes when it is given some words. */
async function withWords(words: string[], command: Command) {
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += chunk
      return true
    })
  }
  const line = process.argv
  process.argv = [line[0], line[1], ...words]
  try {
    await runCommand(command)
  } finally {
    process.argv = line
    process.exitCode = 0
    vi.restoreAllMocks()
  }
  return written
}

const streams = [process.stdout, process.stderr]
const listeners = streams.map((stream) => stream.listeners('error'))
afterEach(() => {
  vi.restoreAllMocks()
  for (const [index, stream] of streams.entries()) {
    const added = stream.listeners('error').filter((listener) => !listeners[index].includes(listener))
    for (const listener of added) stream.off('error', listener as () => void)
  }
})

describe('runCommand', () => {
  it('ends a mistake with one line and the code of its kind', async () => {
    expect(await outcome(commandError('UNKNOWN_FLAG', 'No such flag.'))).toEqual({
      code: 2,
      text: 'error UNKNOWN_FLAG: No such flag.\n',
    })
    expect(await outcome(badData('ROTTEN', 'Bad rows.'))).toEqual({ code: 3, text: 'error ROTTEN: Bad rows.\n' })
  })

  it('tells what went wrong first where what was open did not close either', async () => {
    const both = new SuppressedError(new Error('not closed'), badData('ROTTEN', 'Bad rows.'))
    expect(await outcome(both)).toEqual({ code: 3, text: 'error ROTTEN: Bad rows.\n' })
  })

  it('with --verbose has a line for each of what went wrong behind the first', async () => {
    const inner = new SuppressedError(new Error('not closed'), badData('ROTTEN', 'Bad rows.'))
    const run = async () => {
      throw new SuppressedError(new Error('not given\nback'), inner)
    }
    const { stderr } = await withWords(['--verbose'], { help: HELP, run })
    const lines = stderr.trimEnd().split('\n')
    expect(lines[0]).toBe('error ROTTEN: Bad rows.')
    expect(lines.slice(-2)).toEqual([
      'behind it: Error: not closed',
      expect.stringMatching(/^behind it: Error: not given.*back$/),
    ])
  })

  it('ends every kind of error with the exit code that docs/errors.md promises', async () => {
    const page = await readFile(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
    const promised = [...page.matchAll(/^\| (usage|data|failure) \| (\d) \|/gm)]
    expect(promised).toHaveLength(3)
    for (const [, kind, code] of promised) {
      const error = errorsOf({ ODD: [kind as ErrorKind, 'something odd'] })('ODD', 'Odd.')
      expect(await outcome(error)).toEqual({ code: Number(code), text: 'error ODD: Odd.\n' })
    }
  })

  it.each([
    [
      systemError('EMFILE', 'open', 'a/b.csv'),
      /^error EMFILE: open a\/b\.csv: this process may not open more files \(EMFILE\)\. Raise/,
    ],
    [systemError('ENOSPC', 'write'), /^error ENOSPC: write: no space is left on the device \(ENOSPC\)\. Make room/],
    [
      systemError('EADDRINUSE', 'listen'),
      /^error EADDRINUSE: listen: another process listens there \(EADDRINUSE\)\. End it/,
    ],
    [systemError('ENOENT', 'uv_cwd'), /^error ENOENT: The folder that you stand in is gone\. Go to one/],
    [systemError('EXYZ', 'mkdir', 'x\x1b[2J'), /^error EXYZ: mkdir x\\x1b\[2J: it failed\. Put that right/],
    [new RangeError('Array buffer allocation failed'), /^error MEMORY: .*Array buffer allocation failed\. Use fewer/],
    [new RangeError('WebAssembly.Memory(): could not allocate memory'), /^error MEMORY: /],
    [Object.assign(new Error('limit'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }), /^error MEMORY: /],
    [
      Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' }),
      /^error ERR_WORKER_INIT_FAILED: No more threads/,
    ],
  ])('says in one line what the machine refuses: %s', async (error, line) => {
    const { code, text } = await outcome(error)
    expect(code).toBe(1)
    expect(text).toMatch(line)
    expect(text.match(/\n/g)).toHaveLength(1)
  })

  describe.each([['--json'], ['--json=true']])('with %s', (flag) => {
    it('gives what the command came to in one line, and its texts on stderr', async () => {
      const { stdout, stderr } = await withWords([flag, '--out=x'], {
        help: HELP,
        async run({ words }) {
          process.stdout.write('written\n')
          return { words, line: '\u2028' }
        },
      })
      expect(stderr).toBe('written\n')
      expect(stdout).toBe('{"command":"x:y","exitCode":0,"result":{"words":["--out=x"],"line":"\\u2028"}}\n')
    })

    it('gives the size and the hash of each file that was made', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'vigil-json-'))
      const path = join(folder, 'made')
      const { stdout } = await withWords([flag], {
        help: HELP,
        async run() {
          await writeFile(path, 'abc')
          const elsewhere = { path: join(folder, 'elsewhere'), what: 'gone' }
          return { rows: 7, files: [{ path, what: 'letters' }, elsewhere] }
        },
      })
      // FIPS 180-2, appendix B.1.
      const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
      expect(JSON.parse(stdout).result).toEqual({
        rows: 7,
        files: [
          { path, what: 'letters', bytes: 3, sha256 },
          { path: join(folder, 'elsewhere'), what: 'gone', bytes: null, sha256: null },
        ],
      })
      await rm(folder, { recursive: true })
    })

    it('gives the error in JSON beside its line', async () => {
      const { stdout, stderr } = await withWords([flag], {
        help: HELP,
        run: async () => {
          throw badData('ROTTEN', 'Bad rows.')
        },
      })
      expect(stderr).toBe('error ROTTEN: Bad rows.\n')
      expect(JSON.parse(stdout)).toEqual({
        ...{ command: 'x:y', exitCode: 3 },
        error: { code: 'ROTTEN', message: 'Bad rows.' },
      })
    })
  })

  it('with --quiet keeps all texts but those of an error, and the line of --json', async () => {
    const written = vi.fn()
    const run = async ({ words }: { readonly words: string[] }) => {
      process.stdout.write('text\n', written)
      process.stderr.write('progress\n')
      if (words.length > 0) throw badData('ROTTEN', 'Bad rows.')
      return { rows: 7 }
    }
    const done = async (...words: string[]) => await withWords(words, { help: HELP, run })
    expect(await done('--quiet')).toEqual({ stdout: '', stderr: '' })
    // Whoever waits for a text to be written waits no longer.
    await vi.waitFor(() => expect(written).toHaveBeenCalledOnce())
    expect(await done('--quiet', 'x')).toEqual({ stdout: '', stderr: 'error ROTTEN: Bad rows.\n' })
    const line = '{"command":"x:y","exitCode":0,"result":{"rows":7}}\n'
    expect(await done('--json', '--quiet')).toEqual({ stdout: line, stderr: '' })
    expect(await done('--quiet=false')).toEqual({ stdout: 'text\n', stderr: 'progress\n' })
    expect(await done('--quiet', 'off')).toEqual({ stdout: 'text\n', stderr: 'progress\n' })
    expect(await done('--quiet=perhaps')).toEqual({
      stdout: '',
      stderr: expect.stringMatching(/^error INVALID_VALUE: --quiet must be true or false/),
    })
  })

  it('with --verbose shows where an error came up, and its cause, behind its line', async () => {
    const cause = new Error('the disk')
    const run = async () => {
      throw badData('ROTTEN', 'Bad rows.', { cause })
    }
    const { stderr } = await withWords(['--verbose'], { help: HELP, run })
    expect(stderr).toMatch(/^error ROTTEN: Bad rows\.\n/)
    expect(stderr).toContain(import.meta.filename)
    expect(stderr).toMatch(/\[cause\]: Error: the disk/)
    expect((await withWords([], { help: HELP, run })).stderr).toBe('error ROTTEN: Bad rows.\n')
    const streaming = await withWords(['--verbose'], { help: HELP, run, isStreaming: true })
    expect(streaming.stderr).toMatch(/\[cause\]: Error: the disk/)
  })

  it.each([
    ['a timer throws', "setTimeout(() => { throw new RangeError('x') })", [1, null, 'x']],
    [
      'a signal ends the command at once',
      "stop.onRequest(() => undefined)(); process.kill(process.pid, 'SIGTERM')",
      [143, null, 'Stopped by SIGTERM.'],
    ],
  ])('gives the line of JSON also where %s', (_, work, [exitCode, code, message]) => {
    const script = `
      const { runCommand } = await import(${JSON.stringify(new URL('./run-command.ts', import.meta.url).href)})
      const run = async ({ stop }) => { console.log('begun'); ${work}; await new Promise((end) => setTimeout(end, 60_000)) }
      await runCommand({ help: ${JSON.stringify(HELP)}, run })`
    const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined }
    const words = ['--input-type=module', '-e', script, 'x', '--json']
    const ended = spawnSync(process.execPath, words, { env, encoding: 'utf8' })
    expect(ended.status).toBe(exitCode)
    expect(JSON.parse(ended.stdout)).toEqual({ command: 'x:y', exitCode, error: { code, message } })
    expect(ended.stderr).toMatch(/^begun\n.+\n$/s)
  })

  it('leaves --json to commands that have their own, or write data as long as they run', async () => {
    const flags = [{ name: 'json', about: 'JSON in place of text' }]
    const run = async ({ words }: { words: string[] }) => void process.stdout.write(words.join())
    const own = { help: { ...HELP, groups: [{ title: 'Flags', flags }] }, run }
    expect(await withWords(['--json'], own)).toEqual({ stdout: '--json', stderr: '' })
    expect(await withWords(['--json'], { help: HELP, run, isStreaming: true })).toEqual({
      stdout: '--json',
      stderr: '',
    })
    expect((await withWords(['--json=perhaps'], { help: HELP, run })).stderr).toMatch(
      /^error INVALID_VALUE: --json must/,
    )
    expect(await withWords(['--json=false'], { help: HELP, run })).toEqual({ stdout: '', stderr: '' })
  })

  it('bounds what it says, whatever an error holds', async () => {
    expect((await outcome(commandError('INVALID_VALUE', 'x'.repeat(1e8)))).text.length).toBeLessThan(5000)
    expect((await outcome(new Error('x'.repeat(1e8)))).text.length).toBeLessThan(5000)
    expect((await outcome(systemError('ENOENT', 'open', 'x'.repeat(1e7)))).text.length).toBeLessThan(5000)
  })

  it.each([
    new TypeError('x is not a function'),
    Object.assign(new RangeError('too big'), { code: 'ERR_OUT_OF_RANGE' }),
  ])('shows the stack of a defect: %s', async (error) => {
    const { code, text } = await outcome(error)
    expect(code).toBe(1)
    expect(text).toMatch(/defect of Vigil/)
    expect(text).toContain(error.stack)
  })
})

function systemError(code: string, syscall: string, path?: string): Error {
  return Object.assign(new Error('it failed'), { code, syscall, ...(path === undefined ? {} : { path }) })
}
