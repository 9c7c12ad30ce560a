import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type FeedbackFile, openFeedbackFile } from './feedback-file.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-feedback-'))
  path = join(folder, 'feedback.jsonl')
})
afterEach(async () => {
  for (const file of opened.splice(0)) await file.close()
  rmSync(folder, { recursive: true })
})

const opened: FeedbackFile[] = []
async function open(): Promise<FeedbackFile> {
  const file = await openFeedbackFile(path, () => 1000)
  opened.push(file)
  return file
}

const verdict = (event: number) => ({ event, stream: null, isHostile: true })
const line = (id: number) => `{"id":${id},"verdict":{"hostile":true,"at":"1970-01-01T00:00:01.000Z"}}\n`

it('adds whole lines behind those that are there, in the order in which they were given', async () => {
  writeFileSync(path, line(0))
  const file = await open()
  await Promise.all([file.append([verdict(1), verdict(2)]), file.append([verdict(3)]), file.append([verdict(4)])])
  expect(readFileSync(path, 'utf8')).toBe([0, 1, 2, 3, 4].map(line).join(''))
})

it('waits until the name of a file that another process has made is on the disk', async () => {
  writeFileSync(path, line(0))
  const file = await open()
  // A folder is opened to be synced, and for nothing else.
  const opens = vi.spyOn(promises, 'open')
  syncBuiltinESMExports()
  try {
    await file.append([verdict(1)])
    expect(opens.mock.calls.map(([name]) => name)).toContain(folder)
  } finally {
    opens.mockRestore()
    syncBuiltinESMExports()
  }
})

it.each([
  ['after whole lines', `${line(0)}${line(1)}`, '{"id":2,"ver'],
  ['that is longer than what is read at a time', line(0), 'x'.repeat(200_000)],
])('cuts off an unfinished line %s', async (_, whole, unfinished) => {
  writeFileSync(path, `${whole}${unfinished}`)
  const file = await open()
  expect(readFileSync(path, 'utf8')).toBe(`${whole}${unfinished}`)
  await file.append([verdict(5)])
  expect(readFileSync(path, 'utf8')).toBe(`${whole}${line(5)}`)
})

it('ends a last line that lacks nothing but its end', async () => {
  writeFileSync(path, `${line(0)}${line(1)}`.trimEnd())
  const file = await open()
  await file.append([verdict(2)])
  expect(readFileSync(path, 'utf8')).toBe([0, 1, 2].map(line).join(''))
})

it.each([
  ['a text without a line', 'mine'],
  ['JSON of something else', '{"id":1,"verdicts":[true]}\n{"id'],
  ['the beginning of a verdict', '{"id":0,"verdict":{"host'],
  ['null', 'null\n'],
])('refuses a file that begins with %s, and leaves it as it is', async (_, text) => {
  writeFileSync(path, text)
  await expect(openFeedbackFile(path)).rejects.toMatchObject({ code: 'FEEDBACK_FILE', kind: 'data' })
  expect(readFileSync(path, 'utf8')).toBe(text)
})

it('is for its owner alone', async () => {
  const file = await open()
  await file.append([verdict(1)])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('is opened once at a time', async () => {
  const file = await openFeedbackFile(path, () => 1000)
  await expect(openFeedbackFile(path)).rejects.toMatchObject({ code: 'FEEDBACK_FILE' })
  await file.close()
  expect(readdirSync(folder)).toEqual([])
  await open()
})

it('takes no more bytes at once than sixteen MiB', async () => {
  const file = await open()
  const large = { ...verdict(1), stream: { host: 'x'.repeat(2 ** 20) } }
  await expect(file.append(Array(16).fill(large))).rejects.toMatchObject({ code: 'BODY_SIZE' })
  expect(existsSync(path)).toBe(false)
  await file.append(Array(15).fill(large))
  expect(statSync(path).size).toBeGreaterThan(15 * 2 ** 20)
})

it('goes on after verdicts that could not be written', async () => {
  const file = await open()
  mkdirSync(path)
  await expect(file.append([verdict(1)])).rejects.toMatchObject({ code: 'FEEDBACK_FILE' })
  rmdirSync(path)
  await file.append([verdict(2)])
  expect(readFileSync(path, 'utf8')).toBe(line(2))
})

it('refuses a folder that is not there', async () => {
  const missing = join(folder, 'later', 'feedback.jsonl')
  await expect(openFeedbackFile(missing)).rejects.toMatchObject({ code: 'FEEDBACK_FILE' })
})

it('refuses what is no file', async () => {
  await expect(openFeedbackFile(folder)).rejects.toMatchObject({ code: 'FEEDBACK_FILE', kind: 'data' })
})
