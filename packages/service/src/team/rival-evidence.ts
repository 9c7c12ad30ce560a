/** Proofs against agents that have signed two successors of one epoch. */
import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beginOf, type Epoch, successorEvidence } from '@vigil/agreement'
import { appendLine, commandError } from '@vigil/command-line'
import { serviceError } from '../errors.ts'
import { takeFolder } from './agent-log.ts'
import { readEpochs, successorFile } from './epoch-files.ts'
import { readSignatures } from './epoch-signatures.ts'
import { evidenceLines } from './evidence-file.ts'
import { readTeam } from './team-files.ts'

/**
 * Compares the successor in the folder of a team with another one of the same epoch. Only signatures that hold count.
 *
 * @param team manifest of the first epoch
 * @param rival the other manifest, with the signatures under it beside it
 * @param note told in a sentence what a person should know
 * @returns a line of JSON for each proof, as the enforcer keeps them, and who is named
 * @throws {VigilError} TEAM_INVALID, also where signatures under both prove nothing; KEYS_FILE, SUCCESSOR
 */
export async function rivalEvidence(
  team: string,
  rival: string,
  note: (text: string) => void,
): Promise<{ readonly lines: readonly string[]; readonly agents: readonly number[] }> {
  const other = await readTeam(rival)
  const epochs = await readEpochs(team, note)
  const before = epochs.find(({ team: { id } }) => id === other.manifest.follows?.manifest)
  if (before === undefined) {
    throw serviceError('TEAM_INVALID', `${rival} follows no epoch of ${team}. Give another successor of one of those.`)
  }
  const file = successorFile(team, epochs.slice(0, epochs.indexOf(before) + 1))
  const own = await readTeam(file)
  assertRivals([own, file], [other, rival])
  const sideOf = async (next: Epoch, path: string) => ({
    next,
    signatures: await readSignatures(path, 'agent', before),
  })
  const proofs = successorEvidence(before, [await sideOf(own, file), await sideOf(other, rival)])
  return {
    lines: proofs.map(({ domain, evidence: { agent, first, second } }) =>
      JSON.stringify({ ...domain, agent, first, second }),
    ),
    agents: proofs.map(({ evidence }) => evidence.agent),
  }
}

/**
 * Adds proofs to a file, but for those that are there. An enforcer that is at work adds to its own.
 *
 * @param path may be a link to the file of an enforcer
 * @throws {VigilError} LOG_TAKEN where another process has the folder, LOG_INVALID, FILE_UNWRITABLE, LOG_UNWRITABLE
 */
export async function addProofs(path: string, lines: readonly string[]): Promise<void> {
  await using held = new AsyncDisposableStack()
  const folder = await folderOf(path)
  // What is named .lock elsewhere is somebody else's.
  if (ENFORCERS.some((name) => existsSync(join(folder, name)))) held.defer(await takeFolder(folder))
  const known = new Set(await evidenceLines(path))
  for (const line of lines) if (!known.has(line)) await appendLine(path, line)
}

/** Files that the folder of an enforcer has, and no other one. */
const ENFORCERS = ['events.log', 'certificates.bin']

/** Where a file lies, or is to lie. @throws {VigilError} FILE_UNWRITABLE where that is not there */
async function folderOf(path: string): Promise<string> {
  const real = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return path
    throw error
  })
  const folder = dirname(real)
  if (existsSync(folder)) return folder
  throw commandError('FILE_UNWRITABLE', `The folder of ${path} is not there. Make it first.`)
}

/** An honest agent may sign two that begin with different batches: the second one when its team has gone on beyond the first. */
function assertRivals([own, file]: readonly [Epoch, string], [other, rival]: readonly [Epoch, string]): void {
  if (own.team.id === other.team.id) {
    throw serviceError('TEAM_INVALID', `${rival} is the manifest of ${file}. Give another successor of the same epoch.`)
  }
  if (beginOf(own) === beginOf(other)) return
  throw serviceError(
    'TEAM_INVALID',
    `${rival} begins with batch ${beginOf(other)}, and ${file} with batch ${beginOf(own)}: who signed both is proven nothing. Give two that begin with one batch.`,
  )
}
