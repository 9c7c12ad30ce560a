import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { InputLine } from '../input-lines.ts'
import type { FilePlace } from '../serve/state-file.ts'
import { followFile } from './followed-file.ts'

let folder: string
let path: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-follow-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  path = join(folder, `events-${count++}.jsonl`)
})

let ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends) await end()
  ends = []
})

/** Follows a file in the background. @param from as followFile has it */
function following(from: FilePlace | null = null, pollMs = 2, last: readonly [number, string] | null = null) {
  const stop = new AbortController()
  const lines: string[] = []
  const numbers: number[] = []
  const notes: string[] = []
  /** places at which a file was begun, and what had been read by then */
  const begun: (FilePlace & { readonly read: number })[] = []
  let place: FilePlace | null = null
  const known =
    last === null ? {} : { known: { number: last[0], is: ({ text }: Pick<InputLine, 'text'>) => text === last[1] } }
  const settings = {
    ...{ ...known, from, stop: stop.signal, pollMs, note: (text: string) => void notes.push(text) },
    async onOpen(at: () => Promise<FilePlace>) {
      begun.push({ ...(await at()), read: lines.length })
    },
    async onTaken(at: () => Promise<FilePlace>) {
      place = await at()
    },
  }
  const ended = (async () => {
    for await (const together of followFile(path, settings)) {
      for (const { text, number } of together) {
        lines.push(text ?? 'too long')
        numbers.push(number)
      }
    }
  })()
  const end = async () => {
    stop.abort()
    await ended
    return place
  }
  ends.push(async () => void (await end().catch(() => undefined)))
  return { lines, numbers, notes, begun, end, ended }
}
const settles = async (lines: readonly string[], expected: readonly string[]) =>
  await expect.poll(() => lines.join(), { interval: 3 }).toBe(expected.join())

