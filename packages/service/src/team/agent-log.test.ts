import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Durable } from '@vigil/agreement'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openAgentLog } from './agent-log.ts'
import { agreedChain } from './agreed-batch.fixture.ts'
import { openRecordLog } from './record-log.ts'

describe('the log of an agent', () => {
  it('is begun anew with its last record when it is long', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vigil-log-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'agent.log')
    const long = await openRecordLog(path, () => undefined)
    await long.append(Buffer.alloc(2 ** 25))
    await long.close()
    const log = await openAgentLog(folder)
    const [{ certificate }] = agreedChain([['[1,{}]']])
    const { settings } = certificate
    const durable: Durable = {
      ...{ observing: false, view: 3, voted: { prepare: -1, commit: -1 }, proposed: -1 },
      ...{ ballot: null, claim: null, lock: null, committed: null },
    }
    await log.store(settings, durable)
    await log.close()
    const again = await openAgentLog(folder)
    expect(again.remembered?.durable(settings)).toEqual(durable)
    const records: number[] = []
    await again.close()
    const read = await openRecordLog(path, (content) => records.push(content.length))
    await read.close()
    expect(records.length).toBe(2)
    expect(records[0]).toBe(2 ** 25)
  })
})
