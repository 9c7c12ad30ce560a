import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { lockRunFolder } from './run-lock.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'vigil-lock-'))
})
afterAll(() => rmSync(root, { recursive: true }))

it('keeps another process out, names it, and takes over when it is no more', async () => {
  const folder = join(root, 'run')
  const lock = join(folder, '.lock')
  await (await lockRunFolder(folder))()
  expect(existsSync(folder)).toBe(false) // nothing came of it

  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const ended = new Promise((resolve) => other.on('close', resolve))
  await lockRunFolder(folder)
  writeFileSync(join(folder, 'config.json'), '{}')
  await expect(lockRunFolder(folder)).resolves.toBeTypeOf('function') // who holds it may ask again

  const foreign = join(root, 'foreign')
  const release = await lockRunFolder(foreign)
  writeFileSync(join(foreign, 'config.json'), '{}')
  await release()
  writeFileSync(join(foreign, '.lock'), `${other.pid}\n`)
  await expect(lockRunFolder(foreign)).rejects.toMatchObject({
    code: 'IN_USE',
    message: expect.stringContaining(`process ${other.pid} trains there`),
  })
  expect(readFileSync(join(foreign, '.lock'), 'utf8')).toBe(`${other.pid}\n`)
  other.kill('SIGKILL')
  await ended
  const again = await lockRunFolder(foreign)
  expect(readFileSync(join(foreign, '.lock'), 'utf8')).toBe(`${process.pid}\n`)
  await again()
  expect(existsSync(join(foreign, '.lock'))).toBe(false)
  expect(readFileSync(lock, 'utf8')).toBe(`${process.pid}\n`)
})

it.each(['', `${process.pid}\n`])('takes over what a power failure left: %j', async (left) => {
  const folder = mkdtempSync(join(root, 'failed-'))
  writeFileSync(join(folder, '.lock'), left)
  const release = await lockRunFolder(folder)
  expect(readFileSync(join(folder, '.lock'), 'utf8')).toBe(`${process.pid}\n`)
  await release()
})

it('gives a folder to one of two who find the same dead lock', async () => {
  const folder = mkdtempSync(join(root, 'raced-'))
  const dead = spawn(process.execPath, ['-e', ''])
  await new Promise((resolve) => dead.on('close', resolve))
  writeFileSync(join(folder, '.lock'), `${dead.pid}\n`)
  const script = `
    const { lockRunFolder } = await import(${JSON.stringify(new URL('./run-lock.ts', import.meta.url).href)})
    process.stdin.once('data', async () => {
      await lockRunFolder(${JSON.stringify(folder)}).then(() => console.log('has it'), (error) => console.log(error.code))
    })
    console.log('ready')`
  const racers = [0, 1].map(() => spawn(process.execPath, ['--input-type=module', '-e', script]))
  const said = racers.map(() => '')
  const wait = (words: RegExp) =>
    expect.poll(() => said.every((text) => words.test(text)), { timeout: 10_000 }).toBe(true)
  for (const [i, { stdout }] of racers.entries()) stdout.on('data', (chunk) => (said[i] += chunk))
  await wait(/ready/)
  for (const { stdin } of racers) stdin.write('go\n')
  await wait(/has it|[A-Z]_[A-Z]/)
  for (const racer of racers) racer.kill()
  expect(said.map((text) => text.replace('ready\n', '').trim()).sort()).toEqual(['IN_USE', 'has it'])
})
