/** What --help prints, made from the same tables that flags are read by. */
import { stripVTControlCharacters } from 'node:util'
import { callOf, callsOf } from './call.ts'

/** A flag, for its help. */
export type FlagHelp = {
  /** In kebab-case. */
  readonly name: string
  /** What stands behind the equals sign: N, PATH. Absent: a switch. */
  readonly value?: string | undefined
  readonly about: string
  /** What may be given. */
  readonly range?: string | undefined
  /** What holds where the flag is left out. */
  readonly default?: string | undefined
}

/** What a command's help says. */
export type Help = {
  /** As nx calls it: learner:train. */
  readonly command: string
  /** The file that is run without nx, from the root of the repository. */
  readonly file: string
  readonly purpose: string
  readonly groups: readonly { readonly title: string; readonly flags: readonly FlagHelp[] }[]
  /** Words behind the command's name. */
  readonly examples: readonly string[]
  /** Exit codes other than those of every command. */
  readonly exitCodes?: string
}

const EXIT_CODES = '0 done, 1 failed, 2 bad usage, 3 bad data, 128 + the number of the signal that ended it'

/** Text wider than this is hard to read, whatever the terminal. */
const WIDTH_MAX = 120
const WIDTH_IN_PIPES = 100
const WIDTH_MIN = 20

/** Whether the words of a command line ask for help: `--help` anywhere, `-h`, or `help` first. */
export function wantsHelp(words: readonly string[]): boolean {
  return words[0] === 'help' || words.some((word) => word === '--help' || word === '-h')
}

/** The help of a command as plain text. @param columns width of the terminal; undefined in a pipe */
export function helpText(help: Help, columns: number | undefined): string {
  const width = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, columns || WIDTH_IN_PIPES))
  const usage = callsOf(help).map((call, i) => `${i === 0 ? 'Usage:' : '      '} ${call} --flag=value ...`)
  const blocks = [
    wrapped(help.purpose, width, ''),
    usage,
    ...help.groups.map(({ title, flags }) => [`${title}:`, ...flags.flatMap((flag) => flagLines(flag, width))]),
    ['Examples:', ...help.examples.map((words) => `  ${`${callOf(help.command)} ${words}`.trimEnd()}`)],
    wrapped(`Exit codes: ${help.exitCodes ?? EXIT_CODES}.`, width, ''),
  ]
  return stripVTControlCharacters(blocks.map((lines) => `${lines.join('\n')}\n`).join('\n'))
}

function flagLines({ name, value, about, range, default: preset }: FlagHelp, width: number): string[] {
  const left = `  --${name}${value === undefined ? '' : `=${value}`}`
  const facts = [range, preset === undefined ? undefined : `default ${preset}`].filter((fact) => fact !== undefined)
  const text = facts.length === 0 ? about : `${about} (${facts.join('; ')})`
  const column = width >= 70 ? 34 : 6
  const lines = wrapped(text, width, ' '.repeat(column))
  // The name stands before the text where it fits, and above it where it does not.
  return left.length + 2 <= column ? [left.padEnd(column) + lines[0].trimStart(), ...lines.slice(1)] : [left, ...lines]
}

/** Breaks text at spaces; a word that is too long for a line gets one of its own. */
function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, indent + line]
}
