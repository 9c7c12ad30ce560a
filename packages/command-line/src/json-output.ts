/** `--json` of every command that has none of its own: what it comes to is one line of JSON, and its texts go to stderr. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { commandError } from './errors.ts'
import { booleanOf } from './flags.ts'
import { harmlessJson, harmlessText } from './harmless-text.ts'
import type { FlagHelp, Help } from './help.ts'

const FLAG: FlagHelp = {
  name: 'json',
  about: 'one line of JSON on stdout when it ends: exit code, error, and what it came to; texts go to stderr',
}

/** Whether a command has a `--json` of its own. */
export function hasJsonFlag({ groups }: Help): boolean {
  return groups.some(({ flags }) => flags.some(({ name }) => name === FLAG.name))
}

/** The help of a command with the common flag. */
export function withJsonFlag(help: Help): Help {
  return { ...help, groups: [...help.groups, { title: 'Output', flags: [FLAG] }] }
}

/** The words of a command line without `--json`, and whether it was there. @throws {VigilError} INVALID_VALUE */
export function withoutJson(line: readonly string[]): { readonly words: string[]; readonly isJson: boolean } {
  let isJson = false
  const words = line.filter((word) => {
    const found = /^--json(?:=(.*))?$/s.exec(word)
    if (found === null) return true
    const value = found[1] === undefined ? true : booleanOf(found[1])
    if (value === null) {
      const given = harmlessText(found[1], 100)
      throw commandError('INVALID_VALUE', `--json must be true or false, but is "${given}". Give --json alone.`)
    }
    isJson = value
    return false
  })
  return { words, isJson }
}

/** A file that a command has made. The `files` of what a command comes to get their sizes and hashes here. */
export type MadeFile = {
  readonly path: string
  /** In words, for people. */
  readonly what: string
}

/** What a command came to, with the size in bytes and the SHA-256 of each of its `files`. */
export async function measured(result: unknown): Promise<unknown> {
  const { files } = (result ?? {}) as { readonly files?: readonly MadeFile[] }
  if (files === undefined) return result
  const facts = []
  for (const file of files) facts.push({ ...file, ...(await factsOf(file.path)) })
  return { ...(result as object), files: facts }
}

/** Null where the file cannot be read here, as one that an agent at work has made in its own container: it was made all the same. */
async function factsOf(path: string): Promise<{ readonly bytes: number | null; readonly sha256: string | null }> {
  const [hash, content] = [createHash('sha256'), createReadStream(path)]
  try {
    await pipeline(content, hash)
    return { bytes: content.bytesRead, sha256: hash.digest('hex') }
  } catch {
    return { bytes: null, sha256: null }
  }
}

/** Writes the line. `result` is left out unless it is an object. */
export type JsonOutput = (outcome: {
  readonly exitCode: number
  readonly result?: unknown
  readonly error?: { readonly code: string | null; readonly message: string }
}) => void

/** Sends what is written to stdout from now on to stderr, but for the line that the function gives. */
export function takeOutput(command: string): JsonOutput {
  const { stdout, stderr } = process
  const write = stdout.write.bind(stdout)
  const before = Object.getOwnPropertyDescriptor(stdout, 'write')
  Object.defineProperty(stdout, 'write', { value: stderr.write.bind(stderr), configurable: true, writable: true })
  return ({ result, ...outcome }) => {
    if (before === undefined) Reflect.deleteProperty(stdout, 'write')
    else Object.defineProperty(stdout, 'write', before)
    const given = typeof result === 'object' && result !== null ? { result } : {}
    write(`${harmlessJson({ command, ...outcome, ...given }, 0)}\n`)
  }
}
