import { CHAIN_BEGIN, type ChainPlace } from '@vigil/agreement'
import { describe, expect, it } from 'vitest'
import type { KeptPast } from '../decider.ts'
import { createAgentPasts, PAST_EVENTS } from './agent-pasts.ts'

/** Of each batch. */
const ROWS = 500

const past: KeptPast = { latest: 0, history: null, streams: { keys: [], states: new Float32Array(0) }, rules: null }
const placeAt = (batch: number): ChainPlace => ({ batch, firstRow: ROWS * batch, previous: CHAIN_BEGIN })

/** Pasts of agent 1 of 4, and where they are written. */
function pastsFrom(batch: number, changes: Partial<Parameters<typeof createAgentPasts>[0]> = {}) {
  const rows: number[] = []
  const pasts = createAgentPasts({
    ...{ begin: placeAt(batch), turn: 1 / 4, bundleAt: () => 'ab', voterAt: () => ({ save: () => past }) },
    write: async (_, { firstRow }) => void rows.push(firstRow),
    ...changes,
  })
  return { pasts, rows }
}

/** Goes through batches. */
async function run({ isDue, keep }: ReturnType<typeof createAgentPasts>, from: number, to: number) {
  for (let batch = from; batch < to; batch++) if (isDue(placeAt(batch))) await keep(placeAt(batch))
}

describe('pasts of an agent', () => {
  it.each([0, 1, 2, 3])('are kept by turns, however often the agents begin again: agent %d', async (agent) => {
    const turn = agent / 4
    const kept: number[] = []
    let begin = 0
    // The agent is killed every so many batches, and begins with the past that it has.
    for (const end of [70, 90, 91, 150, 160, 240]) {
      const { pasts, rows } = pastsFrom(begin, { turn })
      await run(pasts, begin, end)
      kept.push(...rows)
      begin = (kept.at(-1) ?? 0) / ROWS
    }
    const first = PAST_EVENTS * (agent === 0 ? 1 : 1 - turn)
    const wanted = Array.from({ length: 10 }, (_, i) => first + PAST_EVENTS * i)
    expect(kept).toEqual(wanted.filter((row) => row < 240 * ROWS))
  })

  it('are kept anew where the bundle is another one, and not where nothing need be known', async () => {
    const bundleAt = (batch: number) => (batch < 7 ? 'ab' : 'cd')
    const { pasts, rows } = pastsFrom(0, { bundleAt })
    await run(pasts, 0, 20)
    expect(rows).toEqual([7 * ROWS])
    const aside = pastsFrom(0, { bundleAt, voterAt: () => null })
    await run(aside.pasts, 0, 100)
    expect(aside.rows).toEqual([])
  })

  it('are copied at once, and written beside the batches that follow, one after the other', async () => {
    const writes: (() => void)[] = []
    let saved = 0
    const { pasts } = pastsFrom(0, {
      voterAt: () => ({ save: () => ({ ...past, latest: ++saved }) }),
      write: async () => await new Promise<void>((resolve) => writes.push(resolve)),
    })
    await pasts.keep(placeAt(30))
    expect([saved, writes.length]).toEqual([1, 1])
    const next = pasts.keep(placeAt(70))
    await new Promise((resolve) => setImmediate(resolve))
    expect([saved, writes.length]).toEqual([1, 1])
    writes[0]()
    await next
    expect([saved, writes.length]).toEqual([2, 2])
  })

  it('that cannot be written say so, also where the agent has stopped meanwhile', async () => {
    const full = new Error('no room')
    const write = Promise.withResolvers<void>()
    const { pasts } = pastsFrom(0, { write: async () => await write.promise })
    await pasts.written()
    await pasts.keep(placeAt(30))
    const written = pasts.written()
    const isOver = await Promise.race([
      written.then(() => true),
      new Promise((resolve) => setImmediate(resolve, false)),
    ])
    expect(isOver).toBe(false)
    write.reject(full)
    await expect(written).rejects.toBe(full)
    await expect(pasts.failed).rejects.toBe(full)
    await expect(pasts.keep(placeAt(70))).rejects.toBe(full)
  })
})
