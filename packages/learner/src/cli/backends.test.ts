import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BackendsReport } from '@vigil/engine'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-backends-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function backends(flags: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const script = new URL('./backends.ts', import.meta.url).pathname
  const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined, ...environment }
  return spawnSync(process.execPath, [script, ...flags], { cwd: folder, encoding: 'utf8', env })
}

describe('backends', () => {
  it('says of every engine and backend on which device it runs, or the one command that adds it', () => {
    const { stdout, stderr, status } = backends(['--json'])
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    const report = JSON.parse(stdout) as BackendsReport
    expect(report.backends.map(({ engine, backend }) => `${engine} ${backend}`)).toEqual([
      'native auto',
      'portable auto',
      'tfjs tensorflow',
      'tfjs webgpu',
      'tfjs wasm',
      'tfjs cpu',
    ])
    const [native, portable, tensorflow, webgpu, wasm, cpu] = report.backends
    expect(portable).toMatchObject({ available: true, device: expect.stringMatching(/threads?$/), reason: null })
    if (native.available) expect(report.auto).toMatchObject({ engine: 'native', device: native.device })
    else
      expect(native).toMatchObject({ reason: expect.stringMatching(/\w/), command: 'npx nx run engine-native:build' })
    expect(wasm).toMatchObject({ available: true, device: expect.stringContaining('wasm SIMD') })
    expect(wasm.versions['@tensorflow/tfjs-backend-wasm']).toBe('4.22.0')
    expect(cpu).toMatchObject({ available: true, command: null })
    for (const { available, device, reason, command } of [tensorflow, webgpu]) {
      if (available) expect(device).toMatch(/^(tensorflow|webgpu) .*on /)
      else
        expect([reason, command]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/^(npm|npx|apt-get) /)])
    }
    expect(report.auto).not.toBeNull()
  })

  it('reports a backend whose process crashes, and the others all the same; prints no stack', () => {
    // What an add-on for another machine does, to the process of one probe.
    const crash = join(folder, 'crash.mjs')
    writeFileSync(
      crash,
      `if (process.argv.at(-1) === 'cpu') process.kill(process.pid, 'SIGSEGV')
       if (process.argv.at(-1) === 'wasm') throw new Error('broken')`,
    )
    const { stdout, stderr, status } = backends([], { NODE_OPTIONS: `--import=${pathToFileURL(crash).href}` })
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
    expect(stdout).toMatch(/^portable +- +yes +node \S+ +SIMD/m)
    expect(stdout).toMatch(/^tfjs +cpu +no +tfjs-core 4.22.0, tfjs-backend-cpu 4.22.0 +-/m)
    expect(stdout).toMatch(/^tfjs cpu: it crashed: .* SIGSEGV .*\. To get it:\n {2}npm install$/m)
    expect(stdout).toMatch(/^tfjs wasm: it crashed: .* exit code 1 /m)
    expect(stdout).toMatch(/^--engine=auto takes \w+, .+\.$/m)
    expect(stdout).not.toMatch(/\n\s+at /)
  })

  it.each([
    [['--jsn'], 'error UNKNOWN_FLAG: There is no flag --jsn. Did you mean --json?\n'],
    [['--json=file'], 'error INVALID_VALUE: --json must be true or false, but is "file". Give --json alone.\n'],
  ])('refuses %j', (flags, message) => {
    const { stderr, status } = backends(flags)
    expect({ stderr, status }).toEqual({ stderr: message, status: 2 })
  })
})
