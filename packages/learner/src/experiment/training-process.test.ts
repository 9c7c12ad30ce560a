import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startTraining } from './training-process.ts'

it('a training that cannot be started is refused by the name of the program', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-process-'))
  const node = process.execPath
  process.execPath = join(folder, 'no-node')
  try {
    const nobody = () => undefined
    const { ended } = startTraining([], { log: join(folder, 'log'), onLine: nobody, onLogLost: nobody })
    const reason = `${process.execPath} cannot be started: there is no such file or folder (ENOENT)`
    expect(await ended).toEqual({ reason, isData: false })
  } finally {
    process.execPath = node
    rmSync(folder, { recursive: true })
  }
})
