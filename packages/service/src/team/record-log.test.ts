import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openRecordLog, recordFile } from './record-log.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-log-'))
  path = join(folder, 'a.log')
})
afterEach(() => rmSync(folder, { recursive: true }))

async function write(...records: readonly string[]): Promise<number[]> {
  const log = await openRecordLog(path, () => undefined)
  const places: number[] = []
  for (const record of records) places.push(await log.append(Buffer.from(record)))
  await log.close()
  return places
}

async function records(): Promise<string[]> {
  const found: string[] = []
  const log = await openRecordLog(path, (content) => found.push(content.toString()))
  await log.close()
  return found
}

describe('a log of records', () => {
  it('gives what was stored, also what was added later', async () => {
    await write('one', '', 'three')
    await write('four')
    expect(await records()).toEqual(['one', '', 'three', 'four'])
  })

  it('reads a record where it begins, and refuses a place where none does', async () => {
    const [, second] = await write('one', 'two', 'three')
    const log = await openRecordLog(path, () => undefined)
    expect((await log.read(second)).toString()).toBe('two')
    await expect(log.read(second + 1)).rejects.toMatchObject({ code: 'LOG_INVALID' })
    await log.close()
  })

  it('cuts off a record that is torn, wherever, and goes on behind those before it', async () => {
    await write('one', 'two')
    const whole = readFileSync(path)
    const lastAt = whole.length - 'two'.length - 12
    for (let size = lastAt + 1; size < whole.length; size++) {
      writeFileSync(path, whole.subarray(0, size))
      expect(await records()).toEqual(['one'])
      expect(statSync(path).size).toBe(lastAt)
    }
    await write('again')
    expect(await records()).toEqual(['one', 'again'])
  })

  it('cuts off zeros at the end: a file may have got its length before its bytes', async () => {
    await write('one')
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(5000)]))
    expect(await records()).toEqual(['one'])
  })

  it('refuses a change of any byte before the last record', async () => {
    await write('one', 'two', 'three')
    const whole = readFileSync(path)
    const lastAt = whole.length - 'three'.length - 12
    for (let at = 0; at < lastAt; at++) {
      writeFileSync(path, whole.with(at, whole[at] ^ 0x10))
      await expect(records()).rejects.toMatchObject({ code: 'LOG_INVALID' })
    }
  })

  it('refuses records that were left out or have changed places', async () => {
    const [first, second, third] = await write('one', 'two', 'six')
    const bytes = readFileSync(path)
    const parts = [
      bytes.subarray(0, first),
      bytes.subarray(first, second),
      bytes.subarray(second, third),
      bytes.subarray(third),
    ]
    for (const order of [
      [0, 2, 3],
      [0, 2, 1, 3],
      [0, 1, 3],
    ]) {
      // The very last record may be torn; that it is another one shows where one follows it, or in its head.
      writeFileSync(path, Buffer.concat(order.map((i) => parts[i])))
      await expect(records()).rejects.toMatchObject({ code: 'LOG_INVALID' })
    }
  })

  it('is the same file when it is made with its first record', async () => {
    await write('one')
    expect(readFileSync(path)).toEqual(recordFile(Buffer.from('one')))
  })

  it('begins anew where its first bytes are torn, and refuses another file', async () => {
    await write()
    truncateSync(path, 3)
    await write('one')
    expect(await records()).toEqual(['one'])
    writeFileSync(path, 'something else')
    await expect(records()).rejects.toMatchObject({ code: 'LOG_INVALID' })
  })
})
