/**
 * `--verbose` of every command; and of those that have no `--json` of their own and write no data as long as they run, `--json`, by which what
 * a command comes to is one line of JSON and its texts go to stderr, and `--quiet`.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { commandError } from './errors.ts'
import { booleanOf, type CommonFlag, commonFlagsOf, type FlagReading } from './flags.ts'
import { harmlessJson, harmlessText } from './harmless-text.ts'
import type { Help } from './help.ts'

const FLAGS = {
  json: 'one line of JSON on stdout when it ends: exit code, error, and what it came to; texts go to stderr',
  quiet: 'no texts, but for an error',
  verbose: 'an error with its causes, and where in the program it came up',
} as const satisfies Record<CommonFlag, string>

/** Which of the common flags were given. */
type OutputFlags = Readonly<Record<CommonFlag, boolean>>

/** The common flags of a command. */
export function outputFlagsOf({ groups }: Help, reading: FlagReading): readonly CommonFlag[] {
  const own = groups.flatMap(({ flags }) => flags.map(({ name }) => name))
  return commonFlagsOf(own, reading)
}

/** The help of a command with its common flags. */
export function withOutputFlags(help: Help, names: readonly CommonFlag[]): Help {
  const flags = names.map((name) => ({ name, about: FLAGS[name] }))
  return { ...help, groups: [...help.groups, { title: 'Output', flags }] }
}

/** The words of a command line without its common flags, and which of these were there. @throws {VigilError} INVALID_VALUE */
export function withoutOutputFlags(
  line: readonly string[],
  names: readonly CommonFlag[],
): { readonly words: string[]; readonly asked: OutputFlags } {
  const asked = { json: false, quiet: false, verbose: false }
  const words: string[] = []
  for (let i = 0; i < line.length; i++) {
    const [, given, attached] = /^--([a-z]+)(?:=(.*))?$/s.exec(line[i]) ?? []
    const name = names.find((known) => known === given)
    if (name === undefined) {
      words.push(line[i])
      continue
    }
    const alone = booleanOf(line[i + 1] ?? '') === null ? 'true' : null
    const text = attached ?? alone ?? line[++i]
    const value = booleanOf(text)
    if (value === null) {
      const found = harmlessText(text, 100)
      throw commandError('INVALID_VALUE', `--${name} must be true or false, but is "${found}". Give --${name} alone.`)
    }
    asked[name] = value
  }
  return { words, asked }
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

/** What a command came to, as the line of `--json` has it. `result` is left out unless it is an object. */
type Outcome = {
  readonly exitCode: number
  readonly result?: unknown
  readonly error?: { readonly code: string | null; readonly message: string }
}

/** Where the texts of a command go while it works. */
export type Output = {
  /** From now on texts go where they always go, as those of an error do. */
  readonly release: () => void
  /** Releases, and writes the line of `--json` where that was asked for. */
  readonly give: (outcome: Outcome) => void
}

/** Sends what is written to stdout from now on to stderr where the line of JSON is asked for, and all texts nowhere where none are wanted. */
export function takeOutput(command: string, { json, quiet }: OutputFlags): Output {
  const { stdout, stderr } = process
  const releases = quiet ? [stdout, stderr].map((stream) => divert(stream, nowhere)) : []
  if (json && !quiet) releases.push(divert(stdout, stderr.write.bind(stderr)))
  const release = () => {
    for (const undo of releases.splice(0)) undo()
  }
  return {
    release,
    give({ result, ...outcome }) {
      release()
      if (!json) return
      const given = typeof result === 'object' && result !== null ? { result } : {}
      stdout.write(`${harmlessJson({ command, ...outcome, ...given }, 0)}\n`)
    },
  }
}

type Write = NodeJS.WriteStream['write']

/** Sends what is written to a stream elsewhere. @returns what makes an end of that */
function divert(stream: NodeJS.WriteStream, write: Write): () => void {
  const before = Object.getOwnPropertyDescriptor(stream, 'write')
  Object.defineProperty(stream, 'write', { value: write, configurable: true, writable: true })
  return () => {
    if (before === undefined) Reflect.deleteProperty(stream, 'write')
    else Object.defineProperty(stream, 'write', before)
  }
}

/** Takes a text as a stream does, and drops it. */
const nowhere: Write = (_text: unknown, ...rest: unknown[]) => {
  const written = rest.at(-1)
  if (typeof written === 'function') process.nextTick(written)
  return true
}
