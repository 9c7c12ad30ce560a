/** Where the files are that had the path of a followed file before: rotation renames them within their folder. */
import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { FilePlace } from '../serve/state-file.ts'

/** The last bytes before a place tell a file from another one. */
export const MARK_BYTES = 64

/** A file in the folder of the followed one. */
type Sibling = { readonly path: string; readonly name: string } & FileAge

/** A file, and when it was made and changed, in nanoseconds. */
export type FileAge = { readonly inode: string; readonly born: bigint; readonly changed: bigint }

/**
 * Where a file is by now that has been read to a place, under whatever name.
 *
 * @returns null where it is not in its folder, and none that was at the path has the same bytes before the place
 */
export async function pathOf(path: string, place: FilePlace): Promise<string | null> {
  const siblings = await siblingsOf(path)
  const own = siblings.find(({ inode }) => inode === place.inode)
  if (own !== undefined) return own.path
  // A file that was copied, as from a backup, is another one by its inode alone.
  for (const { path: one, name } of siblings) {
    if (name !== basename(path) && rotation(path, name) === null) continue
    if (place.mark !== '' && (await markAt(one, place.offset)) === place.mark) return one
  }
  return null
}

/**
 * The file that took the place of one that has been renamed, which may have been renamed itself.
 *
 * @param before  the one that has been renamed, or removed since
 * @param skipped hears of files between the two that are compressed
 */
export async function fileAfter(path: string, before: FileAge, skipped: (name: string) => void): Promise<string> {
  const siblings = await siblingsOf(path)
  const own = siblings.find(({ inode }) => inode === before.inode)
  const rotated = siblings.filter(({ name, inode }) => inode !== before.inode && rotation(path, name) !== null)
  for (const { name, changed } of rotated) {
    // A compressed file is born when it is compressed, and keeps the time of the last change.
    if (COMPRESSED.test(name) && changed > before.changed) skipped(name)
  }
  const [next] = rotated
    .filter(({ name }) => !COMPRESSED.test(name))
    .filter((one) => (own === undefined ? before.born < one.born : olderFirst(path, own, one) < 0))
    .sort((a, b) => olderFirst(path, a, b))
  return next?.path ?? path
}

/** Names the file that has the path; null = none has. */
export async function inodeAt(path: string): Promise<string | null> {
  const own = await stat(path, { bigint: true }).catch(() => null)
  return own === null ? null : ageOf(own).inode
}

/** Names a file whatever it is called, and tells its age. */
export function ageOf({ dev, ino, birthtimeNs, mtimeNs }: BigIntStats): FileAge {
  return { inode: `${dev}:${ino}`, born: birthtimeNs, changed: mtimeNs }
}

/** The bytes before a place, base64. */
export async function markBefore(handle: FileHandle, offset: number): Promise<string> {
  const length = Math.min(MARK_BYTES, offset)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset - length)
  return buffer.subarray(0, bytesRead).toString('base64')
}

const COMPRESSED = /\.(gz|bz2|xz|zst)$/
/** As .1, -20261128 or .2026-11-28T10. */
const ROTATION = /^[.-](\d[\d.T_-]*)$/
/** A longer number is a date. */
const COUNTER_DIGITS = 4

/** What rotation added to the name, behind it or before its extension: events.jsonl.1, events-20261128.jsonl; null = it did not make this name. */
function rotation(path: string, name: string): string | null {
  const bare = name.replace(COMPRESSED, '')
  const own = basename(path)
  const extension = extname(own)
  const stem = own.slice(0, own.length - extension.length)
  const ends = [
    ...(bare.startsWith(own) ? [bare.slice(own.length)] : []),
    ...(bare.startsWith(stem) && bare.endsWith(extension)
      ? [bare.slice(stem.length, bare.length - extension.length)]
      : []),
  ]
  return ends.map((end) => ROTATION.exec(end)?.[1] ?? null).find((found) => found !== null) ?? null
}

/**
 * By their birth: a writer that learns late of a rotation changes a file after the one in its place. Where clocks are too coarse .2 is before .1, and a date before
 * a later one.
 */
function olderFirst(path: string, a: Sibling, b: Sibling): number {
  if (a.born !== b.born) return a.born < b.born ? -1 : 1
  const [first, second] = [rotation(path, a.name) ?? '', rotation(path, b.name) ?? '']
  const isCounter = [first, second].every((text) => /^\d+$/.test(text) && text.length <= COUNTER_DIGITS)
  return isCounter ? Number(second) - Number(first) : first < second ? -1 : Number(first > second)
}

async function siblingsOf(path: string): Promise<Sibling[]> {
  const folder = dirname(resolve(path))
  const siblings: Sibling[] = []
  for (const name of (await readdir(folder)).sort()) {
    const own = await stat(join(folder, name), { bigint: true }).catch(() => null)
    if (own?.isFile()) siblings.push({ path: join(folder, name), name, ...ageOf(own) })
  }
  return siblings
}

async function markAt(path: string, offset: number): Promise<string | null> {
  const handle = await open(path, 'r').catch(() => null)
  if (handle === null) return null
  try {
    return await markBefore(handle, offset)
  } finally {
    await handle.close()
  }
}
