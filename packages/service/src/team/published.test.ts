import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HandingOn } from './hand-on.ts'
import { startPublishing } from './published.ts'

let folder: string
let rows: number
let open: HandingOn[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-published-'))
  writeFileSync(file('decisions.jsonl'), '')
  rows = 0
  open = []
})
afterEach(async () => {
  for (const one of open) await one.close()
  rmSync(folder, { recursive: true })
})

const file = (name: string) => join(folder, name)
const never = new AbortController().signal
/** Lines of which some may not be on the disk yet. */
function decide(count: number, durable = count): void {
  for (let i = 0; i < count; i++) appendFileSync(file('decisions.jsonl'), `{"id":${rows + i + 1}}\n`)
  rows += durable
}

/** A server that keeps the first message of a name. */
function serverOf() {
  const kept = new Map<number, string>()
  let sent = 0
  const publish = async (messages: readonly string[], firstRow: number) => {
    sent += messages.length
    for (const [i, text] of messages.entries()) if (!kept.has(firstRow + i)) kept.set(firstRow + i, text)
    return true
  }
  return { kept, publish, sent: () => sent }
}

async function start(publish: (messages: readonly string[], firstRow: number) => Promise<boolean>): Promise<HandingOn> {
  const files = { decisions: file('decisions.jsonl'), published: file('published.json') }
  const decisions = {
    get rows() {
      return rows
    },
  }
  const made = await startPublishing({ decisions, files, publish, render: async (lines) => lines, endMs: 30 })
  open.push(made)
  return made
}

const expected = (count: number) => new Map(Array.from({ length: count }, (_, i) => [i, `{"id":${i + 1}}`]))

describe('decisions that are published', () => {
  it('are all lines that are stored, in their order, those that come later too, and none that is not', async () => {
    decide(1000)
    const server = serverOf()
    const publishing = await start(server.publish)
    await publishing.finish(never)
    expect(server.kept).toEqual(expected(1000))
    decide(5, 3)
    publishing.wake()
    await publishing.finish(never)
    expect(server.kept).toEqual(expected(1003))
    expect(server.sent()).toBe(1003)
  })

  it('go on where they were, and come again under the same names where that was not kept', async () => {
    decide(600)
    const server = serverOf()
    let calls = 0
    const dying = await start(async (messages, firstRow) => {
      await server.publish(messages, firstRow)
      // The process ends between what the server has stored and the note of it.
      return ++calls < 2
    })
    await expect.poll(() => calls, { interval: 5 }).toBe(2)
    await dying.close()
    expect(JSON.parse(readFileSync(file('published.json'), 'utf8')).rows).toBe(256)
    expect(server.kept.size).toBe(512)
    decide(40)
    await (await start(server.publish)).finish(never)
    expect(server.kept).toEqual(expected(640))
    expect(server.sent()).toBe(512 + 640 - 256)
  })

  it('are waited for, and not for ever where an end is asked for', async () => {
    decide(3)
    const stuck = Promise.withResolvers<boolean>()
    const publishing = await start(async () => await stuck.promise)
    const ending = new AbortController()
    let isOver = false
    const finished = publishing.finish(ending.signal).then(() => {
      isOver = true
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isOver).toBe(false)
    ending.abort()
    await finished
    expect(publishing.waiting).toBe(3)
    stuck.resolve(false)
  })

  it('end where the server refuses one, with its error', async () => {
    decide(3)
    const refusal = new Error('refused')
    const publishing = await start(async () => await Promise.reject(refusal))
    await expect(publishing.finish(never)).rejects.toBe(refusal)
    await expect(publishing.failed).rejects.toBe(refusal)
  })

  it.each([
    ['more lines than there are', '{"rows":4,"bytes":36}'],
    ['a place within a line', '{"rows":2,"bytes":17}'],
    ['nothing', '{}'],
    ['no JSON', '{"rows":'],
  ])('are not gone on with by a file that tells of %s', async (_, text) => {
    decide(3)
    writeFileSync(file('published.json'), text)
    await expect(start(serverOf().publish)).rejects.toMatchObject({ code: 'LOG_INVALID', kind: 'data' })
  })
})
