import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { readWorkspaces } from '../pack/workspaces.ts'
import { COMMANDS, REPOSITORY_COMMANDS } from './commands.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Every command that nx runs: [as nx calls it, its file]. */
function commandsOfNx(): [string, string][] {
  const manifests = [...readWorkspaces(ROOT).values()].map(({ folder }) => `${folder}/package.json`)
  return [...manifests, 'packages/agreement/consensus/project.json'].flatMap((path) => {
    const { name, nx, targets = nx?.targets ?? {} } = JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8'))
    return Object.entries(targets as Record<string, { options?: { command?: string } }>).flatMap(
      ([target, { options }]): [string, string][] => {
        const file = /^exec node (.*)/.exec(options?.command ?? '')?.[1]
        if (file === undefined) return []
        // The build of the native engine is run from its package.
        const own = path.replace('package.json', file)
        return [[`${name.replace('@vigil/', '')}:${target}`, existsSync(`${ROOT}${file}`) ? file : own]]
      },
    )
  })
}

it('the package has every command of nx, but for those about this repository', () => {
  const known = Object.values(COMMANDS).map(({ nx, file }) => [nx, file])
  const expected = commandsOfNx().filter(([name]) => !REPOSITORY_COMMANDS.includes(name))
  expect(known.toSorted()).toEqual(expected.toSorted())
})
