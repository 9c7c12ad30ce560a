import { hash, subtle } from 'node:crypto'
import { harmlessText, writeFileAtomically } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { readRunFile } from '@vigil/runs'
import { z } from 'zod'
import type { KeptPast } from '../decider.ts'
import { serviceError } from '../errors.ts'
import { type KeptDrift, keptDrift } from './drift.ts'

/** What a service knows of the events so far. */
export type KeptService = {
  readonly past: KeptPast
  /** Answers that are given again, from the first kept on. */
  readonly answers: readonly KeptAnswer[]
  /** the settings by which they are written */
  readonly answersBy: string
  /** of inputs and decisions; null = nobody watches them */
  readonly drift: KeptDrift | null
  /** where the events so far came from; null = from whoever asks */
  readonly source: FollowedSource | null
}

/** A file that is followed. */
type FollowedSource = {
  /** names what is read: lines of it have numbers, and no other has this name */
  readonly input: string
  /** where the events so far ended; null = none has come */
  readonly place: FilePlace | null
}

/** A place in a file that others add to: the end of a line. */
export type FilePlace = {
  /** names the file whatever it is called */
  readonly inode: string
  /** bytes before the place */
  readonly offset: number
  /** lines before it, those of files before this one too */
  readonly lines: number
  /** the last bytes before it, base64: a file that has others there was written anew */
  readonly mark: string
}

/** An answer, the SHA-256 of its event, and whose event it was. */
export type KeptAnswer = z.infer<typeof keptAnswer>

const VERSION = 5
const LF = 10
const NUMBER_BYTES = 4
const STATE_BYTES_MAX = 2 ** 31 - 1

const keptAnswer = z.strictObject({
  id: z.union([z.string(), z.number()]),
  content: z.string(),
  json: z.string(),
  stream: z.string().nullable(),
})

/** As it is kept. */
export const filePlace = z.strictObject({
  ...{ inode: z.string(), offset: z.int().min(0), lines: z.int().min(0) },
  mark: z.string().max(200),
})

const headSchema = z.strictObject({
  version: z.literal(VERSION),
  bundle: z.string(),
  /** of what follows the head */
  sha256: z.string(),
  /** of the parts that follow: texts, then the words of each kind of key, the states of streams, the records of rules */
  bytes: z.array(z.int().min(0)).min(3),
})

const textsSchema = z.strictObject({
  latest: z.number(),
  tokens: z.array(z.string().nullable()).nullable(),
  keys: z.array(z.array(z.string())),
  streams: z.array(z.string()),
  rules: z.array(z.string()).nullable(),
  answers: z.array(keptAnswer),
  answersBy: z.string(),
  drift: keptDrift.nullable(),
  source: z.strictObject({ input: z.string(), place: filePlace.nullable() }).nullable(),
})

/**
 * Writes what a service knows, whole or not at all.
 *
 * @param bundle SHA-256 of the bundle that it is of
 * @throws {VigilError} FILE_UNWRITABLE, STATE_INVALID where there is more than can be read again
 */
export async function writeState(
  path: string,
  bundle: string,
  { past, answers, answersBy, drift, source }: KeptService,
): Promise<void> {
  const { latest, history, streams, rules } = past
  const kinds = history?.kinds ?? []
  const keys = kinds.map((kind) => kind.keys)
  const names = { keys, streams: streams.keys, rules: rules?.keys ?? null }
  const texts = { latest, tokens: history?.tokens ?? null, ...names, answers, answersBy, drift, source }
  const arrays = [...kinds.map(({ words }) => words), streams.states, rules?.states ?? new Float32Array(0)]
  const parts = [
    Buffer.from(JSON.stringify(texts)),
    ...arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  ]
  const bytes = parts.map(({ length }) => length)
  const headBytes = Buffer.byteLength(writtenHead(bundle, '0'.repeat(64), bytes))
  const size = bytes.reduce((sum, length) => sum + length, headBytes)
  if (size > STATE_BYTES_MAX) {
    throw serviceError(
      'STATE_INVALID',
      `${path} would need ${size} bytes, more than can be read again. Keep fewer --ids.`,
    )
  }
  // What is known goes on to change: it is copied in one turn of the event loop, and hashed and written beside the next ones.
  const file = Buffer.concat([Buffer.alloc(headBytes), ...parts])
  const sha256 = Buffer.from(await subtle.digest('SHA-256', file.subarray(headBytes))).toString('hex')
  file.write(writtenHead(bundle, sha256, bytes))
  await writeFileAtomically(path, file, 0o600)
}

/** The SHA-256 has one length, so that the head has one length. */
function writtenHead(bundle: string, sha256: string, bytes: readonly number[]): string {
  return `${JSON.stringify({ version: VERSION, bundle, sha256, bytes })}\n`
}

/**
 * Reads what a service knew when it was written.
 *
 * @returns null where there is no such file
 * @throws {VigilError} STATE_INVALID where it is of another bundle, or was changed
 */
export async function readState(path: string, bundle: string): Promise<KeptService | null> {
  const bytes = await readRunFile(path, STATE_BYTES_MAX)
  if (bytes === null) return null
  const end = bytes.indexOf(LF)
  const head = parsed(path, headSchema, bytes.subarray(0, Math.max(0, end)))
  if (head.bundle !== bundle) throw stateInvalid(path, 'it is of another bundle')
  const body = bytes.subarray(end + 1)
  if (hash('sha256', body) !== head.sha256) throw stateInvalid(path, 'its SHA-256 is not the one in its head')
  const [, ...arrayBytes] = head.bytes
  if (arrayBytes.some((length) => length % NUMBER_BYTES !== 0)) throw stateInvalid(path, 'its parts are no numbers')
  let at = 0
  const parts = head.bytes.map((length) => {
    at += length
    return body.subarray(at - length, at)
  })
  const { latest, tokens, keys, streams, rules, ...others } = parsed(path, textsSchema, parts[0])
  if (parts.length !== keys.length + 3) throw stateInvalid(path, 'its parts are not those that it names')
  const kinds = keys.map((own, i) => ({ keys: own, words: new Int32Array(copyOf(parts[i + 1])) }))
  const [states, records] = parts.slice(-2).map((part) => new Float32Array(copyOf(part)))
  const past = {
    ...{ latest, history: tokens && { tokens, kinds }, streams: { keys: streams, states } },
    rules: rules && { keys: rules, states: records },
  }
  return { past, ...others }
}

/** Views of numbers begin at multiples of their size. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

function parsed<Schema extends z.ZodType>(path: string, schema: Schema, bytes: Buffer): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw stateInvalid(path, harmlessText((cause as Error).message, 200), cause)
  }
}

/** A state that cannot be gone on from. */
export function stateInvalid(path: string, reason: string, cause?: unknown): VigilError {
  return serviceError(
    'STATE_INVALID',
    `${path} cannot be gone on from: ${reason}. Decide by the bundle and the command that it is of, or begin without a past: name another file, or remove this one.`,
    { cause },
  )
}
