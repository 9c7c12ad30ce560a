/** Datasets on a host's disk by their SHA-256: each travels once. Files may be deleted at any time. */
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomically } from '@vigil/command-line'
import type { Reference } from '../wire/messages.ts'
import { sha256Of } from '../wire/parts.ts'

/** Files that are kept, the latest used. */
const FILES_MAX = 4
const ENDING = '.dataset'

/** Where datasets are kept when nobody says where. */
export function defaultCache(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'vigil', 'datasets')
}

/**
 * The bytes of a dataset: from the disk where they lie and have the hash, else fetched and kept.
 *
 * @throws {VigilError} FILE_UNWRITABLE, and as `fetch`
 */
export async function cached(
  folder: string,
  reference: Reference,
  fetch: (reference: Reference) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const file = join(folder, `${reference.sha256}${ENDING}`)
  const known = await readFile(file).catch(() => null)
  if (known !== null && known.length === reference.bytes && sha256Of([known]) === reference.sha256) {
    const now = new Date()
    await utimes(file, now, now).catch(() => undefined) // another host may have removed it
    return known
  }
  const bytes = await fetch(reference)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFileAtomically(file, bytes, 0o600)
  await removeOldest(folder)
  return bytes
}

async function removeOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING))
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      return { path, usedMs: (await stat(path).catch(() => null))?.mtimeMs ?? 0 }
    }),
  )
  const old = files.sort((a, b) => b.usedMs - a.usedMs || (a.path < b.path ? -1 : 1)).slice(FILES_MAX)
  await Promise.all(old.map(({ path }) => rm(path, { force: true })))
}
