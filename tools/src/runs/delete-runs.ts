import { lstat, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { commandError, formatCounted } from '@vigil/command-line'
import { assertExperimentFolder, seedFolders } from '@vigil/experiments'
import { foreignEntry, hasNoRun, lockRunFolder, openRunFolder, runFolderAt, runFolderError } from '@vigil/runs'

/**
 * Deletes run folders, or folders of experiments, with all that is in them.
 *
 * @param paths  all are looked at before the first one is deleted
 * @param isSure whether nobody is asked
 * @returns those that were deleted; none where the answer was no
 * @throws {VigilError} RUN_FOLDER for what is no run, IN_USE where somebody trains, INVALID_VALUE where nobody can be asked
 */
export async function deleteRuns(paths: readonly string[], isSure: boolean): Promise<readonly string[]> {
  for (const path of paths) await assertDeletable(path)
  if (!isSure && !(await isConfirmed(paths))) return []
  for (const path of paths) await deleteLocked(path)
  return paths
}

async function assertDeletable(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (found === null) throw runFolderError('RUN_FOLDER', `${path} is not there, so there is nothing to delete.`)
  if (!found.isDirectory()) {
    throw runFolderError('RUN_FOLDER', `${path} is a link or a file, not a folder. Name the folder itself.`)
  }
  const seeds = await seedFolders(path)
  if (seeds.length > 0) await assertExperimentFolder(path)
  else if (await hasNoRun(runFolderAt(path))) {
    throw runFolderError('RUN_FOLDER', `${path} holds no run. Remove it yourself.`)
  } else await openRunFolder(path)
  for (const folder of seeds.length > 0 ? seeds : [path]) await assertNothingElse(folder)
}

/** What no command of ours wrote is not ours to delete. */
async function assertNothingElse(folder: string): Promise<void> {
  const foreign = await foreignEntry(folder)
  if (foreign === null) return
  throw runFolderError(
    'RUN_FOLDER',
    `${join(folder, foreign)} is of no run. Move it elsewhere, or remove the folder yourself.`,
  )
}

async function isConfirmed(paths: readonly string[]): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw commandError('INVALID_VALUE', 'delete asks in a terminal, and there is none here. Give --yes to be sure.')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const answer = await terminal.question(
      `${paths.join('\n')}\nDelete ${formatCounted(paths.length, 'folder')} with all that is inside? [y/N] `,
    )
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    terminal.close()
  }
}

/** An experiment's seeds are locked one by one, as those who train them do. */
async function deleteLocked(path: string): Promise<void> {
  const unlock: (() => Promise<void>)[] = []
  try {
    for (const folder of [path, ...(await seedFolders(path))]) unlock.push(await lockRunFolder(folder))
    await rm(path, { recursive: true, force: true })
  } finally {
    for (const release of unlock.reverse()) await release()
  }
}
