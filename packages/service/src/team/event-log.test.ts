import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openEventLog } from './event-log.ts'
import { recordFile } from './record-log.ts'

function logFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-events-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'events.log')
}

it('knows every line that was taken by its number, however many came since, also when it is opened again', async () => {
  const path = logFile()
  const log = await openEventLog(path, () => expect.unreachable())
  const taken = [
    [{ first: 1, last: 256 }],
    [
      { first: 258, last: 300_000 },
      { first: 2 ** 40, last: 2 ** 40 + 1 },
    ],
    [{ first: 300_002, last: 300_002 }],
  ]
  for (const [i, spans] of taken.entries())
    await log.append({ firstRow: i, line: i + 1, taken: spans, events: [`[${i},{}]`] })
  await log.close()
  const again = await openEventLog(path, () => undefined)
  const asked = [0, 1, 256, 257, 258, 300_000, 300_001, 300_002, 2 ** 40 - 1, 2 ** 40 + 1]
  for (const one of [log, again])
    expect(asked.filter((line) => one.hasTaken(line))).toEqual([1, 256, 258, 300_000, 300_002, 2 ** 40 + 1])
  expect(await again.read(1)).toEqual({ firstRow: 1, line: 2, taken: taken[1], events: ['[1,{}]'] })
  await again.close()
})

it('is refused where it was written without numbers of lines', async () => {
  const path = logFile()
  writeFileSync(path, recordFile(Buffer.concat([Buffer.alloc(10), Buffer.from('[1,{"bytes":1}]')])))
  await expect(openEventLog(path, () => expect.unreachable())).rejects.toMatchObject({ code: 'LOG_INVALID' })
})
