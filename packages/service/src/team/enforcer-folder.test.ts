import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { agreedChain, team } from './agreed-batch.fixture.ts'
import { openEnforcerFolder } from './enforcer-folder.ts'

const chain = agreedChain([['[1,{}]', '[2,{}]'], ['[3,{}]'], ['[4,{}]']])

let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'vigil-folder-'))
})
afterEach(() => rmSync(out, { recursive: true }))

const file = (name: string) => join(out, name)
const opened = async () => await openEnforcerFolder(out, { known: [{ team }], teamAt: () => team })

/** Adds batches, of which so many have certificates, and lines. */
async function add(batches: number, certified: number, lines: number) {
  const folder = await opened()
  const { events, certificates, decisions } = folder
  for (const { events: texts } of chain.slice(events.batchCount, batches))
    await events.append({ firstRow: events.rowCount, line: 1, taken: [], events: texts })
  for (const { certificate } of chain.slice(certificates.place.batch, certified)) await certificates.append(certificate)
  await decisions.append(Array.from({ length: lines - decisions.rows }, () => '{}'))
  await folder.close()
}

it('the files of an enforcer may each be behind the one before, and a folder opens again', async () => {
  await add(3, 1, 2)
  const folder = await opened()
  expect([folder.events.rowCount, folder.certificates.place.batch, folder.decisions.rows]).toEqual([4, 1, 2])
  await folder.close()
  // Answered late, without certificates.
  await add(3, 1, 4)
  await (await opened()).close()
})

it('files of different times are refused before any line is named anew, and the folder is free for another try', async () => {
  const invalid = (what: string) => ({ code: 'LOG_INVALID', message: expect.stringContaining(what) })
  await add(1, 0, 2)
  copyFileSync(file('events.log'), file('events.before'))
  await add(2, 0, 3)
  copyFileSync(file('events.log'), file('events.now'))
  copyFileSync(file('events.before'), file('events.log'))
  await expect(opened()).rejects.toMatchObject(invalid('decisions.jsonl has 3 lines, and events.log 2 events'))
  copyFileSync(file('events.now'), file('events.log'))
  await add(2, 2, 3)
  rmSync(file('decisions.jsonl'))
  copyFileSync(file('events.before'), file('events.log'))
  await expect(opened()).rejects.toMatchObject(invalid('certificates.bin has 2 certificates, and events.log 1 batch'))
  rmSync(file('events.log'))
  const other = await openOther()
  await other.close()
  await expect(opened()).rejects.toMatchObject(invalid('are of 3 events, and of 2 in events.log'))
  copyFileSync(file('events.now'), file('events.log'))
  await (await opened()).close()
})

it.each([
  ['events.log', (path: string) => writeFileSync(path, 'none of ours')],
  ['certificates.bin', (path: string) => writeFileSync(path, Buffer.alloc(100, 1))],
  ['decisions.jsonl', (path: string) => mkdirSync(path)],
])('where %s cannot be opened the others are closed, and the folder is free', async (name, spoil) => {
  spoil(file(name))
  await expect(opened()).rejects.toThrow()
  expect(openIn(out)).toEqual([])
  rmSync(file(name), { recursive: true })
  await (await opened()).close()
})

/** Files in a folder that this process has open, where the system tells. */
function openIn(folder: string): string[] {
  const own = '/proc/self/fd'
  const links = existsSync(own) ? readdirSync(own) : []
  return links.map((fd) => linkIn(join(own, fd))).filter((path) => path.startsWith(folder))
}

/** Empty where the file was closed meanwhile, as the list itself. */
function linkIn(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** Two batches of one event each, as of another team. */
async function openOther() {
  copyFileSync(file('certificates.bin'), file('certificates.now'))
  rmSync(file('certificates.bin'))
  const folder = await opened()
  for (const firstRow of [0, 1]) await folder.events.append({ firstRow, line: 1, taken: [], events: ['[1,{}]'] })
  return {
    async close() {
      await folder.close()
      copyFileSync(file('certificates.now'), file('certificates.bin'))
    },
  }
}
