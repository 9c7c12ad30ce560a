import { randomStream } from '@vigil/random'
import { expect, it } from 'vitest'
import { type Learners, lessonBatches } from './lessons.ts'

const EVENTS = 50
/** More than half of the events. */
const DECISIVE = Array.from({ length: 35 }, (_, i) => i + 10)

/** The first minibatches of lessons whose only input is their row. @returns positions */
function drawn(lstmHidden: readonly number[], decisive?: Uint32Array): Uint32Array {
  const rows = Uint32Array.from({ length: EVENTS }, (_, i) => i)
  const network = {
    ...{ agentCount: 1, denseSize: 1, vocabularySizes: [], policyHidden: [4], valueHidden: null, layerNorm: false },
    ...{ lstmHidden, constraintCount: 0 },
  }
  const inputs = { dense: Float32Array.from(rows), categorical: new Uint16Array(0), denseCount: 1, columnCount: 0 }
  const team = { network, inputs } as unknown as Learners
  const lessons = { rows, streamStarts: Uint32Array.of(0, EVENTS), context: null, ...(decisive && { decisive }) }
  const settings = { minibatchSize: 40, episodes: 'iid', rolloutSteps: 4 } as const
  const batches = lessonBatches(settings, team, lessons, randomStream(1, 'warmStart'))
  const positions: number[] = []
  for (let batch = 0; batch < 20; batch++) {
    const { value } = batches.next()
    expect([...value.dense]).toEqual([...value.positions])
    positions.push(...value.positions)
  }
  return Uint32Array.from(positions)
}

it('every second lesson is a decisive one, each of them equally often, and the others are what they were', () => {
  const all = drawn([])
  const positions = drawn([], Uint32Array.from(DECISIVE))
  const [others, decisive] = [0, 1].map((parity) => positions.filter((_, i) => i % 2 === parity))
  expect(others).toEqual(all.filter((_, i) => i % 2 === 0))
  // 400 draws: 15 of 35 are drawn 171 times, with a deviation of 9.9.
  for (let first = 0; first < 35; first += 5) {
    const some = new Set(Array.from({ length: 15 }, (_, i) => DECISIVE[(first + i) % 35]))
    expect(Math.abs(decisive.filter((own) => some.has(own)).length - 171)).toBeLessThan(5 * 9.9)
  }
  expect(new Set(decisive)).toEqual(new Set(DECISIVE))
  expect(new Set(all).size).toBe(EVENTS)
})

it('without decisive lessons, and for a recurrent network, all are drawn alike', () => {
  expect(drawn([], new Uint32Array(0))).toEqual(drawn([]))
  expect(drawn([4], Uint32Array.from(DECISIVE))).toEqual(drawn([4]))
})
