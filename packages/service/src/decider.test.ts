import { type DatasetRequest, loadRecording } from '@vigil/data'
import type { RawEvent } from '@vigil/features'
import type { Bundle } from '@vigil/runs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecider, type Decider } from './decider.ts'
import { byRow, describedRequest, drawnTeam, eventsFolder } from './described-team.fixture.ts'
import { replay } from './replay.ts'

let folder: ReturnType<typeof eventsFolder>
beforeAll(() => {
  folder = eventsFolder()
})
afterAll(() => folder.remove())

const described = () => describedRequest(folder)
const synthetic: DatasetRequest = {
  ...{ dataset: 'synthetic', path: null, features: 'behaviour', split: 'by-stream' },
  ...{ splitSeed: 42, seed: 1, rows: 2000 },
}

describe('a recording that is sent event by event', () => {
  it.each([
    ['independent events', described, { mode: 'iid', lstmHidden: [] }],
    ['streams', described, { mode: 'stream', lstmHidden: [] }],
    ['streams with LSTM', described, { mode: 'stream', lstmHidden: [8, 8] }],
    ['generated streams with LSTM', () => synthetic, { mode: 'stream', lstmHidden: [8] }],
  ] as const)('is decided on as in an evaluation, bit for bit: %s', async (_, request, settings) => {
    const team = await drawnTeam(request(), settings)
    try {
      const expected = await team.evaluate()
      const rows = [...team.dataset.splits.test.rows]
      const recording = await loadRecording(team.request)
      for (const rowsMax of [1, 3, 256]) {
        const decider = await createDecider({ ...team.bundle, pipeline: recording.pipeline }, { rows: rowsMax })
        const replayed = await byRow(replay(decider, recording, 'test'))
        expect([...replayed.keys()].sort((a, b) => a - b)).toEqual(rows.toSorted((a, b) => a - b))
        const agents = rows.length * 4
        const scores = new Float32Array(agents)
        for (const [place, row] of rows.entries()) scores.set(replayed.get(row)!.scores, 4 * place)
        expect(scores).toEqual(expected.votes.scores)
        expect(rows.map((row) => replayed.get(row)!.action)).toEqual([...expected.actions])
        expect(rows.map((row) => replayed.get(row)!.score)).toEqual([...expected.scores])
        expect(rows.map((row) => Number(replayed.get(row)!.decided))).toEqual([...expected.decided])
      }
      // A team that always does the same would show nothing.
      expect(new Set(expected.actions).size).toBeGreaterThan(1)
    } finally {
      await team.close()
    }
  })
})

