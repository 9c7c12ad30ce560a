import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Decider } from '../decider.ts'
import { readState, writeState } from '../serve/state-file.ts'
import { keptFollowing } from './kept-following.ts'

let folder: string
let path: string
let count = 0
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-kept-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => {
  path = join(folder, `events-${count++}.jsonl`)
})

/** What a team knows that has heard of one event. */
const past = { latest: 5, history: null, streams: { keys: ['1:x'], states: Float32Array.of(1) }, rules: null }

/** Follows a file until so many lines have come. @returns also the places that were kept each time the decisions were safe */
async function following(lineCount: number, fails = false) {
  const stop = new AbortController()
  const restored: unknown[] = []
  const synced: (number | undefined)[] = []
  const decider = { save: () => past, restore: (kept) => void restored.push(kept) } as Partial<Decider> as Decider
  const state = { path: `${path}.state`, bundle: 'b', everyMs: 0 }
  const sync = async () => {
    synced.push((await readState(state.path, 'b'))?.source?.place?.lines)
    if (fails) throw new Error('no space is left')
  }
  const settings = { stop: stop.signal, pollMs: 2, note: () => undefined }
  const { input, lines } = await keptFollowing(path, settings, { decider, state, clock: () => 0, sync })
  const numbers: number[] = []
  for await (const together of lines) {
    numbers.push(...together.map(({ number }) => number))
    if (numbers.length === lineCount) stop.abort()
  }
  return { input, numbers, restored, synced }
}

it('names what it reads the same as long as the state is gone on from, from its first line on', async () => {
  writeFileSync(path, '{"a":1}\n{"a":2}\n')
  const first = await following(2)
  expect(first).toMatchObject({ numbers: [1, 2], restored: [] })
  appendFileSync(path, '{"a":3}\n')
  const second = await following(1)
  expect(second).toMatchObject({ input: first.input, numbers: [3], restored: [past] })
  rmSync(`${path}.state`)
  expect((await following(3)).input).not.toBe(first.input)
})

it('keeps a place only when the decisions before it are safe', async () => {
  writeFileSync(path, '{"a":1}\n')
  await expect(following(1, true)).rejects.toThrow('no space')
  // The name is there, and no place: the line is decided on again, under its name.
  const kept = (await readState(`${path}.state`, 'b'))!.source!
  expect(kept.place).toBe(null)
  expect(await following(1)).toMatchObject({ input: kept.input, numbers: [1], synced: [undefined] })
  expect((await readState(`${path}.state`, 'b'))!.source!.place).toMatchObject({ lines: 1 })
})

it('refuses what a service kept, whose events came from no file', async () => {
  writeFileSync(path, '{"a":1}\n')
  await writeState(`${path}.state`, 'b', { past, answers: [], answersBy: '', drift: null, source: null })
  await expect(following(1)).rejects.toMatchObject({ code: 'STATE_INVALID', kind: 'data' })
})
