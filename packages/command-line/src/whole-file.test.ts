import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { appendLine, writeFileAtomically } from './whole-file.ts'

const real = promises.open
const opened = vi.spyOn(promises, 'open')
// What modules have imported from "node:fs/promises" by name follows.
syncBuiltinESMExports()
afterAll(() => {
  opened.mockRestore()
  syncBuiltinESMExports()
})

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-file-'))
  path = join(folder, 'file')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('writeFileAtomically', () => {
  it('writes text and views of larger buffers, leaving no other file', async () => {
    await writeFileAtomically(path, 'å')
    expect(readFileSync(path, 'utf8')).toBe('å')
    await writeFileAtomically(path, Uint8Array.of(1, 2, 3, 4).subarray(1, 3))
    expect([...readFileSync(path)]).toEqual([2, 3])
    await writeFileAtomically(path, '')
    expect(readFileSync(path, 'utf8')).toBe('')
    expect(readdirSync(folder)).toEqual(['file'])
  })

  it('keeps the permissions of a file that it replaces', async () => {
    writeFileSync(path, 'private')
    chmodSync(path, 0o600)
    await writeFileAtomically(path, 'new')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('replaces a link, and does not write to what it points to', async () => {
    writeFileSync(join(folder, 'elsewhere'), 'mine')
    symlinkSync('elsewhere', path)
    await writeFileAtomically(path, 'new')
    expect([readFileSync(path, 'utf8'), readFileSync(join(folder, 'elsewhere'), 'utf8')]).toEqual(['new', 'mine'])
  })

  it('says why it cannot be written, and leaves nothing', async () => {
    const missing = join(folder, 'missing', 'file')
    await expect(writeFileAtomically(missing, '')).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      cause: { code: 'ENOENT' },
      message: `${missing} could not be written: there is no such file or folder (ENOENT). What was there before is unchanged. Name one that is there.`,
    })
    await expect(writeFileAtomically(folder, 'x')).rejects.toMatchObject({ cause: { code: 'EISDIR' } })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('appendLine', () => {
  it('adds lines to a file that it makes', async () => {
    await appendLine(path, 'one')
    await appendLine(path, 'zwölf')
    expect(readFileSync(path, 'utf8')).toBe('one\nzwölf\n')
  })

  it('syncs the folder of a file that it makes, and gives the file the permissions asked for', async () => {
    opened.mockClear()
    await appendLine(path, 'one', 0o600)
    await appendLine(path, 'two', 0o644)
    expect(opened.mock.calls.filter(([name]) => name === folder).length).toBe(1)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it.each([
    ['a part of its own line', 'one\ntw', 'one\n'],
    ['what another process wrote', 'one\ntwo\nother\n', 'one\ntwo\nother\n'],
    ['what another process wrote in between', 'one\ntother\n', 'one\ntother\n'],
  ])('where the disk fails behind %s, only its own is taken back', async (_, found, left) => {
    writeFileSync(path, 'one\n')
    opened.mockImplementationOnce(async (...words) => {
      const file = await real(...words)
      file.write = (async () => {
        writeFileSync(path, found)
        throw Object.assign(new Error('EIO'), { code: 'EIO' })
      }) as unknown as typeof file.write
      return file
    })
    await expect(appendLine(path, 'two')).rejects.toMatchObject({ code: 'FILE_UNWRITABLE', cause: { code: 'EIO' } })
    expect(readFileSync(path, 'utf8')).toBe(left)
  })
})

const PAGE = 4096
const shell = (script: string) => spawnSync('sh', ['-c', script]).status === 0
const isMountable = shell('d=$(mktemp -d) && mount -t tmpfs none $d && umount $d; s=$?; rmdir $d; exit $s')

describe.skipIf(!isMountable)('on a full disk (needs the right to mount one)', () => {
  let disk: string
  beforeAll(() => {
    disk = mkdtempSync(join(tmpdir(), 'vigil-disk-'))
    expect(shell(`mount -t tmpfs -o size=${16 * PAGE} none ${disk}`)).toBe(true)
  })
  afterAll(() => {
    shell(`umount ${disk}`)
    rmSync(disk, { recursive: true })
  })

  it('has the old file whole or the new file whole, however much of it there is room for', async () => {
    const file = join(disk, 'checkpoint')
    const old = Buffer.alloc(6 * PAGE, 'o')
    const outcomes: string[] = []
    for (let bytes = 1; bytes <= 12 * PAGE; bytes += PAGE - 1) {
      await writeFileAtomically(file, old)
      const next = Buffer.alloc(bytes, 'n')
      const error = await writeFileAtomically(file, next).catch((cause: unknown) => cause)
      expect(readFileSync(file).equals(error === undefined ? next : old)).toBe(true)
      expect(readdirSync(disk)).toEqual(['checkpoint'])
      if (error !== undefined) expect(error).toMatchObject({ code: 'FILE_UNWRITABLE', cause: { code: 'ENOSPC' } })
      outcomes.push(error === undefined ? 'new' : 'old')
    }
    expect([...new Set(outcomes)]).toEqual(['new', 'old'])
  })

  it('has whole lines only', async () => {
    const file = join(disk, 'metrics')
    const lines: string[] = []
    let error: unknown
    while (error === undefined) {
      const line = String(lines.length).padEnd(1000 + 37 * lines.length, '.')
      error = await appendLine(file, line).catch((cause: unknown) => cause)
      if (error === undefined) lines.push(line)
    }
    expect(error).toMatchObject({ code: 'FILE_UNWRITABLE', cause: { code: 'ENOSPC' } })
    expect(lines.length).toBeGreaterThan(5)
    expect(readFileSync(file, 'utf8')).toBe(`${lines.join('\n')}\n`)
  })
})
