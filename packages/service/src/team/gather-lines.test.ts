import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'
import { inputLines } from '../input-lines.ts'
import { type AgentVoter, createAgentVoter } from './agent-voter.ts'
import { readWrittenEvent } from './batch-event.ts'
import type { GatheredBatch } from './event-log.ts'
import { gatherLines, type LineReading } from './gather-lines.ts'
import { BATCH_BYTES_MAX, createGatherer } from './gatherer.ts'
import { createKnownIds, rememberIds } from './known-ids.ts'

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
  const gatherer = createGatherer({
    ...{ batchRows: 256, waitMs: 1e6, waitMsMax: 1e6, apart: false, isIdle: () => false, clock: () => 0 },
    onBatch: ({ events }) => batches.push(events),
  })
  const held = new Set<number>()
  const asked: { readonly rows: number; readonly held: number[] }[] = []
  const lines = async function* () {
    for (const group of groups) {
      yield group.map(([number, text]) => ({ number, text }))
      asked.push({ rows: gatherer.rows, held: [...held] })
    }
  }
  const environment = changes.respond === true ? { ...bundle.environment, response: DEFAULT_RESPONSE } : undefined
  const own = environment === undefined ? bundle : { ...bundle, environment }
  const reading = gatherLines(lines(), {
    ...{ bundle: own, gatherer, ids: createKnownIds(100), linesBefore: 0, input: 'numbered', onError: 'stop', held },
    ...{ stored: null, room: () => null, say: () => undefined },
    ...changes,
  })
  return { reading, gatherer, batches, asked, held }
}

/** Whether an agent can be given every batch. */
function arePlayable(batches: readonly Pick<GatheredBatch, 'events'>[]): boolean {
  for (const { events } of batches) voter.vote(events.map((text) => readWrittenEvent(text).event))
  return batches.every(({ events }) => Buffer.byteLength(events.join('\n')) <= BATCH_BYTES_MAX)
}

describe('lines that their source numbers', () => {
  it('are known by their number where they have no id, also where they come again out of their order', async () => {
    const ids = createKnownIds(100)
    rememberIds(ids, readWrittenEvent('[3,{"bytes":1}]'))
    rememberIds(ids, readWrittenEvent('["e4",{"id":"e4","bytes":1}]'))
    const event = '{"bytes":1}'
    const { reading, batches } = await gatheredOf(
      [
        [
          [5, event],
          [3, event],
        ],
        [
          [6, '{"id":"e4","bytes":1}'],
          [5, event],
          [4, event],
        ],
      ],
      { ids },
    )
    await reading
    expect(batches.flat().map((text) => readWrittenEvent(text).id)).toEqual([5, 4])
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

  it('with a verdict without an id are heard once', async () => {
    const verdict = '{"verdict":{"stream":"h1","hostile":false}}'
    const event = '{"host":"h1","bytes":1}'
    const ids = createKnownIds(100)
    const groups: (readonly [number, string])[][] = [
      [
        [1, verdict],
        [2, event],
      ],
      [
        [1, verdict],
        [3, verdict],
        [4, event],
      ],
    ]
    const { reading, batches } = await gatheredOf(groups, { respond: true, ids })
    await reading
    const heard = batches.flat().map((text) => readWrittenEvent(text).heard.length)
    expect(heard).toEqual([1, 1])
    // Another process, which knows what is in the batches.
    const known = createKnownIds(100)
    for (const text of batches.flat()) rememberIds(known, readWrittenEvent(text))
    const again = await gatheredOf([[...groups[1], [5, event]]], { respond: true, ids: known })
    await again.reading
    expect(again.batches.flat().map((text) => readWrittenEvent(text))).toMatchObject([{ id: 5, heard: [] }])
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
    const repeated = await gathered(lines, { linesBefore: 256, input: 'repeats' })
    expect(repeated.batches).toEqual(whole.batches.slice(1))
    const following = await gathered(lines.slice(256), { linesBefore: 256 })
    expect(following.batches).toEqual(whole.batches.slice(1))
  })
})
