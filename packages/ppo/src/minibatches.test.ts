import { minibatchOf } from '@vigil/engine'
import { describe, expect, it } from 'vitest'
import type { Batch } from './batch.ts'
import { learningBatches } from './learning-batch.ts'
import { minibatchesOf } from './minibatches.ts'

const EVENTS = 12
const AGENTS = 3
const SOURCE = {
  dense: Float32Array.from({ length: 40 }, (_, i) => i),
  categorical: Uint16Array.from({ length: 20 }, (_, i) => 100 + i),
  denseCount: 2,
  columnCount: 1,
}

/** Every figure of decision (event, agent) tells which one it is. */
const decisions = (offset: number) => Float32Array.from({ length: EVENTS * AGENTS }, (_, i) => offset + i)
const BATCH: Batch = {
  eventCount: EVENTS,
  rows: Uint32Array.from({ length: EVENTS }, (_, event) => (event * 7) % 20),
  context: Float32Array.from({ length: EVENTS }, (_, event) => -event),
  actions: Uint8Array.from({ length: EVENTS * AGENTS }, (_, i) => i % 4),
  logProbs: decisions(1000),
  rewards: decisions(2000),
  advantages: decisions(3000),
  deviation: 1,
  valueTargets: decisions(4000),
  constraints: null,
  alertPrices: [],
  recurrence: null,
}

function all(pass: number, weights: Float32Array | null = null, size = 4) {
  const seen: { event: number; minibatch: number }[] = []
  const direct = Float32Array.from({ length: 4 * EVENTS * AGENTS }, (_, i) => 6000 + i)
  const lessons = learningBatches(SOURCE)(BATCH, { weights, direct })
  let count = 0
  for (const selection of minibatchesOf(lessons, { size, seed: 1, pass })) {
    const m = minibatchOf(selection)
    for (let b = 0; b < m.size; b++) {
      const event = (m.oldLogProbs[b] - 1000) / AGENTS
      seen.push({ event, minibatch: count })
      expect([...m.dense.subarray(3 * b, 3 * b + 3)]).toEqual([
        2 * BATCH.rows[event],
        2 * BATCH.rows[event] + 1,
        -event,
      ])
      expect(m.categorical[b]).toBe(100 + BATCH.rows[event])
      for (let agent = 0; agent < AGENTS; agent++) {
        const [at, decision] = [agent * m.size + b, event * AGENTS + agent]
        expect(m.actions[at]).toBe(decision % 4)
        expect(m.oldLogProbs[at]).toBe(1000 + decision)
        expect(m.advantages[at]).toBe(3000 + decision)
        expect(m.valueTargets[at]).toBe(4000 + decision)
        expect([...m.direct!.subarray(4 * at, 4 * at + 4)]).toEqual([0, 1, 2, 3].map((a) => 6000 + 4 * decision + a))
        expect(m.weights[at]).toBe(weights === null ? 1 : weights[decision])
      }
    }
    count++
  }
  return seen
}

describe('minibatchesOf', () => {
  it('shows every event once per pass, whole, to every agent', () => {
    const seen = all(0)
    expect(seen.map(({ event }) => event).sort((a, b) => a - b)).toEqual(Array.from({ length: EVENTS }, (_, i) => i))
    expect(seen.at(-1)!.minibatch).toBe(2)
  })

  it('shuffles by pass, and repeats', () => {
    expect(all(1)).not.toEqual(all(0))
    expect(all(1)).toEqual(all(1))
  })

  it('makes one minibatch of a batch that has fewer events', () => {
    const seen = all(0, null, 100)
    expect(new Set(seen.map(({ minibatch }) => minibatch))).toEqual(new Set([0]))
    expect(seen.length).toBe(EVENTS)
  })

  it('hands each agent its own weights', () => {
    all(
      0,
      Float32Array.from({ length: EVENTS * AGENTS }, (_, i) => i % 2),
    )
  })
})

/** Two shards of three lanes and two steps: event = (shard * 2 + t) * 3 + lane % 3. */
const LANES = 6
const STEPS = 2
const STATE = 2
const RECURRENT: Batch = {
  ...BATCH,
  recurrence: {
    stepCount: STEPS,
    lanesPerShard: 3,
    resets: Uint8Array.from({ length: EVENTS }, (_, event) => (event * event) % 2),
    recurrentState: Float32Array.from({ length: LANES * AGENTS * STATE }, (_, i) => 5000 + i),
  },
}

/** The lanes of each minibatch of a pass, in their order there. */
function lanesOf(pass: number): number[][] {
  const found: number[][] = []
  const { resets } = RECURRENT.recurrence!
  const lessons = learningBatches(SOURCE)(RECURRENT, { weights: null, direct: null })
  for (const selection of minibatchesOf(lessons, { size: 4, seed: 1, pass })) {
    const m = minibatchOf(selection)
    const { stepCount, laneCount, recurrentState, resets: shown } = m.recurrence!
    expect([stepCount, laneCount]).toEqual([STEPS, 2])
    const lanes = Array.from({ length: laneCount }, (_, l) => {
      const events = Array.from({ length: STEPS }, (_, t) => (m.oldLogProbs[t * laneCount + l] - 1000) / AGENTS)
      const [first] = events
      const shard = Math.floor(first / 6)
      const lane = 3 * shard + (first % 3)
      expect(events).toEqual([6 * shard + (lane % 3), 6 * shard + 3 + (lane % 3)]) // the steps in their order
      for (const [t, event] of events.entries()) {
        expect(shown[t * laneCount + l]).toBe(resets[event])
        expect(m.dense[3 * (t * laneCount + l) + 2]).toBe(BATCH.context[event])
      }
      for (let agent = 0; agent < AGENTS; agent++) {
        const at = (agent * laneCount + l) * STATE
        const own = 5000 + (lane * AGENTS + agent) * STATE
        expect([...recurrentState.subarray(at, at + STATE)]).toEqual([own, own + 1])
      }
      return lane
    })
    found.push(lanes)
  }
  return found
}

describe('minibatchesOf a recurrent team', () => {
  it('shows every lane once per pass, whole, in time order, with its state and resets', () => {
    const lanes = lanesOf(0)
    expect(lanes.length).toBe(3)
    expect(lanes.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('shuffles lanes across shards by pass, and repeats', () => {
    const passes = [0, 1, 2, 3].map(lanesOf)
    expect(lanesOf(2)).toEqual(passes[2])
    expect(new Set(passes.map(String)).size).toBe(4)
    expect(passes.some((pass) => pass.some(([one, other]) => one < 3 !== other < 3))).toBe(true)
  })
})
