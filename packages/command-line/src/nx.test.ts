import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { name, postTasksExecution, preTasksExecution } from '../nx-plugin.mjs'
import { commandLine, reportExitCode } from './nx.ts'

/** What nx would pass on of a command line, and what the plugin saw of it. */
function through(words: readonly string[], passed: readonly string[]): string[] {
  preTasksExecution(undefined, { argv: ['node', 'nx', 'run', 'learner:train', ...words] })
  const line = commandLine([...passed])
  postTasksExecution()
  return line
}

describe('commandLine', () => {
  it('gets back the flags that nx keeps', () => {
    expect(through(['--seed=1', '--agents=3'], ['--seed=1'])).toEqual(['--seed=1', '--agents=3'])
    expect(through(['--agents', '3', '--seed=1'], ['3', '--seed=1'])).toEqual(['--agents=3', '--seed=1'])
    expect(through(['--seed=1'], ['--seed=1'])).toEqual(['--seed=1'])
  })

  it('is the plain command line without nx', () => {
    expect(commandLine(['--agents=3'], {})).toEqual(['--agents=3'])
  })
})

describe('the nx plugin', () => {
  it('has a name, and takes the exit code that the command reports', () => {
    expect(name).toBe('vigil-command-line')
    preTasksExecution(undefined, { argv: [] })
    const file = process.env.VIGIL_NX_EXIT_CODE_FILE!
    reportExitCode(3)
    const before = process.listeners('exit')
    postTasksExecution()
    const [listener] = process.listeners('exit').filter((added) => !before.includes(added))
    const kept = process.exitCode
    listener(1)
    expect(process.exitCode).toBe(3)
    process.exitCode = kept
    process.off('exit', listener)
    expect(existsSync(file)).toBe(false)
  })
})
