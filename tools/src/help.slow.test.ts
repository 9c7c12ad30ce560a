import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)

/** Every command, by the name by which nx knows it, with the file that nx runs. */
const COMMANDS = [
  'packages/actors/package.json',
  'packages/lab/package.json',
  'packages/learner/package.json',
  'packages/data/package.json',
  'packages/environments/package.json',
  'packages/service/package.json',
  'packages/stl/package.json',
  'packages/agreement/consensus/project.json',
  'tools/package.json',
].flatMap((file) => {
  const manifest = JSON.parse(readFileSync(new URL(file, ROOT), 'utf8'))
  const { name, nx = manifest } = manifest
  return Object.entries(nx.targets as Record<string, { options?: { command: string; env?: object } }>).flatMap(
    ([target, { options }]) =>
      options?.command.startsWith('exec node ')
        ? [
            [
              `${name.replace('@vigil/', '')}:${target}`,
              options.command.replace('exec node ', ''),
              { isStreaming: options.env !== undefined && 'VIGIL_NX_STREAMS' in options.env },
            ] as const,
          ]
        : [],
  )
})

describe('help', () => {
  it('knows every command', () => {
    expect(COMMANDS.map(([name]) => name)).toEqual(
      expect.arrayContaining(['learner:train', 'learner:evaluate', 'stl:check', 'consensus:simulate', 'tools:doctor']),
    )
  })

  it.each(COMMANDS)('%s explains itself on stdout', (name, file, { isStreaming }) => {
    const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined }
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, '--seed=abc', '--help'], {
      cwd: ROOT,
      encoding: 'utf8',
      env,
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(`npx nx run ${name} `)
    expect(stdout).toContain(`npx node ${file} `)
    for (const part of ['\nExamples:\n', '\nExit codes: 0 ', '\n  --']) expect(stdout).toContain(part)
    // What it comes to is JSON for whoever asks, unless its output is data as long as it runs.
    expect(/^ {2}--json\b/m.test(stdout)).toBe(!isStreaming)
    // Plain text in a pipe.
    const controlMark = String.fromCharCode(27)
    expect(stdout).not.toContain(controlMark)
  })
})

it.each(COMMANDS.filter(([, , { isStreaming }]) => isStreaming))(
  '%s, whose output is data, offers no --quiet, which it does not have',
  (_, file) => {
    const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined }
    const { status, stderr } = spawnSync(process.execPath, [file, '--quite'], { cwd: ROOT, encoding: 'utf8', env })
    expect(status).toBe(2)
    expect(stderr).toMatch(/^error UNKNOWN_FLAG: There is no flag --quite\./)
    expect(stderr).not.toContain('--quiet')
  },
)

it('what a command came to is the output that nx prints alone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-json-'))
  try {
    const output = join(folder, 'output')
    const words = ['packages/export/src/cli/export.ts', '--run=nowhere', '--format=onnx', '--out=team.onnx', '--json']
    const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_OUTPUT_FILE: output }
    const { status, stdout } = spawnSync(process.execPath, words, { cwd: ROOT, encoding: 'utf8', env })
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    const error = { code: 'BUNDLE_MISSING', message: expect.stringContaining('nowhere') }
    expect(JSON.parse(readFileSync(output, 'utf8'))).toEqual({ command: 'learner:export', exitCode: 3, error })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
