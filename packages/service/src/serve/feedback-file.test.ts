import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openFeedbackFile } from './feedback-file.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-feedback-'))
  path = join(folder, 'feedback.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

const verdict = (event: number) => ({ event, stream: null, isHostile: true })
const line = (id: number) => `{"id":${id},"verdict":{"hostile":true,"at":"1970-01-01T00:00:01.000Z"}}\n`

it('adds whole lines behind those that are there, in the order in which they were given', async () => {
  writeFileSync(path, line(0))
  const file = await openFeedbackFile(path, () => 1000)
  await Promise.all([file.append([verdict(1), verdict(2)]), file.append([verdict(3)]), file.append([verdict(4)])])
  expect(readFileSync(path, 'utf8')).toBe([0, 1, 2, 3, 4].map(line).join(''))
})

it.each([
  ['after whole lines', `${line(0)}${line(1)}`, '{"id":2,"ver'],
  ['alone', '', '{"id'],
  ['that is longer than what is read at a time', line(0), 'x'.repeat(200_000)],
])('cuts off an unfinished line %s', async (_, whole, unfinished) => {
  writeFileSync(path, `${whole}${unfinished}`)
  const file = await openFeedbackFile(path, () => 1000)
  await file.append([verdict(5)])
  expect(readFileSync(path, 'utf8')).toBe(`${whole}${line(5)}`)
})

it('goes on after verdicts that could not be written', async () => {
  const missing = join(folder, 'later', 'feedback.jsonl')
  const file = await openFeedbackFile(missing, () => 1000)
  await expect(file.append([verdict(1)])).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  mkdirSync(join(folder, 'later'))
  await file.append([verdict(2)])
  expect(readFileSync(missing, 'utf8')).toBe(line(2))
})

it('refuses what is no file', async () => {
  await expect(openFeedbackFile(folder)).rejects.toMatchObject({ code: 'FEEDBACK_FILE', kind: 'data' })
})
