import fs, { appendFileSync, fstatSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { agreedChain, team } from './agreed-batch.fixture.ts'
import { openCertificateLog } from './certificate-log.ts'
import { openDecisionLog } from './decision-log.ts'
import { accusedIn } from './evidence-file.ts'
import { openRecordLog, recordFile } from './record-log.ts'

const real = fs.fdatasyncSync
/** bytes of files when they were synced */
let synced: number[]
const spied = vi.spyOn(fs, 'fdatasyncSync').mockImplementation((fd) => {
  synced.push(fstatSync(fd).size)
  real(fd)
})
// A folder is opened to be synced, and for nothing else.
const opens = vi.spyOn(promises, 'open')
// What modules have imported from "node:fs" by name follows.
syncBuiltinESMExports()
afterAll(() => {
  spied.mockRestore()
  opens.mockRestore()
  syncBuiltinESMExports()
})

let path: string
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'vigil-logs-')), 'log')
  synced = []
})
afterEach(() => rmSync(join(path, '..'), { recursive: true }))

const [{ certificate }] = agreedChain([['[1,{}]']])
const certificates = async () => await openCertificateLog(path, () => team, [team])

/** What is whole, what a process has begun behind it, and how it is opened. */
const LOGS: readonly [string, () => Promise<void>, Buffer, () => Promise<{ close(): Promise<void> }>][] = [
  [
    'records',
    async () => writeFileSync(path, recordFile(Buffer.from('one'))),
    Buffer.from([9, 0, 0]),
    async () => await openRecordLog(path, () => undefined),
  ],
  [
    'certificates',
    async () => {
      const log = await certificates()
      await log.append(certificate)
      await log.close()
    },
    Buffer.from([200, 0, 0, 0, 1, 2, 3]),
    certificates,
  ],
  ['decisions', async () => writeFileSync(path, '{}\n'), Buffer.from('{"id"'), async () => await openDecisionLog(path)],
  [
    'proofs',
    async () => writeFileSync(path, '{"epoch":0,"agent":1}\n'),
    Buffer.from('{"epo'),
    async () => {
      await accusedIn(path)
      return { close: async () => undefined }
    },
  ],
]

describe.each(LOGS)('a log of %s is left as it is', (name, make, _half, opened) => {
  it.each([
    'my notes',
    'my notes\nmore\n',
    '{"my":"notes"}\nmore\n',
    '{\n  "my": "settings"\n}\n',
    '{"my":"settings"}',
  ])('where it is a text of somebody else: %j', async (text) => {
    writeFileSync(path, text)
    await expect(opened()).rejects.toMatchObject({ code: 'LOG_INVALID' })
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it.runIf(['decisions', 'proofs'].includes(name))('where its last line lacks nothing but its end', async () => {
    await make()
    appendFileSync(path, '{"epoch":0,"agent":2}')
    const text = readFileSync(path, 'utf8')
    await expect(opened()).rejects.toMatchObject({
      ...{
        code: 'LOG_INVALID',
        message: expect.stringMatching(/is whole, but has no line end\. Add the line end, or move/),
      },
    })
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})

it('a log of decisions is counted and looked at in pieces', async () => {
  // Its second line begins with the second piece, and its third one in the midst of that.
  const long = `{${' '.repeat(2 ** 20 - 3)}}\n`
  writeFileSync(path, `${long}{}\n{}\n`)
  const log = await openDecisionLog(path)
  expect(log.rows).toBe(3)
  await log.close()
  for (const text of [`${long}x\n`, `${long}{}\nx\n`]) {
    writeFileSync(path, text)
    await expect(openDecisionLog(path)).rejects.toMatchObject({ code: 'LOG_INVALID' })
    expect(readFileSync(path, 'utf8')).toBe(text)
  }
})

describe.each(LOGS)('a log of %s', (_, make, half, opened) => {
  it.each([
    ['whole', Buffer.alloc(0)],
    ['half', half],
  ])('that ends with something %s is on the disk as it counts, and so is its name', async (_end, behind) => {
    await make()
    const { size } = statSync(path)
    appendFileSync(path, behind)
    synced = []
    opens.mockClear()
    await (await opened()).close()
    expect(opens.mock.calls.map(([name]) => name)).toContain(dirname(path))
    expect([synced.at(-1), statSync(path).size]).toEqual([size, size])
  })
})
