import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const BUILD = join(ROOT, 'packages/data/build')

it('the generator of adapters writes one with a test that passes, and nothing over it', () => {
  mkdirSync(BUILD, { recursive: true })
  const folder = mkdtempSync(join(BUILD, 'adapter-'))
  const run = (...words: string[]) => spawnSync('npx', words, { cwd: ROOT, encoding: 'utf8' })
  const generate = () => run('nx', 'g', '@vigil/data:adapter', 'my-events', `--directory=${relative(ROOT, folder)}`)
  try {
    expect(generate().status).toBe(0)
    expect(readdirSync(folder).sort()).toEqual(['my-events.test.ts', 'my-events.ts'])
    const { status, stdout } = run('vitest', 'run', `--root=${folder}`)
    expect({ status, passed: /Tests .*1 passed/.test(stdout) }).toEqual({ status: 0, passed: true })
    const again = generate()
    expect(again.status).not.toBe(0)
    expect(again.stdout + again.stderr).toContain('my-events.ts is there already')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
