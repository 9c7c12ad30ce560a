import { type DatasetRequest, loadRecording, type Recording } from '@vigil/data'
import { CUT_OFF, DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decideStream } from './decide-stream.ts'
import { createDecider, type Decider } from './decider.ts'
import { drawnTeam } from './described-team.fixture.ts'
import { inputLines } from './input-lines.ts'
import { PLAIN_OUTPUT } from './output/decision-output.ts'

const request: DatasetRequest = {
  ...{ dataset: 'quickest', path: null, features: 'history', split: 'described' },
  ...{ splitSeed: 42, seed: 1, rows: 6000 },
}

/** Where a stream of the test part stands, as the world sees it. */
type Played = { readonly end: number; position: number; ticket: number; isCompromised: boolean }

/**
 * Plays the test part: the streams side by side, and an analyst who takes his time, finds what is true, and tells the team.
 *
 * @returns [n] the team's action by position in the split, CUT_OFF where nothing happened any more
 */
function play(decider: Decider, { splits, event }: Recording, labels: Uint8Array, delay: number): Uint8Array {
  const { rows, streamStarts } = splits.test
  const actions = new Uint8Array(rows.length).fill(CUT_OFF)
  let active: Played[] = Array.from({ length: streamStarts.length - 1 }, (_, stream) => ({
    ...{ position: streamStarts[stream], end: streamStarts[stream + 1], ticket: 0, isCompromised: false },
  }))
  while (active.length > 0) {
    active = active.filter((stream) => {
      const row = rows[stream.position]
      stream.isCompromised ||= labels[row] === 1
      if (stream.ticket === 0 || --stream.ticket > 0) return true
      expect(decider.hear(event(row), { isHostile: stream.isCompromised })).toBe(true)
      return !stream.isCompromised
    })
    const decisions = decider.decide(active.map(({ position }) => decider.read(event(rows[position]))))
    active = active.filter((stream, i) => {
      const { action } = decisions[i]
      actions[stream.position++] = action
      if (action === 3 && stream.ticket === 0) stream.ticket = delay + 1
      return action !== 2 && stream.position < stream.end
    })
  }
  return actions
}

describe('a team whose actions have consequences', () => {
  it.each([
    ['without memory', 5, [], null],
    ['with LSTM', 3, [8], null],
    ['that hears at once', 0, [], null],
    ['with a learnt belief', 4, [8], 'learnt'],
    ['with a filtered belief', 4, [], 'filtered'],
    ['with a belief of the event alone', 4, [], 'event'],
    ['with a hidden Markov model', 4, [], { present: ['symbol_0'] }],
  ] as const)('acts on streams and verdicts as in an evaluation: %s', async (_, analystDelay, lstmHidden, believes) => {
    const response = { ...DEFAULT_RESPONSE, analystDelay }
    const belief = believes === null ? {} : { showsBelief: true, believes }
    const team = await drawnTeam(request, { mode: 'stream', lstmHidden, response, ...belief })
    try {
      const expected = await team.playOut()
      const decider = await createDecider(team.bundle)
      const found = play(decider, await loadRecording(team.request), team.dataset.labels, analystDelay)
      expect(found).toEqual(expected)
      // Tickets, containment and all-clears happen, or nothing would be shown.
      expect(new Set(expected)).toContain(3)
      expect(new Set(expected)).toContain(CUT_OFF)
    } finally {
      await team.close()
    }
  })
})

describe('verdicts on stdin', () => {
  let team: Awaited<ReturnType<typeof drawnTeam>>
  beforeAll(async () => {
    team = await drawnTeam(request, { mode: 'stream', lstmHidden: [8], response: DEFAULT_RESPONSE })
  })
  afterAll(async () => await team.close())

  /** What is decided on events of one stream, with lines between them. */
  async function decided(lines: readonly object[]) {
    const text = (async function* () {
      yield Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    })()
    const written: string[] = []
    const settings: Parameters<typeof decideStream>[3] = {
      ...{ onError: 'skip' as const, isJudged: () => true, streamColumns: ['stream'] },
      note: (note: string) => written.push(note),
      output: PLAIN_OUTPUT,
    }
    const write = async (some: string) => {
      written.push(...some.trimEnd().split('\n'))
      return true
    }
    // Hardly ever contains a stream.
    const patient = { ...team.bundle, stopFactor: 1e-3 }
    const counts = await decideStream(await createDecider(patient), inputLines(text), write, settings)
    return { counts, written }
  }

  it('change what the team sees of their stream alone, from its next event on', async () => {
    const recording = await loadRecording(team.request)
    const { rows } = recording.splits.test
    const [one, two] = [rows[0], rows[1]].map((row) => recording.event(row))
    const events = [
      { ...one, stream: 'a' },
      { ...one, stream: 'b' },
      { ...two, stream: 'a' },
      { ...two, stream: 'b' },
    ]
    const clear = { verdict: { stream: { stream: 'a' }, hostile: false } }
    const without = await decided(events)
    const heard = await decided([...events.slice(0, 2), clear, ...events.slice(2)])
    const named = await decided([
      ...events.slice(0, 2),
      { verdict: { stream: 'a', hostile: false } },
      ...events.slice(2),
    ])
    const bodies = ({ written }: { written: string[] }) => written.map((line) => line.replace(/"id":\d+/, ''))
    expect(named.written).toEqual(heard.written)
    expect(bodies(heard)[3]).toBe(bodies(without)[3])
    expect(bodies(heard)[2]).not.toBe(bodies(without)[2])
    const hostile = await decided([events[0], { verdict: { stream: 'a', hostile: true } }, events[0]])
    expect(bodies(hostile)[1]).toBe(bodies(hostile)[0])
  })

  it('are told of where they are on nobody, and refused where they are none', async () => {
    const { counts, written } = await decided([
      { verdict: { stream: 'nobody', hostile: false } },
      { verdict: { stream: 'a', hostile: 'no' } },
      { verdict: 7 },
    ])
    expect(counts).toEqual({ decided: 0, leftOut: 0, skipped: 2, unheard: 1 })
    expect(written.map((note) => note.slice(0, 8))).toEqual(['Line 2: ', 'Line 3: '])
  })
})