describe('a decider', () => {
  let team: Awaited<ReturnType<typeof drawnTeam>>
  let bundle: Bundle
  beforeAll(async () => {
    team = await drawnTeam(described(), { mode: 'stream', lstmHidden: [8] })
    bundle = team.bundle
  })
  afterAll(async () => await team.close())

  const decideIn = (decider: Decider, events: readonly RawEvent[], sizes: readonly number[]) => {
    const read = events.map(decider.read)
    const all = []
    for (let i = 0; all.length < read.length; i++) {
      all.push(...decider.decide(read.slice(all.length, all.length + sizes[i % sizes.length])))
    }
    return all
  }

  it.each([0, -1, 1.5, Number.NaN, 4097])('is refused %s rows at once', async (rows) => {
    await expect(createDecider(bundle, { rows })).rejects.toMatchObject({ code: 'ROWS_INVALID', kind: 'usage' })
  })

  it('decides the same bits however the events are cut into calls and passes', async () => {
    const recording = await loadRecording(team.request)
    const events = Array.from(recording.order, recording.event)
    const pipeline = { ...bundle, pipeline: recording.pipeline }
    const expected = decideIn(await createDecider(pipeline, { rows: 1 }), events, [1])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(1, 2, 7, 64, 4096),
        async (sizes, rows) => {
          expect(decideIn(await createDecider(pipeline, { rows }), events, sizes)).toEqual(expected)
        },
      ),
      { numRuns: 10 },
    )
  })

  it('gives a decision or a typed error for any event, and goes on as before after an error', async () => {
    const decider = await createDecider(bundle)
    const control = await createDecider(bundle)
    const names = ['ts', 'host', 'proto', 'bytes', 'port', '__proto__', 'constructor']
    const value = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, maxDepth: 3 }),
      fc.constantFrom('x'.repeat(100_000), Number.NaN, Infinity, -0, 1e300, '9'.repeat(400), '\u0000', '\ud800'),
    )
    const event = fc.array(fc.tuple(fc.constantFrom(...names), value)).map((cells) => Object.fromEntries(cells))
    fc.assert(
      fc.property(event, (raw) => {
        try {
          const [decision] = decider.decide([decider.read(raw)])
          expect(decision.action).toBeLessThan(4)
          expect(decision.scores.every((score) => score >= 0 && score <= 1)).toBe(true)
          control.decide([control.read(raw)])
        } catch (error) {
          expect(error).toMatchObject({ name: 'VigilError', code: 'EVENT_INVALID' })
        }
      }),
      { numRuns: 2000 },
    )
    const last = { host: 'h1', proto: 'tcp', bytes: 1, port: 2 }
    expect(decider.decide([decider.read(last)])).toEqual(control.decide([control.read(last)]))
  })

  it('names the inputs by what the decision would be without them, and the agents that dissent', async () => {
    const plain = await createDecider(bundle)
    const decider = await createDecider(bundle, { why: true })
    const event = { host: 'h1', proto: 'udp', bytes: 5000, port: 2222 }
    const [{ why, ...decision }] = decider.decide([decider.read(event)])
    const [expected] = plain.decide([plain.read(event)])
    expect({ ...decision, why: null }).toEqual(expected)
    const changes = Object.fromEntries(why!.inputs.map(({ name, change }) => [name, change]))
    for (const name of ['proto', 'bytes', 'port'] as const) {
      const without = await createDecider(bundle)
      const [{ score, action }] = without.decide([without.read({ ...event, [name]: null })])
      expect(changes[name]).toBe(decision.score - score)
      expect(why!.inputs.find((input) => input.name === name)!.turns).toBe(
        [1, 2].includes(action) !== [1, 2].includes(decision.action),
      )
    }
    const restrictive = (action: number) => action === 1 || action === 2
    expect(why!.dissent).toEqual(
      [0, 1, 2, 3].filter((agent) => restrictive(decision.votes[agent]) !== restrictive(decision.action)),
    )
    expect(why!.inputs.map(({ change }) => Math.abs(change))).toEqual(
      why!.inputs.map(({ change }) => Math.abs(change)).sort((a, b) => b - a),
    )
  })

  it.each([
    [
      'raw events that nobody described',
      (b: Bundle) => ({ pipeline: { ...b.pipeline, reading: null } }),
      'READING_MISSING',
    ],
    ['a belief that only a generator knows', believing, 'UNDECIDABLE'],
    [
      'memory of independent events',
      (b: Bundle) => ({ environment: { ...b.environment, mode: 'iid' } }),
      'UNDECIDABLE',
    ],
    ['a sight of robustness', observing, 'UNDECIDABLE'],
    ['more inputs than memory', (b: Bundle) => ({ network: { ...b.network, denseSize: 2 ** 24 } }), 'UNDECIDABLE'],
  ] as const)('is refused to a team with %s', async (_, change, code) => {
    await expect(createDecider({ ...bundle, ...change(bundle) } as Bundle)).rejects.toMatchObject({ code })
  })
})

/** As if the last input were the robustness of a specification. */
function observing({ environment }: Bundle) {
  return { environment: { ...environment, specifications: ['G (fp_rate[100] <= 0.02)'], observeConstraints: true } }
}

function believing({ environment }: Bundle) {
  return { environment: { ...environment, showsBelief: true } }
}
