/** The successor that an agent has signed, in its folder: from the batch on with which it begins the agent signs nothing else. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beginOf, type Epoch, isSigned } from '@vigil/agreement'
import { writeFileAtomically } from '@vigil/command-line'
import { z } from 'zod'
import { serviceError } from '../errors.ts'
import { successorFile } from './epoch-files.ts'
import { readSignature } from './epoch-signatures.ts'
import { readTeam } from './team-files.ts'

const pledgeSchema = z.strictObject({ epoch: z.int(), batch: z.int(), manifest: z.string() })

/** The successor that an agent has signed, and the batch with which it begins. */
export type Pledge = z.infer<typeof pledgeSchema>

/** What signing a manifest binds an agent of the epoch before to. */
export function pledgeTo(before: Epoch, next: Epoch): Pledge {
  return { epoch: before.manifest.epoch, batch: beginOf(next), manifest: next.team.id }
}

/**
 * What an agent has signed by its signature beside the next manifest, wherever that was given.
 *
 * @returns null where there is none
 */
export async function shownPledge(path: string, epochs: readonly Epoch[], agent: number): Promise<Pledge | null> {
  const before = epochs[epochs.length - 1]
  const file = successorFile(path, epochs)
  // Nobody can have signed what nobody can read.
  const next = await readTeam(file).catch(() => null)
  const signature = await readSignature(file, 'agent', agent)
  return next === null || signature === null || !isSigned(before, next, signature) ? null : pledgeTo(before, next)
}

/** @throws {VigilError} FILE_UNWRITABLE */
export async function writePledge(log: string, pledge: Pledge): Promise<void> {
  await writeFileAtomically(pledgeFile(log), `${JSON.stringify(pledge)}\n`)
}

/** What an agent has signed last. @throws {VigilError} LOG_INVALID */
export async function readPledge(log: string): Promise<Pledge | null> {
  const path = pledgeFile(log)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (text === null) return null
  try {
    return pledgeSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw serviceError('LOG_INVALID', `${path} does not tell which successor was signed. Give the folder as it was.`, {
      cause,
    })
  }
}

/**
 * An agent signs one successor of an epoch, unless its team has gone on under the old manifest behind the batch with which that begins: then
 * no successor that begins with it can be valid any more.
 *
 * @param batch in which it has signed something in this epoch last; null = in none
 * @throws {VigilError} SUCCESSOR_LATE
 */
export function assertUnbound(made: Pledge | null, wanted: Pledge, batch: number | null): void {
  const isBound = made?.epoch === wanted.epoch && (batch === null || batch <= made.batch)
  if (isBound && made.manifest !== wanted.manifest) {
    throw late(`has signed another successor of epoch ${made.epoch}, which begins with batch ${made.batch}`)
  }
}

/** The refusal to sign, for what the agent has done. */
export function late(what: string) {
  return serviceError(
    'SUCCESSOR_LATE',
    `The agent ${what}. Let it sign nothing else; make a successor that begins later.`,
  )
}

function pledgeFile(log: string): string {
  return join(log, 'successor.json')
}
