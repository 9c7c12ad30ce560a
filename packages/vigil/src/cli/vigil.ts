#!/usr/bin/env node
/** `npx vigil COMMAND --flag=value ...`: every command of the repository, by one word. */
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { commandError, nearestName } from '@vigil/command-line'
import type { VigilError } from '@vigil/errors'
import { packageError } from '../errors.ts'
import { isNodeNewEnough, NODE_MIN } from '../node-version.ts'
import { COMMANDS, type CommandEntry } from './commands.ts'
import { COMPLETIONS } from './completion.ts'

/** Ways to ask for help, and for the version. */
const HELP = ['help', '--help', '-h']
const VERSION = ['version', '--version', '-v']

const [word = 'help'] = process.argv.splice(2, 1)
const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : Object.values(COMMANDS).find(({ nx }) => nx === word)
const { node } = process.versions
// Commands import what an older Node does not have.
if (!isNodeNewEnough(node))
  refuse(packageError('NODE_OLD', `vigil: needs Node ${NODE_MIN} or newer, received ${node}. Install a newer one.`))
else if (command !== undefined) await start(command, process.argv.slice(2))
else if (HELP.includes(word)) process.stdout.write(overview())
else if (VERSION.includes(word)) process.stdout.write(`${versionOf(new URL('package.json', root()))}\n`)
else if (word === 'completion') complete(process.argv[2])
else {
  const nearest = nearestName(word, Object.keys(COMMANDS))
  const remedy = nearest === null ? 'See them all with: vigil help' : `Did you mean ${nearest}?`
  refuse(packageError('UNKNOWN_COMMAND', `vigil: needs a command, received ${JSON.stringify(word)}. ${remedy}`))
}

async function start({ file, about, hasFlags = true }: CommandEntry, words: readonly string[]): Promise<void> {
  if (hasFlags || words.length === 0) {
    // `.ts` in the repository, `.js` in the package.
    await import(new URL(file.replace(/\.ts$/, extname(import.meta.filename)), root()).href)
  } else if (HELP.includes(words[0])) process.stdout.write(`Usage: vigil ${word}\n\n${about}. It has no flags.\n`)
  else
    refuse(
      commandError('UNKNOWN_FLAG', `vigil ${word}: has no flags, received ${JSON.stringify(words[0])}. Leave it out.`),
    )
}

/** Writes the script that completes this command in a shell. */
function complete(shell = ''): void {
  const shells = Object.keys(COMPLETIONS)
  if (Object.hasOwn(COMPLETIONS, shell)) process.stdout.write(COMPLETIONS[shell](COMMANDS))
  else if (HELP.includes(shell)) {
    process.stdout.write(
      `Usage: vigil completion ${shells.join('|')}\n\nWrites the script that completes vigil in a shell.\n`,
    )
  } else {
    const needed = `needs one of ${shells.join(', ')}, received ${JSON.stringify(shell)}`
    refuse(packageError('UNKNOWN_SHELL', `vigil completion: ${needed}. Name your shell.`))
  }
}

function refuse({ code, message }: VigilError): void {
  process.stderr.write(`error ${code}: ${message}\n`)
  process.exitCode = 2
}

/** Of the repository, or of the package. */
function root(): URL {
  return new URL('../../../../', import.meta.url)
}

function versionOf(manifest: URL): string {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`)
  return [
    'Usage: vigil COMMAND --flag=value ...',
    '       vigil COMMAND --help',
    '       vigil completion bash|zsh|fish',
    '       vigil --version',
    '',
    ...lines,
    '',
  ].join('\n')
}
