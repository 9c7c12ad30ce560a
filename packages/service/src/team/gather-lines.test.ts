import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { inputLines } from '../input-lines.ts'
import { addSpan, isInSpans, type Span } from '../source/number-spans.ts'
import { type AgentVoter, createAgentVoter } from './agent-voter.ts'
import { readWrittenEvent } from './batch-event.ts'
import type { GatheredBatch } from './event-log.ts'
import { gatherLines, isLineOf, type LineReading } from './gather-lines.ts'
import { BATCH_BYTES_MAX, createGatherer } from './gatherer.ts'
import { createKnownIds } from './known-ids.ts'

let bundle: Awaited<ReturnType<typeof drawnTeam>>['bundle']
let voter: AgentVoter
beforeAll(async () => {
  const folder = eventsFolder()
  const drawn = await drawnTeam(describedRequest(folder), { lstmHidden: [] })
  await drawn.close()
  folder.remove()
  bundle = drawn.bundle
  voter = await createAgentVoter(bundle, 0, 256)
})

/** What becomes of lines: batches, and what people are told. */
async function gathered(lines: readonly string[], changes: Partial<LineReading> = {}) {
  const batches: Omit<GatheredBatch, 'firstRow'>[] = []
  const said: string[] = []
  const gatherer = createGatherer({
    ...{ batchRows: 256, waitMs: 1e6, waitMsMax: 1e6, apart: false, isIdle: () => false, clock: () => 0 },
    onBatch: (batch) => batches.push(batch),
  })
  const text = async function* () {
    yield Buffer.from(lines.map((line) => `${line}\n`).join(''))
  }
  await gatherLines(inputLines(text()), {
    ...{ bundle, gatherer, ids: createKnownIds(100), linesBefore: 0, input: 'follows', onError: 'skip' },
    hasTaken: () => false,
    ...{ held: new Set<number>(), stored: null, room: () => null, say: (one) => said.push(one) },
    ...changes,
  })
  const ids = batches.flatMap(({ events }) => events.map((event) => readWrittenEvent(event).id))
  return { batches, said, ids }
}

/** Lines as a source gives them that numbers them itself. */
async function gatheredOf(
  groups: readonly (readonly (readonly [number, string])[])[],
  changes: Partial<LineReading> & { readonly respond?: boolean } = {},
) {
  const batches: (readonly string[])[] = []
  const taken: Span[] = []
  const said: string[] = []
  const gatherer = createGatherer({
    ...{ batchRows: 256, waitMs: 1e6, waitMsMax: 1e6, apart: false, isIdle: () => false, clock: () => 0 },
    onBatch: (batch) => {
      batches.push(batch.events)
      for (const span of batch.taken) addSpan(taken, span)
    },
  })
  const held = new Set<number>()
  const asked: { readonly rows: number; readonly held: number[] }[] = []
  const lines = async function* () {
    for (const group of groups) {
      yield group.map(([number, text]) => ({ number, text, settled: 0 }))
      asked.push({ rows: gatherer.rows, held: [...held] })
    }
  }
  const environment = changes.respond === true ? { ...bundle.environment, response: DEFAULT_RESPONSE } : undefined
  const own = environment === undefined ? bundle : { ...bundle, environment }
  const reading = gatherLines(lines(), {
    ...{ bundle: own, gatherer, ids: createKnownIds(100), linesBefore: 0, input: 'numbered', onError: 'stop', held },
    ...{ hasTaken: () => false, stored: null, room: () => null, say: (one) => void said.push(one) },
    ...changes,
  })
  return { reading, gatherer, batches, taken, said, asked, held }
}

/** Whether an agent can be given every batch. */
function arePlayable(batches: readonly Pick<GatheredBatch, 'events'>[]): boolean {
  for (const { events } of batches) voter.vote(events.map((text) => readWrittenEvent(text).event))
  return batches.every(({ events }) => Buffer.byteLength(events.join('\n')) <= BATCH_BYTES_MAX)
}

