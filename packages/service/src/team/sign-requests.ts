/** What asks an agent that is at work to sign a successor: a file in its folder, which its answer replaces. */
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
  /** which agent is asked */
  agent: z.int().min(0),
  /** SHA-256 of the manifest that is to be signed */
  manifest: z.string().length(64),
  /** when nobody waits for the answer any more, in milliseconds of the system's clock */
  until: z.int(),
  /** the path of its signature, or why it does not sign */
  answer: z.union([z.strictObject({ signed: z.string() }), z.strictObject({ refused: z.string() })]).optional(),
})

/** What an agent at work is asked. */
export type SignRequest = Omit<Found, 'answer'>

type Found = z.infer<typeof requestSchema>

type Answer = NonNullable<Found['answer']>

/**
 * Asks the agent that has a folder to sign a manifest.
 *
 * @param log folder that a process has
 * @returns the path of its signature, as that agent names it
 * @throws {VigilError} SUCCESSOR_LATE with its reason, LOG_TAKEN where it does not answer, FILE_UNWRITABLE
 */
export async function askToSign(log: string, asked: Omit<SignRequest, 'until'>): Promise<string> {
  const request: SignRequest = { ...asked, until: Date.now() + ANSWER_MS_MAX }
  await writeFileAtomically(requestFile(log), `${JSON.stringify(request)}\n`)
  try {
    for (let waitedMs = 0; waitedMs < ANSWER_MS_MAX; waitedMs += LOOK_MS) {
      const answer = answerTo(request, await readRequest(log))
      if ('signed' in answer) return answer.signed
      if ('refused' in answer)
        throw serviceError('SUCCESSOR_LATE', `The agent at work does not sign: ${answer.refused}`)
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

/** What an agent is asked. @returns null where nobody asks, or waits any more, or it has answered */
export async function askedToSign(log: string): Promise<SignRequest | null> {
  const request = await readRequest(log)
  return request === null || request.answer !== undefined || request.until < Date.now() ? null : request
}

/** Answers a request: it is none any more. @throws {VigilError} FILE_UNWRITABLE */
export async function answerRequest(log: string, request: SignRequest, answer: Answer): Promise<void> {
  await writeFileAtomically(requestFile(log), `${JSON.stringify({ ...request, answer })}\n`)
}

/** Nothing where there is none yet, or it is that to another request. */
function answerTo({ manifest, until }: SignRequest, found: Found | null): Answer | Record<string, never> {
  return found?.manifest === manifest && found.until === until ? (found.answer ?? {}) : {}
}

async function readRequest(log: string): Promise<Found | null> {
  try {
    return requestSchema.parse(JSON.parse(await readFile(requestFile(log), 'utf8')))
  } catch {
    return null
  }
}

function requestFile(log: string): string {
  return join(log, 'sign.json')
}