describe('a file that others add to', () => {
  it('gives each line when it has its end, and none twice', async () => {
    writeFileSync(path, 'one\ntw')
    const { lines, numbers } = following()
    await settles(lines, ['one'])
    appendFileSync(path, 'o\n\nthree\nfo')
    await settles(lines, ['one', 'two', 'three'])
    appendFileSync(path, 'ur\n')
    await settles(lines, ['one', 'two', 'three', 'four'])
    expect(numbers).toEqual([1, 2, 4, 5])
  })

  it('goes on as it was where the known line is in its place, and has new numbers where it is cut', async () => {
    writeFileSync(path, 'one\ntwo\nthree\nfour\n')
    const first = following()
    await settles(first.lines, ['one', 'two', 'three', 'four'])
    const place = (await first.end())!
    appendFileSync(path, 'five\nsix\n')
    const next = following(place, 2, [5, 'five'])
    await settles(next.lines, ['five', 'six'])
    expect(next.numbers).toEqual([5, 6])
    await next.end()
    truncateSync(path)
    appendFileSync(path, 'new\n')
    const anew = following(place, 2, [6, 'six'])
    await settles(anew.lines, ['new'])
    expect(anew.numbers).toEqual([7])
  })

  it.each([
    ['as many lines', ['b1', 'b2']],
    ['more lines', ['b1', 'b2', 'b3']],
    ['fewer lines', ['b1']],
  ])(
    'has new numbers where it was written anew, with %s, behind a place that has nothing before it',
    async (_, written) => {
      writeFileSync(path, 'a1\na2\n')
      const { begun, lines, end } = following()
      await settles(lines, ['a1', 'a2'])
      await end()
      expect(begun).toMatchObject([{ offset: 0, lines: 0, mark: '', read: 0 }])
      const { read, ...place } = begun[0]
      writeFileSync(path, written.map((line) => `${line}\n`).join(''))
      const anew = following(place, 2, [2, 'a2'])
      // A line that comes before it is clear has a number that was taken.
      const found = () => anew.lines.filter((_, i) => anew.numbers[i] > 2).join()
      await expect.poll(found, { interval: 3 }).toBe(written.join())
      expect(anew.numbers.filter((number) => number > 2)).toEqual(written.map((_, i) => i + 3))
      expect(anew.notes).toEqual([expect.stringContaining('written anew: it is read from its beginning')])
      expect(anew.begun.map((one) => one.lines)).toEqual([0, 2])
    },
  )

  it('has new numbers behind a place from which on it was written anew', async () => {
    writeFileSync(path, 'one\ntwo\n')
    const first = following()
    await settles(first.lines, ['one', 'two'])
    const place = (await first.end())!
    appendFileSync(path, 'a3\n')
    truncateSync(path, place.offset)
    appendFileSync(path, 'b3\nb4\n')
    const anew = following(place, 2, [3, 'a3'])
    await settles(anew.lines, ['b3', 'b4'])
    expect([anew.numbers, anew.notes]).toEqual([[4, 5], [expect.stringContaining('read from byte 8 on')]])
  })

  it('has its place told before the first line of each file, so that another process goes on in it', async () => {
    writeFileSync(path, 'a1\na2\n')
    const first = following()
    await settles(first.lines, ['a1', 'a2'])
    rmSync(path)
    writeFileSync(path, 'b1\n')
    await settles(first.lines, ['a1', 'a2', 'b1'])
    truncateSync(path)
    appendFileSync(path, 'a new one\n')
    await settles(first.lines, ['a1', 'a2', 'b1', 'a new one'])
    await first.end()
    expect(first.begun).toMatchObject([
      { offset: 0, lines: 0, read: 0 },
      { offset: 0, lines: 2, read: 2 },
      { offset: 0, lines: 3, read: 3 },
    ])
    expect(first.begun[1].inode).toBe(first.begun[2].inode)
    const { read, ...place } = first.begun[2]
    appendFileSync(path, 'and more\n')
    const next = following(place, 2, [4, 'a new one'])
    await settles(next.lines, ['a new one', 'and more'])
    expect([next.numbers, next.notes]).toEqual([[4, 5], []])
  })

  it('is read on in the file that took its place where the known line is there', async () => {
    writeFileSync(path, 'one\n')
    const { begun, lines, end } = following()
    await settles(lines, ['one'])
    await end()
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'two\nthree\n')
    const { read, ...place } = begun[0]
    const next = following(place, 2, [2, 'two'])
    await settles(next.lines, ['one', 'two', 'three'])
    expect([next.numbers, next.notes]).toEqual([[1, 2, 3], []])
  })

  it('is waited for where it is not there yet, and what is no file is refused', async () => {
    const { lines, notes } = following()
    await expect.poll(() => notes.length).toBe(1)
    writeFileSync(path, 'one\n')
    await settles(lines, ['one'])
    expect(notes).toEqual([expect.stringContaining('waited for')])
    path = folder
    await expect(following().ended).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE', kind: 'data' })
  })

  it('is read to its end when it is renamed, a last line without an end too, and then the one in its place', async () => {
    writeFileSync(path, '{"a":1}\n')
    const { lines, numbers } = following()
    await settles(lines, ['{"a":1}'])
    renameSync(path, `${path}.1`)
    // A writer notices later than the name changes.
    appendFileSync(`${path}.1`, '{"a":2}\n{"a":3}')
    writeFileSync(path, '{"a":4}\n')
    await settles(lines, ['{"a":1}', '{"a":2}', '{"a":3}', '{"a":4}'])
    expect(numbers).toEqual([1, 2, 3, 4])
  })

  it('waits a while for the rest of half a line when it is renamed, and then tells of it', async () => {
    writeFileSync(path, '{"a":1}\n{"a":2,')
    const { lines, notes } = following(null, 25)
    await settles(lines, ['{"a":1}'])
    renameSync(path, `${path}.1`)
    writeFileSync(path, '{"a":3}\n{"a":4,')
    await pause(75)
    appendFileSync(`${path}.1`, '"b":1}\n')
    await settles(lines, ['{"a":1}', '{"a":2,"b":1}', '{"a":3}'])
    expect(notes).toEqual([])
    renameSync(`${path}.1`, `${path}.2`)
    renameSync(path, `${path}.1`)
    writeFileSync(path, '{"a":5}\n')
    await settles(lines, ['{"a":1}', '{"a":2,"b":1}', '{"a":3}', '{"a":5}'])
    expect(notes).toEqual([expect.stringContaining('half a line')])
  })

  it('is read from its beginning when it is cut, or has been written anew longer than before', async () => {
    writeFileSync(path, 'one\ntwo\nhal')
    const { lines, notes } = following()
    await settles(lines, ['one', 'two'])
    truncateSync(path)
    await expect.poll(() => notes.length).toBe(1)
    appendFileSync(path, 'three\n')
    await settles(lines, ['one', 'two', 'three'])
    writeFileSync(path, 'other lines, more of them\nthan before\n')
    await settles(lines, ['one', 'two', 'three', 'other lines, more of them', 'than before'])
  })

  it('tells a line that is too long, and goes on behind it', async () => {
    writeFileSync(path, `${'x'.repeat(1_500_000)}\nshort\n`)
    const { lines } = following()
    await settles(lines, ['too long', 'short'])
  })
})