describe('lines that their source numbers', () => {
  it('are known by their number, whatever ids are forgotten since, and so are those that became no event', async () => {
    const spans = [
      { first: 1, last: 4 },
      { first: 6, last: 6 },
    ]
    const ids = createKnownIds(1)
    const event = (id: string) => `{"bytes":1,"id":"${id}"}`
    const { reading, batches, taken } = await gatheredOf(
      [
        [
          [4, event('e4')],
          [5, '{"bytes":1}'],
          [3, '{"bytes":1}'],
        ],
        [
          [8, 'no event'],
          [9, event('e9')],
          [11, event('e9')],
          [12, event('e12')],
        ],
      ],
      { ids, onError: 'skip', hasTaken: (line) => isInSpans(spans, line) },
    )
    await reading
    expect(batches.flat().map((text) => readWrittenEvent(text).id)).toEqual([5, 'e9', 'e12'])
    expect(taken).toEqual([
      { first: 0, last: 0 },
      { first: 5, last: 5 },
      { first: 8, last: 9 },
      { first: 11, last: 12 },
    ])
  })

  it('are asked for when all before are stored, and a verdict without an event behind it is held', async () => {
    const verdict = '{"verdict":{"stream":"h1","hostile":false}}'
    const event = '{"host":"h1","bytes":1}'
    const order: string[] = []
    const { reading, asked } = await gatheredOf(
      [
        [
          [1, event],
          [2, verdict],
        ],
        [[3, event]],
      ],
      { respond: true, stored: async () => void order.push('stored') },
    )
    await reading
    expect(order).toEqual(['stored', 'stored'])
    expect(asked).toEqual([
      { rows: 1, held: [2] },
      { rows: 2, held: [] },
    ])
  })

  it('are taken with the event that a verdict goes with', async () => {
    const verdict = '{"verdict":{"stream":"h1","hostile":false}}'
    const event = '{"host":"h1","bytes":1}'
    const { reading, taken } = await gatheredOf(
      [
        [
          [1, verdict],
          [2, event],
          [3, verdict],
        ],
      ],
      { respond: true },
    )
    await reading
    expect(taken).toEqual([{ first: 0, last: 2 }])
  })

  it('with more verdicts than go with one event go with the next ones, and none is let go before', async () => {
    const lines: [number, string][] = Array.from({ length: 5000 }, (_, i) => [
      i + 1,
      `{"verdict":{"stream":"h1","hostile":false,"id":${i}}}`,
    ])
    const events = [5001, 5002, 5003].map((number): [number, string] => [number, '{"host":"h2","bytes":1}'])
    const { reading, batches, asked, taken } = await gatheredOf([lines, ...events.map((one) => [one])], {
      respond: true,
      onError: 'skip',
    })
    await reading
    const heard = batches.flat().map((text) => readWrittenEvent(text).heard.map(({ id }) => id))
    expect(heard.map(({ length }) => length)).toEqual([2048, 2048, 904])
    expect(heard.flat()).toEqual(Array.from({ length: 5000 }, (_, i) => i))
    expect(asked.map(({ held }) => held.length)).toEqual([5000, 2952, 904, 0])
    expect(asked[1].held[0]).toBe(2049)
    expect(taken).toEqual([{ first: 0, last: 5003 }])
  })

  it('are refused where more verdicts come than are held, also where bad lines are passed over: none is acknowledged', async () => {
    const verdict = '{"verdict":{"stream":"h1","hostile":false}}'
    const lines = Array.from({ length: 32_769 }, (_, i): [number, string] => [i + 1, verdict])
    const { reading, held, taken, said } = await gatheredOf([lines], { respond: true, onError: 'skip' })
    await expect(reading).rejects.toMatchObject({
      code: 'VERDICTS_WAIT',
      message: expect.stringContaining('Line 32769'),
    })
    expect([held.size, taken]).toEqual([32_768, []])
    expect(said).toEqual([expect.stringMatching(/^32768 verdicts .*read again from the source at the next start$/)])
  })

  it('are left where what stores them has failed, and what was gathered becomes a batch all the same', async () => {
    const failure = new Error('no room')
    const { reading, batches, asked } = await gatheredOf([[[1, '{"bytes":1}']], [[2, '{"bytes":1}']]], {
      stored: async () => await Promise.reject(failure),
    })
    await expect(reading).rejects.toBe(failure)
    expect(batches.map(({ length }) => length)).toEqual([1])
    expect(asked).toEqual([])
  })
})

describe('lines that are gathered', () => {
  it('are refused where they are too long, nested too deep or empty once they are written, and the others go on', async () => {
    const hostile = [
      `{"bytes":3,"note":[${'1e20,'.repeat(199_000)}1]}`,
      '{"bytes":1e999}',
      `{"bytes":3,"note":${'['.repeat(6000)}${']'.repeat(6000)}}`,
      `{"bytes":3,"note":"${'x'.repeat(1e6 - 22)}"}`,
    ]
    expect(hostile.every((line) => line.length <= 1e6)).toBe(true)
    const { ids, said, batches } = await gathered([...hostile.flatMap((line) => ['{"bytes":1}', line]), '{"bytes":2}'])
    expect(ids).toEqual([1, 3, 5, 7, 9])
    expect(said.map((text) => text.split(':')[0])).toEqual([
      'Line 2',
      'Line 4',
      'Line 6',
      'Line 8',
      '4 bad lines passed over',
    ])
    expect(arePlayable(batches)).toBe(true)
    await expect(gathered([hostile[2]], { onError: 'stop' })).rejects.toMatchObject({ code: 'BODY_DEPTH' })
    await expect(gathered([hostile[0]], { onError: 'stop' })).rejects.toMatchObject({ code: 'EVENT_MALFORMED' })
  })

  it('make batches that agents take, whatever characters they are of', async () => {
    const { batches } = await gathered(Array.from({ length: 256 }, () => `{"bytes":3,"note":"${'界'.repeat(8000)}"}`))
    expect(batches.length).toBe(3)
    expect(batches.reduce((sum, { events }) => sum + events.length, 0)).toBe(256)
    expect(arePlayable(batches)).toBe(true)
  })

  it('follow those of before, or repeat them: those are passed over, however many they are, with an id or without', async () => {
    const lines = Array.from({ length: 300 }, (_, line) =>
      line % 2 === 0 ? '{"bytes":1}' : `{"bytes":1,"id":"e${line}"}`,
    )
    const whole = await gathered(lines)
    expect(whole.batches.map(({ line }) => line)).toEqual([256, 300])
    const repeated = await gathered(lines, { linesBefore: 256, input: 'repeats', hasTaken: (line) => line <= 256 })
    expect(repeated.batches).toEqual(whole.batches.slice(1))
    const following = await gathered(lines.slice(256), { linesBefore: 256 })
    expect(following.batches).toEqual(whole.batches.slice(1))
  })

  it('are told from others that have their number', () => {
    const written = '["e1",{"id":"e1","bytes":10,"7":1},[[{"host":"h1"},true]]]'
    const is = (text: string | null) => isLineOf(written, { number: 4, text })
    expect(is('{"id":"e1", "bytes":1e1, "7":1}')).toBe(true)
    expect([is('{"id":"e1","bytes":11,"7":1}'), is('no JSON'), is(null)]).toEqual([false, false, false])
    expect([4, 5].map((number) => isLineOf('[4,{"bytes":1}]', { number, text: '{"bytes":1}' }))).toEqual([true, false])
  })
})
