import { loadRecording } from '@vigil/data'
import type { Bundle } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decideStream, streamNotes } from './decide-stream.ts'
import { createDecider } from './decider.ts'
import { byRow, describedRequest, drawnTeam, eventsFolder } from './described-team.fixture.ts'
import { eventFilter } from './event-filter.ts'
import { inputLines } from './input-lines.ts'
import { PLAIN_OUTPUT } from './output/decision-output.ts'
import { replay } from './replay.ts'
import { writtenDecision } from './written-decision.ts'

let folder: ReturnType<typeof eventsFolder>
let team: Awaited<ReturnType<typeof drawnTeam>>
let bundle: Bundle
beforeAll(async () => {
  folder = eventsFolder()
  team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [8] })
  bundle = team.bundle
})
afterAll(async () => {
  await team.close()
  folder.remove()
})

const all = {
  onError: 'stop',
  isJudged: () => true,
  streamColumns: null,
  note: () => undefined,
  output: PLAIN_OUTPUT,
} as const

/** What is written about some lines, each piece of input as it is. */
async function answers(pieces: readonly string[], settings: Partial<Parameters<typeof decideStream>[3]> = {}) {
  const written: string[] = []
  const text = (async function* () {
    for (const piece of pieces) yield Buffer.from(piece)
  })()
  const write = async (lines: string) => {
    written.push(lines)
    return true
  }
  const decider = await createDecider(bundle)
  const ended = decideStream(decider, inputLines(text), write, { ...all, ...settings })
  const result = await ended.then(
    (counts) => ({ counts, error: null }),
    (error: Error & { code?: string }) => ({ counts: null, error }),
  )
  return { written, lines: written.join('').split('\n').slice(0, -1), ...result, unseen: decider.unseen() }
}

const line = (fields: object) => `${JSON.stringify(fields)}\n`

describe('events on stdin', () => {
  it('get the decisions of a replay, in the order of time, bit for bit', async () => {
    const recording = await loadRecording(team.request)
    const live = { ...bundle, pipeline: recording.pipeline }
    const written = async (some: typeof recording) => {
      const decided = await byRow(replay(await createDecider(live), some, 'test'))
      return new Map(Array.from(decided, ([row, decision]) => [row, writtenDecision(row, decision)]))
    }
    const expected = await written(recording)
    // Only rows of the test split: history is of all events, so the others are left out of both.
    const only = { ...recording, order: recording.order.filter((row) => expected.has(row)) }
    const among = [...(await written(only)).values()]
    bundle = live
    const { lines } = await answers(Array.from(only.order, (row) => line({ ...recording.event(row), id: row })))
    expect(lines).toEqual(among)
    // The past of the other parts makes a difference, or the test above would show little.
    expect(among).not.toEqual(Array.from(only.order, (row) => expected.get(row)))
    bundle = team.bundle
  })

  it('are one line each, named by their own id or else by their line', async () => {
    const { lines } = await answers([
      line({ id: 'x', proto: 'tcp' }),
      `\n  \n${line({ id: 7, proto: 'udp' })}${line({ id: '', proto: 'tcp' })}{"id":1e999,"proto":"tcp"}\n${line({ proto: 'tcp' }).trim()}`,
    ])
    expect(lines.map((text) => JSON.parse(text).id)).toEqual(['x', 7, 5, 6, 7])
    expect(Object.keys(JSON.parse(lines[0]))).toEqual(['id', 'action', 'score', 'decided', 'margin', 'votes', 'scores'])
  })

  it('are answered before more is read', async () => {
    const { written } = await answers([line({ proto: 'tcp' }), `${line({ proto: 'udp' })}${line({ proto: 'tcp' })}`])
    expect(written.map((text) => text.split('\n').length - 1)).toEqual([1, 2])
  })

  it.each([
    ['text that is no JSON', 'nonsense', 'EVENT_MALFORMED'],
    ['a list', '[1]', 'EVENT_MALFORMED'],
    ['an open object', '{"proto":"tcp"', 'EVENT_MALFORMED'],
    ['brackets without end', '['.repeat(900_000), 'EVENT_MALFORMED'],
    ['nothing that the team knows', '{"protocol":"tcp"}', 'EVENT_INVALID'],
  ])('end at %s, after the decisions on the events before it', async (_, bad, code) => {
    const { lines, error } = await answers([`${line({ proto: 'tcp' })}${bad}\n${line({ proto: 'udp' })}`])
    expect(error?.code).toBe(code)
    expect(error?.message).toMatch(/^Line 2: /)
    expect(lines).toHaveLength(1)
  })

  it('go on behind a bad line where that is wanted, as if it had never been', async () => {
    const notes: string[] = []
    const bad = await answers([`${line({ id: 1, proto: 'tcp' })}nonsense\n{}\n`, line({ id: 2, proto: 'udp' })], {
      onError: 'skip',
      note: (text) => notes.push(text),
    })
    const good = await answers([line({ id: 1, proto: 'tcp' }), line({ id: 2, proto: 'udp' })])
    expect(bad.lines).toEqual(good.lines)
    expect(bad.counts).toEqual({ decided: 2, leftOut: 0, skipped: 2, unheard: 0 })
    expect(notes.map((text) => text.slice(0, 8))).toEqual(['Line 2: ', 'Line 3: '])
    expect(streamNotes(bad.counts!, bad.unseen)).toEqual([
      '2 decisions; 2 bad lines passed over',
      'in no event, and read as missing: bytes, port, host, ts',
    ])
  })

  it('are passed over where the description leaves them out', async () => {
    const isJudged = eventFilter({ ...bundle.pipeline.reading!, where: 'proto == "tcp" && flow.bytes > 10' })
    const { lines, counts } = await answers(
      [
        line({ id: 1, proto: 'tcp', flow: { bytes: '11' } }),
        line({ id: 2, proto: 'tcp', 'flow.bytes': 9 }),
        line({ id: 3, proto: 'udp', flow: { bytes: 11 } }),
        line({ id: 4, proto: 'tcp' }),
      ],
      { isJudged },
    )
    expect(lines.map((text) => JSON.parse(text).id)).toEqual([1])
    expect(counts).toEqual({ decided: 1, leftOut: 3, skipped: 0, unheard: 0 })
  })

  it('that the filter fails on are bad lines with their number', async () => {
    const isJudged = eventFilter({ ...bundle.pipeline.reading!, where: 'bytes > 10' })
    const lines = [line({ id: 1, proto: 'tcp', bytes: 11 }), line({ proto: 'tcp', bytes: 'many' })]
    const { error, lines: written } = await answers(lines, { isJudged })
    expect(error?.code).toBe('EXPRESSION_INVALID')
    expect(error?.message).toMatch(/^Line 2: /)
    expect(written).toHaveLength(1)
    expect((await answers(lines, { isJudged, onError: 'skip' })).counts).toMatchObject({ decided: 1, skipped: 1 })
  })

  it('cannot be filtered by a column that tells the label', () => {
    expect(() => eventFilter({ ...bundle.pipeline.reading!, where: 'bytes > 10 && attack != 2' })).toThrow(
      expect.objectContaining({ code: 'UNDECIDABLE', message: expect.stringMatching(/column attack/) }),
    )
  })

  it('are read no further when nobody takes the decisions', async () => {
    let asked = 0
    const text = (async function* () {
      for (; asked < 100; asked++) yield Buffer.from(line({ proto: 'tcp' }))
    })()
    const counts = await decideStream(await createDecider(bundle), inputLines(text), async () => false, all)
    expect(counts.decided).toBe(1)
    expect(asked).toBe(0)
  })
})
