import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'

const ROOT = new URL('../', import.meta.url)
const COMMANDS = {
  'learner:train': 'packages/learner/src/cli/train.ts',
  'actors:join': 'packages/hosts/src/cli/join.ts',
}

/** Every list of words in a document that begins with a command of ours. */
function commandsIn(value: unknown): string[][] {
  if (Array.isArray(value) && Object.hasOwn(COMMANDS, String(value[0]))) return [value as string[]]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(commandsIn) : []
}

it.each(['compose.yaml', 'kubernetes.yaml'])('examples/hosts/%s gives both commands flags that they know', (name) => {
  const documents = parseAllDocuments(readFileSync(new URL(`hosts/${name}`, import.meta.url), 'utf8'))
  expect(documents.flatMap(({ errors }) => errors)).toEqual([])
  const commands = documents.flatMap((document) => commandsIn(document.toJS()))
  expect(commands.map(([command]) => command).sort()).toEqual(['actors:join', 'learner:train'])
  for (const [command, ...words] of commands) {
    const file = COMMANDS[command as keyof typeof COMMANDS]
    const { stdout } = spawnSync(process.execPath, [file, '--help'], { cwd: ROOT, encoding: 'utf8' })
    for (const word of words) expect(stdout).toContain(` ${word.replace(/=.*/, '=')}`)
  }
})
