import { expect, it } from 'vitest'
import { loadDataset } from '../load-dataset.ts'
import { QUICKEST } from './generate.ts'

const request = { dataset: 'quickest', path: null, split: 'by-stream', splitSeed: 3, seed: 1, rows: 60_000 } as const

it('lets as many streams of each part take turns, each event being any one of them', async () => {
  const { dataset, timeline } = await loadDataset({ ...request, features: 'posterior' })
  expect([...timeline!.ranks].sort((a, b) => a - b)).toEqual([...timeline!.ranks.keys()])
  for (const { rows, streamStarts } of Object.values(dataset.splits)) {
    const events = [...rows.keys()].sort((a, b) => timeline!.ranks[rows[a]] - timeline!.ranks[rows[b]])
    const streamAt = (position: number) => streamStarts.findLastIndex((start) => start <= position)
    const open = new Set<number>()
    const next = streamStarts.slice()
    let [begun, repeated] = [0, 0]
    for (const [tick, position] of events.entries()) {
      const stream = streamAt(position)
      // A stream begins where another has ended, and goes through its events in their order.
      if (position === streamStarts[stream]) {
        expect(open.size).toBeLessThan(QUICKEST.beside)
        expect(stream).toBeGreaterThanOrEqual(begun - QUICKEST.beside)
        open.add(stream)
        begun++
      }
      expect(position).toBe(next[stream]++)
      if (tick > 0 && streamAt(events[tick - 1]) === stream) repeated++
      if (position + 1 === streamStarts[stream + 1]) open.delete(stream)
    }
    // Four standard deviations of a count with probability 1 / beside, but for the end of the part.
    const share = 1 / QUICKEST.beside
    const slack = 4 * Math.sqrt(events.length * share * (1 - share)) + 300
    expect(Math.abs(repeated - events.length * share)).toBeLessThan(slack)
  }
})
