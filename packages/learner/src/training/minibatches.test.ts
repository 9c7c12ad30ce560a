import { describe, expect, it } from 'vitest'
import type { Batch } from './batch.ts'
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
  valueTargets: decisions(4000),
}

function all(pass: number, weights: Float32Array | null = null) {
  const seen: { event: number; minibatch: number }[] = []
  const options = { size: 4, agentCount: AGENTS, seed: 1, pass, weights }
  let count = 0
  for (const m of minibatchesOf(BATCH, SOURCE, options)) {
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

  it('hands each agent its own weights', () => {
    all(
      0,
      Float32Array.from({ length: EVENTS * AGENTS }, (_, i) => i % 2),
    )
  })
})
