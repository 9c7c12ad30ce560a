/** Agents of a team whose actions have consequences, which agree on batches of events and verdicts. */
import { CHAIN_BEGIN, settingsOfLink } from '@vigil/agreement'
import { type DatasetRequest, loadRecording } from '@vigil/data'
import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import type { Bundle } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { decideStream } from '../decide-stream.ts'
import { countingVote, createDecider } from '../decider.ts'
import { drawnTeam } from '../described-team.fixture.ts'
import { inputLines } from '../input-lines.ts'
import { PLAIN_OUTPUT } from '../output/decision-output.ts'
import { createAgentVoter } from './agent-voter.ts'
import { readWrittenEvent } from './batch-event.ts'
import { certifiedLines } from './certified-lines.ts'
import { gatherLines, type LineReading } from './gather-lines.ts'
import { createGatherer } from './gatherer.ts'
import { createKnownIds } from './known-ids.ts'

const request: DatasetRequest = {
  ...{ dataset: 'quickest', path: null, features: 'history', split: 'described' },
  ...{ splitSeed: 42, seed: 1, rows: 1500 },
}
const ROWS = 16

const textOf = async function* (lines: readonly object[]) {
  yield Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

/** Events of the first streams of a recording in turns, and verdicts that come now and then, on streams that may be known or not. */
async function linesOf(asked: Parameters<typeof loadRecording>[0]): Promise<object[]> {
  const { splits, event } = await loadRecording(asked)
  const { rows, streamStarts } = splits.test
  const streams = Array.from(streamStarts.subarray(0, -1).slice(0, 12), (start, i) =>
    Array.from(rows.subarray(start, Math.min(start + 20, streamStarts[i + 1])), event),
  )
  const events = Array.from({ length: 20 }, (_, at) => streams.flatMap((own) => own.slice(at, at + 1))).flat()
  return events.flatMap((one, i) => [
    ...(i % 5 === 4
      ? [{ verdict: { stream: `${events[(i * 5) % events.length].stream}`, hostile: i % 15 === 14, id: i } }]
      : []),
    { ...one, id: i },
  ])
}

/** What one process decides. */
async function alone(bundle: Bundle, lines: readonly object[]): Promise<string[]> {
  const written: string[] = []
  const take = async (some: string) => written.push(...some.trimEnd().split('\n')) > 0
  await decideStream(await createDecider(bundle), inputLines(textOf(lines)), take, {
    ...{ onError: 'stop', isJudged: () => true, streamColumns: ['stream'] },
    ...{ note: expect.unreachable, output: PLAIN_OUTPUT },
  })
  return written
}

/** Batches as an enforcer gathers them. */
async function batchesOf(bundle: Bundle, lines: readonly object[], changes: Partial<LineReading> = {}) {
  const batches: (readonly string[])[] = []
  const said: string[] = []
  const gatherer = createGatherer({
    ...{ batchRows: ROWS, waitMs: 1e6, waitMsMax: 1e6, apart: true, isIdle: () => false, clock: () => 0 },
    onBatch: ({ events }) => batches.push(events),
  })
  await gatherLines(inputLines(textOf(lines)), {
    ...{
      bundle,
      gatherer,
      ids: createKnownIds(10_000),
      linesBefore: 0,
      hasTaken: () => false,
      input: 'follows',
      onError: 'stop',
    },
    ...{ held: new Set<number>(), stored: null, room: () => null, say: (one) => said.push(one) },
    ...changes,
  })
  return { batches, said }
}

/** What four agents decide, each with its own weights, where all ballots are counted. */
async function together(bundle: Bundle, batches: readonly (readonly string[])[]): Promise<string[]> {
  const voters = await Promise.all([0, 1, 2, 3].map(async (self) => await createAgentVoter(bundle, self, ROWS)))
  const { rule, faults, fallbackAction } = countingVote(bundle)
  const team = { id: 'ab'.repeat(32), epoch: 0, agentCount: 4, faults, decision: { rule, fallbackAction } }
  return batches.flatMap((events, batch) => {
    const written = events.map(readWrittenEvent)
    const value = voters.map((voter, agent) => {
      const votes = voter.vote(
        written.map(({ event }) => event),
        written.map(({ heard }) => heard),
      )
      return { type: 'ballot', agent, digest: '', signature: '', ...votes } as const
    })
    for (const voter of voters) voter.settle(value, 4)
    const link = { batch, firstRow: 0, rows: events.length, events: '', previous: CHAIN_BEGIN }
    return certifiedLines(
      { settings: settingsOfLink(team, link), value },
      written.map(({ id }) => id),
    )
  })
}

describe('four agents of a team whose actions have consequences', () => {
  it.each([
    ['with LSTM', [8], {}],
    ['with a hidden Markov model', [], { showsBelief: true, believes: { present: ['symbol_0'] } }],
  ] as const)('decide on events and verdicts as one process does: %s', async (_, lstmHidden, belief) => {
    const drawn = await drawnTeam(request, { mode: 'stream', lstmHidden, response: DEFAULT_RESPONSE, ...belief })
    await drawn.close()
    const { bundle } = drawn
    const lines = await linesOf(drawn.request)
    const expected = await alone(bundle, lines)
    const { batches } = await batchesOf(bundle, lines)
    expect(await together(bundle, batches)).toEqual(expected)
    // Verdicts matter, tickets are opened and streams contained, or nothing would be shown.
    const deaf = await alone(
      bundle,
      lines.filter((line) => !('verdict' in line)),
    )
    expect(deaf).not.toEqual(expected)
    const gentle = lines.map((line) => ('verdict' in line ? { verdict: { ...line.verdict!, hostile: false } } : line))
    expect(await alone(bundle, gentle)).not.toEqual(expected)
    const actions = new Set(expected.map((line) => JSON.parse(line).action))
    expect([actions.has('alert'), actions.has('quarantine')]).toEqual([true, true])
  })
})

describe('verdicts between events', () => {
  it('are gathered once by their id, kept with the event behind them, and refused by agents where they come too early', async () => {
    const drawn = await drawnTeam(request, { mode: 'stream', lstmHidden: [], response: DEFAULT_RESPONSE })
    await drawn.close()
    const { bundle } = drawn
    const [one] = await linesOf(drawn.request)
    const event = (id: number, stream: string) => ({ ...one, id, stream })
    const clear = { verdict: { stream: 'a', hostile: false, id: 'v' } }
    const lines = [event(1, 'a'), event(2, 'b'), clear, clear, event(2, 'b'), event(3, 'c'), clear, { verdict: 7 }]
    const told: string[] = []
    const { batches } = await batchesOf(bundle, lines, { onError: 'skip', say: (text) => told.push(text) })
    const written = batches.map((events) => events.map(readWrittenEvent))
    expect(written.map((events) => events.map(({ id, heard }) => [id, heard.map(({ id: own }) => own)]))).toEqual([
      [
        [1, []],
        [2, []],
      ],
      [[3, ['v']]],
    ])
    expect(told).toEqual([
      expect.stringMatching(/^Line 8: Event: needs a verdict/),
      '1 event that had come before',
      '2 verdicts that had come before',
      '1 bad line passed over',
    ])
    // An event and a verdict with one id are two things, whatever the event is called.
    const named = ['v', 'verdict "v"'].map((id) => ({ ...one, id }))
    const both = await batchesOf(bundle, [...named, clear, event(4, 'a')])
    expect(both.said).toEqual([])
    expect(both.batches.flat().flatMap((text) => readWrittenEvent(text).heard)).toMatchObject([{ id: 'v' }])
    const late = await batchesOf(bundle, [event(1, 'a'), clear])
    expect(late.said).toEqual(['1 verdict behind the last event not kept: send such again before the next'])

    const voter = await createAgentVoter(bundle, 0, ROWS)
    const [[first, second], [third]] = written
    const vote = (events: readonly (typeof first)[]) =>
      voter.vote(
        events.map(({ event }) => event),
        events.map(({ heard }) => heard),
      )
    expect(() => vote([first, second, third])).toThrow(expect.objectContaining({ code: 'TEAM_INVALID' }))
    expect(vote([first, second]).actions.length).toBe(2)
  })

  it('are told of where the input ends in an error before an event comes, and refused where they are on nobody', async () => {
    const drawn = await drawnTeam(request, { mode: 'stream', lstmHidden: [], response: DEFAULT_RESPONSE })
    await drawn.close()
    const [one] = await linesOf(drawn.request)
    const clear = { verdict: { stream: 'a', hostile: false } }
    const astray = { verdict: { stream: { steram: 'a' }, hostile: true } }
    const told: string[] = []
    const say = (text: string) => void told.push(text)
    await expect(batchesOf(drawn.bundle, [one, clear, clear, astray], { say })).rejects.toMatchObject({
      code: 'EVENT_MALFORMED',
      message: expect.stringContaining('Line 4: Event: needs a verdict that names its stream by stream,'),
    })
    expect(told).toEqual(['2 verdicts behind the last event not kept: send such again before the next'])
    const { batches } = await batchesOf(drawn.bundle, [astray, one], { onError: 'skip', say: () => undefined })
    expect(batches.flat().map((text) => readWrittenEvent(text).heard)).toEqual([[]])
  })

  it('are events like others to a team whose actions have no consequences', async () => {
    const drawn = await drawnTeam(request, { mode: 'stream', lstmHidden: [] })
    await drawn.close()
    const [one] = await linesOf(drawn.request)
    const verdict = { verdict: { stream: 'a', hostile: false } }
    await expect(batchesOf(drawn.bundle, [one, verdict])).rejects.toMatchObject({ code: 'EVENT_INVALID' })
  })
})
