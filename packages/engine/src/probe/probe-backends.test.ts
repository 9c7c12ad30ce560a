import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { probeBackends } from './probe-backends.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-probe-'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

it('does not say of a backend that hangs that it crashed', async () => {
  const hang = join(folder, 'hang.mjs')
  writeFileSync(hang, `if (process.argv.at(-1) === 'cpu') await new Promise((resolve) => setTimeout(resolve, 600_000))`)
  vi.stubEnv('NODE_OPTIONS', `--import=${pathToFileURL(hang).href}`)
  const { backends } = await probeBackends(1500)
  expect(backends.find(({ backend }) => backend === 'cpu')).toMatchObject({
    available: false,
    reason: 'it took longer than 1.5 s to start and to do its first update',
    command: 'npm install',
  })
})
