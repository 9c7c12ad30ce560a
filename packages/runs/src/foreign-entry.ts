import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemReason } from '@vigil/command-line'
import { runFolderError } from './errors.ts'
import { bundleFiles, curvesFolder, resultFiles, runFolderAt } from './run-folder.ts'

/**
 * The first thing in a run folder that no command writes there: a file or a link of somebody else, or a folder in the place of a
 * file. Files half-written and locks are the run's own.
 *
 * @returns its path inside the folder; null where all is the run's own
 * @throws {VigilError} RUN_FOLDER when it cannot be listed
 */
export async function foreignEntry(path: string, within = '.'): Promise<string | null> {
  const entries = await readdir(join(path, within), { withFileTypes: true }).catch((cause: Error) => {
    throw runFolderError('RUN_FOLDER', `${join(path, within)} cannot be listed: ${systemReason(cause)}.`)
  })
  for (const entry of entries) {
    const name = join(within, entry.name)
    if (entry.isDirectory()) {
      if (!FOLDERS.includes(name)) return name
      const inner = await foreignEntry(path, name)
      if (inner !== null) return inner
    } else if (!entry.isFile() || !isOwnFile(name)) return name
  }
  return null
}

const PLAIN = runFolderAt('.')

const FILES: readonly string[] = [
  ...Object.values(PLAIN),
  ...Object.values(resultFiles(PLAIN, 'test')),
  ...Object.values(resultFiles(PLAIN, 'validation')),
  ...Object.values(bundleFiles('.')),
  ...['tags.json', '.lock', '.lock-holder'],
]

const CURVES = curvesFolder(PLAIN)

const FOLDERS: readonly string[] = [dirname(PLAIN.latest), dirname(bundleFiles('.').settings), CURVES]

/** What is half-written has a number behind its name. */
function isOwnFile(name: string): boolean {
  if (dirname(name) === CURVES) return name.startsWith(join(CURVES, 'events'))
  return FILES.includes(name.replace(/\.\d+$/, ''))
}
