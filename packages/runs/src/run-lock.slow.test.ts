import { spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { locker } from './lock.fixture.ts'
import { lockRunFolder } from './run-lock.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'vigil-lock-'))
})
afterAll(() => rmSync(root, { recursive: true }))

it('keeps another process out, names it, and takes over when it was killed', async () => {
  const folder = join(root, 'run')
  const [first, second] = [locker(folder), locker(folder)]
  await Promise.all([first.ready(), second.ready()])
  expect(await first.tries()).toBe('has it')
  expect(await second.tries()).toMatch(
    new RegExp(`^IN_USE .*run is in use: process ${first.pid} on ${hostname()} trains there`),
  )
  await expect(lockRunFolder(folder)).rejects.toMatchObject({ code: 'IN_USE' })
  await first.ends()
  expect(existsSync(join(folder, '.lock'))).toBe(true) // as a kill leaves it
  const release = await lockRunFolder(folder)
  await release()
  expect(existsSync(folder)).toBe(false) // nothing came of it
  await second.ends()
})

it('is free again where it cannot tell who has it', async () => {
  const folder = join(root, 'untold')
  mkdirSync(join(folder, '.lock-holder'), { recursive: true })
  await expect(lockRunFolder(folder)).rejects.toMatchObject({ code: 'RUN_FOLDER' })
  rmdirSync(join(folder, '.lock-holder'))
  await (await lockRunFolder(folder))()
})

it('may be asked for again by who has it, and leaves nothing in the folder', async () => {
  const folder = join(root, 'again')
  const release = await lockRunFolder(folder)
  await expect(lockRunFolder(folder)).resolves.toBeTypeOf('function')
  writeFileSync(join(folder, 'config.json'), '{}')
  expect(readdirSync(folder).sort()).toEqual(['.lock', '.lock-holder', 'config.json'])
  await release()
  expect(readdirSync(folder)).toEqual(['config.json'])
})

it.each([
  ['nothing', ''],
  ['the number of a process that lives', `${process.ppid}\n`],
  ['something long', 'x'.repeat(10_000)],
])('does not ask what is in the file: %s', async (_, left) => {
  const folder = mkdtempSync(join(root, 'left-'))
  for (const name of ['.lock', '.lock-holder', '.lock-journal']) writeFileSync(join(folder, name), left)
  await (await lockRunFolder(folder))()
  expect(existsSync(folder)).toBe(false)
})

it('touches nothing behind a link', async () => {
  const folder = mkdtempSync(join(root, 'linked-'))
  const victim = join(root, 'victim')
  writeFileSync(victim, 'mine')
  for (const name of ['.lock', '.lock-holder']) symlinkSync(victim, join(folder, name))
  const release = await lockRunFolder(folder)
  expect(lstatSync(join(folder, '.lock')).isFile()).toBe(true)
  expect(readFileSync(victim, 'utf8')).toBe('mine')
  await release()
  expect(readFileSync(victim, 'utf8')).toBe('mine')
})

it('gives a folder to one of many who want it at the same time, again and again', async () => {
  const folder = mkdtempSync(join(root, 'raced-'))
  for (let round = 0; round < 2; round++) {
    const racers = Array.from({ length: 4 }, () => locker(folder))
    await Promise.all(racers.map((racer) => racer.ready()))
    const said = await Promise.all(racers.map((racer) => racer.tries()))
    expect(said.map((text) => text.split(' ')[0]).sort()).toEqual(['IN_USE', 'IN_USE', 'IN_USE', 'has'])
    await Promise.all(racers.map((racer) => racer.ends())) // killed: the next round takes over
  }
})

const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const hasNamespaces = spawnSync(CONTAINER[0], [...CONTAINER.slice(1), 'true']).status === 0

// Two containers that share a folder: both are process 1 of their own namespace.
it.runIf(hasNamespaces)('is right between containers, in which processes have the same numbers', async () => {
  const folder = mkdtempSync(join(root, 'shared-'))
  const [first, second] = [locker(folder, CONTAINER), locker(folder, CONTAINER)]
  await Promise.all([first.ready(), second.ready()])
  expect(await first.tries()).toBe('has it')
  expect(await second.tries()).toMatch(/^IN_USE .*: process 1 on /)
  await first.ends()
  await second.ends()
  // What was in the first container dies a moment after it.
  await expect.poll(() => lockRunFolder(folder).then((release) => release()), { timeout: 10_000 }).toBeUndefined()
})
