import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it, vi } from 'vitest'
import { assertNode, isForReading, name, postTasksExecution, preTasksExecution } from '../nx-plugin.mjs'
import { commandLine, keepFromChildren, reportExitCode } from './nx.ts'
import { withoutOutputFlags } from './output-flags.ts'

/** What a command sees of a line that nx was called with. */
function through(...words: string[]): string[] {
  preTasksExecution(undefined, { argv: ['node', 'nx', ...words] })
  const line = commandLine(['what', 'nx', 'passes'])
  postTasksExecution(undefined, { taskResults: {} })
  delete process.env.VIGIL_NX_COMMAND_LINE
  return line
}

describe('commandLine', () => {
  it('has every word as it was written, those that nx keeps and those that a shell would change', () => {
    expect(through('run', 'learner:train', '--seed=1', '--agents', '3', '--out=$(touch x) `y` $HOME')).toEqual([
      '--seed=1',
      '--agents',
      '3',
      '--out=$(touch x) `y` $HOME',
    ])
    expect(through('train', 'learner', '--agents=3')).toEqual(['--agents=3'])
  })

  it('leaves out what is meant for nx', () => {
    expect(through('--verbose', 'run', 'learner:train', '--skip-nx-cache', '--outputStyle=static', '--seed=1')).toEqual(
      ['--seed=1'],
    )
  })

  it('leaves out the -- that is for nx', () => {
    expect(through('run', 'learner:train', '--', '--seed=1', '--', 'x')).toEqual(['--seed=1', '--', 'x'])
  })

  it('is the plain command line where nx runs many tasks, and without nx', () => {
    expect(through('run-many', '-t', 'test')).toEqual(['what', 'nx', 'passes'])
    expect(commandLine(['--agents=3'], {})).toEqual(['--agents=3'])
  })
})

/** What nx itself makes of four runs: with a list of tasks, with nothing to recommend, with one recommendation, with two. */
function adviceOfNx(): string[] {
  const { formatReport } = createRequire(import.meta.url)('nx/src/tasks-runner/life-cycles/performance-report.js') as {
    formatReport: (summary: object) => string
  }
  const slow = { runDuration: 92_000, criticalPathDuration: 92_000, criticalPathTaskCount: 4 }
  const cached = { cacheHits: 0, cacheableCount: 8, cacheSkipped: false, cloudOptedOut: true }
  const recoverable = { recoverableByParallel: 0, recoverableByMachines: 0 }
  const summary = { ...slow, ...cached, ...recoverable, criticalPathTop: [{ id: 'learner:train', duration: 9000 }] }
  const fast = { runDuration: 1000, cacheableCount: 0 }
  return [{}, fast, { recoverableByParallel: 60_000 }, { cloudOptedOut: false }].map(
    (other) => `${formatReport({ ...summary, ...other })}\n`,
  )
}

describe('the nx plugin', () => {
  /** The listeners that the plugin adds to nx's exit when a command has reported 3 and its task ended as `status`. */
  function exitListeners(status: string) {
    preTasksExecution(undefined, { argv: ['node', 'nx', 'run', 'learner:train'] })
    const file = process.env.VIGIL_NX_EXIT_CODE_FILE!
    reportExitCode(3)
    const before = process.listeners('exit')
    postTasksExecution(undefined, { taskResults: { 'learner:train': { status } } })
    delete process.env.VIGIL_NX_COMMAND_LINE
    delete process.env.VIGIL_NX_EXIT_CODE_FILE
    expect(existsSync(file)).toBe(false)
    return process.listeners('exit').filter((added) => !before.includes(added))
  }

  it.each([
    ...['--json', '--json=true', '--json=TRUE', '--json=yes', '--json=On', '--json yes', '--json --seed=1'],
    ...['--json=false', '--json=no', '--json=OFF', '--json off', '--json no --seed=1', '--jso', '--seed=yes'],
  ])('is silent where the command takes %s for its line of JSON, and only there', (line) => {
    const words = line.split(' ')
    for (const name of ['json', 'quiet'] as const) {
      const own = words.map((word) => word.replace('json', name))
      expect(isForReading(own)).toBe(withoutOutputFlags(own, [name]).asked[name])
    }
  })

  it('leaves out what nx advises after a command, and nothing else', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    preTasksExecution(undefined, { argv: ['node', 'nx', 'run', 'learner:train'] })
    const advice = adviceOfNx()
    const said = [
      'Run duration: 3\n',
      'Critical path: 4\n',
      ...advice.flatMap((a) => [`12 rows\n${a}`, `${a}12 rows\n`]),
    ]
    for (const text of said) process.stdout.write(text)
    for (const text of advice) await new Promise((resolve) => process.stdout.write(text, resolve))
    await postTasksExecution(undefined, { taskResults: {} })
    process.stdout.write(advice[0])
    expect(write.mock.calls.map(([text]) => text)).toEqual([...said, advice[0]])
    vi.restoreAllMocks()
    delete process.env.VIGIL_NX_COMMAND_LINE
    delete process.env.VIGIL_NX_EXIT_CODE_FILE
  })

  it('has a name, and ends nx with the code that a failed command reports', () => {
    expect(name).toBe('vigil-command-line')
    const [listener] = exitListeners('failure')
    const kept = process.exitCode
    listener(1)
    expect(process.exitCode).toBe(3)
    process.exitCode = kept
    process.off('exit', listener)
  })

  it.each([
    ['stopped', {}],
    ['nothing', null],
  ])('ends nx with the code of a command that a signal ended: %s', (status, result) => {
    preTasksExecution(undefined, { argv: ['node', 'nx', 'run', 'learner:train'] })
    const before = process.listeners('exit')
    reportExitCode(143)
    postTasksExecution(undefined, { taskResults: result === null ? {} : { 'learner:train': { status } } })
    const [listener] = process.listeners('exit').filter((added) => !before.includes(added))
    const kept = process.exitCode
    listener(1)
    expect(process.exitCode).toBe(143)
    process.exitCode = kept
    process.off('exit', listener)
    delete process.env.VIGIL_NX_COMMAND_LINE
    delete process.env.VIGIL_NX_EXIT_CODE_FILE
  })

  it('hands nothing over to commands that a command starts, and hears its exit code all the same', async () => {
    preTasksExecution(undefined, { argv: ['node', 'nx', 'run', 'tools:scale', '--processes=2'] })
    const file = process.env.VIGIL_NX_EXIT_CODE_FILE!
    keepFromChildren()
    expect(Object.keys(process.env).filter((name) => name.startsWith('VIGIL_NX_'))).toEqual([])
    expect(commandLine(['--server=x'])).toEqual(['--server=x'])
    reportExitCode(3)
    expect(readFileSync(file, 'utf8')).toBe('3')
    await postTasksExecution(undefined, { taskResults: { 'tools:scale': { status: 'success' } } })
    keepFromChildren()
  })

  it('refuses a Node without TypeScript in one line', () => {
    const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never)
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    assertNode({ features: {}, version: 'v20.20.2' })
    const [text] = write.mock.calls.map(([chunk]) => String(chunk))
    expect(text).toMatch(/^error NODE: Vigil runs on Node 24, .* this is v20\.20\.2: .*npm ci.*\n$/)
    expect(exit).toHaveBeenCalledWith(1)
    write.mockClear()
    assertNode(process)
    expect(write).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })

  it('leaves a run that succeeded alone, whatever its tests reported', () => {
    expect(exitListeners('success')).toEqual([])
  })
})