describe('another process', () => {
  it('goes on behind the last line that was taken, wherever the bytes were cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 60 }), { maxLength: 4 }), async (cuts) => {
        path = join(folder, `events-${count++}.jsonl`)
        const text = Array.from({ length: 12 }, (_, i) => `line ${i}\n`).join('')
        const all: string[] = []
        let [place, at]: [FilePlace | null, number] = [null, 0]
        writeFileSync(path, '')
        for (const cut of [...cuts, text.length]) {
          appendFileSync(path, text.slice(at, at + cut))
          at += cut
          const { lines, end } = following(place)
          const whole = text.slice(0, at).split('\n').length - 1
          await expect.poll(() => all.length + lines.length, { interval: 3 }).toBe(whole)
          place = (await end()) ?? place
          all.push(...lines)
        }
        expect(all).toEqual(Array.from({ length: 12 }, (_, i) => `line ${i}`))
        expect(place).toMatchObject({ offset: text.length, lines: 12 })
      }),
      { numRuns: 15, seed: 16 },
    )
  })

  it('finds the file that has been renamed since then, and reads it to its end first', async () => {
    writeFileSync(path, 'one\ntwo\n')
    const first = following()
    await settles(first.lines, ['one', 'two'])
    const place = await first.end()
    appendFileSync(path, 'three\n')
    renameSync(path, `${path}.1`)
    writeFileSync(path, 'four\n')
    const { lines, numbers, notes } = following(place)
    await settles(lines, ['three', 'four'])
    expect([numbers, notes]).toEqual([[3, 4], []])
  })

  it.each([
    ['numbers', ['.2', '.1']],
    ['dates behind the name', ['-20261127', '-20261128']],
    ['dates before the extension', ['-2026-11-27.jsonl', '-2026-11-28.jsonl']],
  ])('reads all that came since then where it was rotated twice by %s', async (_, [older, younger]) => {
    const rotated = (end: string) => (end.endsWith('.jsonl') ? path.replace('.jsonl', end) : `${path}${end}`)
    writeFileSync(rotated('.7'), 'long before\n')
    // Born at another time by the coarsest clock of a file system.
    await pause(20)
    writeFileSync(path, 'one\ntwo\n')
    const first = following()
    await settles(first.lines, ['one', 'two'])
    const place = await first.end()
    appendFileSync(path, 'three\n')
    renameSync(path, rotated(older))
    writeFileSync(rotated(younger), 'four\n')
    writeFileSync(`${path}.bak`, 'a copy that somebody made\n')
    writeFileSync(path, 'five\n')
    const { lines, numbers, notes } = following(place)
    await settles(lines, ['three', 'four', 'five'])
    expect([numbers, notes]).toEqual([[3, 4, 5], []])
  })

  it('tells of a file in between that has been compressed', async () => {
    writeFileSync(path, 'one\n')
    const first = following()
    await settles(first.lines, ['one'])
    const place = await first.end()
    renameSync(path, `${path}.2`)
    writeFileSync(`${path}.1.gz`, 'compressed')
    utimesSync(`${path}.2`, 1000, 1000)
    utimesSync(`${path}.1.gz`, 2000, 2000)
    writeFileSync(`${path}.3.gz`, 'long before')
    utimesSync(`${path}.3.gz`, 500, 500)
    writeFileSync(path, 'three\n')
    const { lines, notes } = following(place)
    await settles(lines, ['three'])
    expect(notes).toEqual([expect.stringContaining('.1.gz is compressed')])
  })

  it('finds the file by its bytes where it was copied, so that nothing is read twice', async () => {
    writeFileSync(path, 'one\ntwo\n')
    const first = following()
    await settles(first.lines, ['one', 'two'])
    const place = await first.end()
    appendFileSync(path, 'three\n')
    const { lines, notes } = following({ ...place!, inode: '1:2' })
    await settles(lines, ['three'])
    expect(notes).toEqual([])
  })

  it('tells what is lost: a file that is gone, and one that was written anew', async () => {
    writeFileSync(path, 'one\ntwo\n')
    const first = following()
    await settles(first.lines, ['one', 'two'])
    const place = await first.end()
    writeFileSync(path, 'a whole\nother file\n')
    const second = following(place)
    await settles(second.lines, ['a whole', 'other file'])
    expect(second.notes).toEqual([expect.stringContaining('written anew')])
    await second.end()
    const third = following({ ...place!, inode: '1:2', mark: 'bm9uZQ==' })
    await settles(third.lines, ['a whole', 'other file'])
    expect(third.notes).toEqual([expect.stringContaining('is lost')])
  })
})
