#!/usr/bin/env node
/** `npx vigil COMMAND --flag=value ...`: every command of the repository, by one word. */
import { extname } from 'node:path'
import { nearestName } from '@vigil/command-line'
import { COMMANDS } from './commands.ts'
import { COMPLETIONS } from './completion.ts'

const ROOT = new URL('../../../../', import.meta.url)

/** `.ts` in the repository, `.js` in the package. */
const ENDING = extname(import.meta.filename)

const [word = 'help'] = process.argv.splice(2, 1)
const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : Object.values(COMMANDS).find(({ nx }) => nx === word)
if (command !== undefined) await import(new URL(command.file.replace(/\.ts$/, ENDING), ROOT).href)
else if (['help', '--help', '-h'].includes(word)) process.stdout.write(overview())
else if (word === 'completion') complete(process.argv[2])
else {
  const nearest = nearestName(word, Object.keys(COMMANDS))
  process.stderr.write(
    `error UNKNOWN_COMMAND: vigil: needs a command, received ${JSON.stringify(word)}. ${
      nearest === null ? 'See them all with: vigil help' : `Did you mean ${nearest}?`
    }\n`,
  )
  process.exitCode = 2
}

/** Writes the script that completes this command in a shell. */
function complete(shell = ''): void {
  if (Object.hasOwn(COMPLETIONS, shell)) {
    process.stdout.write(COMPLETIONS[shell](COMMANDS))
    return
  }
  const shells = Object.keys(COMPLETIONS).join(', ')
  process.stderr.write(
    `error UNKNOWN_SHELL: vigil completion: needs one of ${shells}, received ${JSON.stringify(shell)}. Name your shell.\n`,
  )
  process.exitCode = 2
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length))
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`)
  return [
    'Usage: vigil COMMAND --flag=value ...',
    '       vigil COMMAND --help',
    '       vigil completion bash|zsh|fish',
    '',
    ...lines,
    '',
  ].join('\n')
}
