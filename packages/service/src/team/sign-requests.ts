/** What asks an agent that is at work to sign a successor: a file in its folder, which its answer removes or replaces. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { writeFileAtomically } from '@vigil/command-line'
import { z } from 'zod'
import { serviceError } from '../errors.ts'

/** An agent looks every second. */
const ANSWER_MS_MAX = 15_000
const LOOK_MS = 100

const requestSchema = z.strictObject({
  /** SHA-256 of the manifest that is to be signed */
  manifest: z.string().length(64),
  /** why it is not */
  refused: z.string().optional(),
})

/**
 * Asks the agent that has a folder to sign a manifest.
 *
 * @param isSigned whether its signature is there
 * @throws {VigilError} SUCCESSOR_LATE with its reason, LOG_TAKEN where it does not answer, FILE_UNWRITABLE
 */
export async function askToSign(log: string, manifest: string, isSigned: () => Promise<boolean>): Promise<void> {
  await writeFileAtomically(requestFile(log), `${JSON.stringify({ manifest })}\n`)
  try {
    for (let waitedMs = 0; waitedMs < ANSWER_MS_MAX; waitedMs += LOOK_MS) {
      if (await isSigned()) return
      const answer = await readRequest(log)
      if (answer?.refused !== undefined) {
        throw serviceError('SUCCESSOR_LATE', `The agent at work does not sign: ${answer.refused}`)
      }
      await setTimeout(LOOK_MS)
    }
    throw serviceError(
      'LOG_TAKEN',
      `The process that has ${log} does not answer. End it, and let the agent sign again.`,
    )
  } finally {
    await rm(requestFile(log), { force: true })
  }
}

/** The manifest that an agent is asked to sign. @returns null where it is not, or has answered */
export async function askedToSign(log: string): Promise<string | null> {
  const request = await readRequest(log)
  return request === null || request.refused !== undefined ? null : request.manifest
}

/** @throws {VigilError} FILE_UNWRITABLE */
export async function refuseToSign(log: string, manifest: string, reason: string): Promise<void> {
  await writeFileAtomically(requestFile(log), `${JSON.stringify({ manifest, refused: reason })}\n`)
}

async function readRequest(log: string): Promise<z.infer<typeof requestSchema> | null> {
  try {
    return requestSchema.parse(JSON.parse(await readFile(requestFile(log), 'utf8')))
  } catch {
    return null
  }
}

function requestFile(log: string): string {
  return join(log, 'sign.json')
}
