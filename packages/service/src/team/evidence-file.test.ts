import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeFolder } from './agent-log.ts'
import { accusedIn } from './evidence-file.ts'
import { addProofs } from './rival-evidence.ts'

const proof = (agent: number) => JSON.stringify({ epoch: 0, agent, first: 'a', second: 'b' })

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-evidence-'))
  path = join(folder, 'evidence.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a file of proofs', () => {
  it('gets those that it does not have yet, also where it is not there, and its folder is as it was then', async () => {
    writeFileSync(join(folder, '.lock'), 'of another program')
    await addProofs(path, [proof(1)])
    await addProofs(path, [proof(1), proof(2)])
    expect(readFileSync(path, 'utf8')).toBe(`${proof(1)}\n${proof(2)}\n`)
    expect(readdirSync(folder)).toEqual(['.lock', 'evidence.jsonl'])
    expect(readFileSync(join(folder, '.lock'), 'utf8')).toBe('of another program')
    expect(await accusedIn(path)).toEqual([1, 2].map((agent) => ({ epoch: 0, agent })))
  })

  it.each([
    ['no line', 'my notes, without a line break'],
    ['another text', 'my notes\nof many days'],
    ['half a line behind a proof', `${proof(1)}\n{"epoch":0,"ag`],
    ['a number', '5\n'],
    ['nothing', 'null\n'],
    ['an object without an agent', '{}\n'],
    ['an epoch in a text', `${proof(1)}\n{"epoch":"0","agent":1}\n`],
    ['a part of an agent', '{"epoch":0,"agent":1.5}\n'],
  ])('is left as it is where proofs are added to %s', async (_, text) => {
    writeFileSync(path, text)
    await expect(addProofs(path, [proof(3)])).rejects.toMatchObject({ code: 'LOG_INVALID' })
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it.each(['events.log', 'certificates.bin'])(
    'is left as it is while an enforcer has its folder, which may be in the midst of a line: one with %s',
    async (name) => {
      const text = `${proof(1)}\n${proof(2).slice(0, 9)}`
      writeFileSync(path, text)
      writeFileSync(join(folder, name), '')
      mkdirSync(join(folder, 'links'))
      const link = join(folder, 'links', 'found.jsonl')
      symlinkSync(path, link)
      const giveBack = await takeFolder(folder)
      for (const out of [path, link])
        await expect(addProofs(out, [proof(3)])).rejects.toMatchObject({ code: 'LOG_TAKEN' })
      expect(readFileSync(path, 'utf8')).toBe(text)
      await giveBack()
      // It is free again behind who adds to it.
      writeFileSync(path, '')
      for (const agent of [1, 2]) await addProofs(link, [proof(agent)])
      expect(readFileSync(path, 'utf8')).toBe(`${proof(1)}\n${proof(2)}\n`)
    },
  )

  it('is not made where its folder is not there', async () => {
    await expect(addProofs(join(folder, 'nowhere', 'evidence.jsonl'), [proof(1)])).rejects.toMatchObject({
      ...{ code: 'FILE_UNWRITABLE', message: expect.stringContaining('is not there. Make it first.') },
    })
    expect(readdirSync(folder)).toEqual([])
  })

  it('loses half a line where its enforcer begins, and nothing where a line before is no proof', async () => {
    writeFileSync(path, `${proof(1)}\n${proof(2).slice(0, 9)}`)
    expect(await accusedIn(path)).toEqual([{ epoch: 0, agent: 1 }])
    expect(readFileSync(path, 'utf8')).toBe(`${proof(1)}\n`)
    for (const line of ['5', '{}', '{"epoch":"0","agent":1}']) {
      const text = `${line}\n${proof(2).slice(0, 9)}`
      writeFileSync(path, text)
      await expect(accusedIn(path)).rejects.toMatchObject({
        ...{ code: 'LOG_INVALID', message: expect.stringContaining('Line 1 of') },
      })
      expect(readFileSync(path, 'utf8')).toBe(text)
    }
  })

  it('that is not there names nobody, and is not made', async () => {
    expect(await accusedIn(path)).toEqual([])
    expect(existsSync(path)).toBe(false)
  })
})
