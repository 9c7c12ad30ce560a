import { actionRewards, DEFAULT_REWARDS } from '@vigil/env-wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { createEnvironment, type Environment } from './environment.ts'
import { loadWorld, type World } from './world.ts'

const EVENTS = { dataset: 'synthetic', rows: 2000, agents: 4, seed: 5 } as const
const STEPS_MAX = 100
let triage: World
let streams: World
let respond: World
beforeAll(async () => {
  triage = await loadWorld(EVENTS)
  const byStream = await loadWorld({ ...EVENTS, rows: 6000, split: 'by-stream' })
  streams = { ...byStream, spec: { ...byStream.spec, mode: 'stream', episodeSteps: STEPS_MAX } }
  respond = await loadWorld({ dataset: 'quickest', rows: 4000, agents: 1, seed: 5 })
})

/** Rows of the dataset by what agents see of them: the events of these tests are all different. */
function rowOf({ dataset }: World) {
  const D = dataset.denseNames.length
  const [C, W] = [dataset.categoricalColumns.length, D]
  const key = (values: ArrayLike<number>, categories: ArrayLike<number>) =>
    JSON.stringify([Array.from(values), Array.from(categories)])
  const rows = new Map<string, number>()
  for (let row = 0; row < dataset.rowCount; row++) {
    rows.set(key(dataset.dense.subarray(row * D, row * D + W), dataset.categorical.subarray(row * C, row * C + C)), row)
  }
  return (
    { observationSpace: { size } }: Environment,
    { values, categories }: { values: Float32Array; categories: Uint16Array },
    lane: number,
  ) => rows.get(key(values.subarray(lane * size, lane * size + D), categories.subarray(lane * C, lane * C + C)))
}

describe('agents', () => {
  it('see events of the part asked for, and are paid by the table for each', () => {
    const table = actionRewards(DEFAULT_REWARDS)
    for (const part of ['train', 'test'] as const) {
      const env = createEnvironment(triage, { lanes: 50, part })
      const rowsOfPart = new Set(triage.dataset.splits[part].rows)
      const find = rowOf(triage)
      let { observation } = env.reset({ seed: 3 })
      for (let t = 0; t < 10; t++) {
        const rows = Array.from({ length: 50 }, (_, lane) => find(env, observation, lane) ?? -1)
        expect(rows.filter((row) => !rowsOfPart.has(row))).toEqual([])
        const actions = Uint8Array.from({ length: 200 }, (_, i) => (i * 7 + t) % 4)
        const step = env.step(actions)
        const paid = Array.from(actions, (action, i) => table[triage.dataset.labels[rows[i >> 2]]][action])
        for (const [i, reward] of step.rewards.entries()) expect(reward).toBeCloseTo(paid[i], 5)
        observation = step.observation
      }
    }
  })

  it('see a context beside the event where there is one', () => {
    expect(createEnvironment(triage, {}).observationSpace.size).toBe(triage.dataset.denseNames.length)
    expect(createEnvironment(streams, {}).observationSpace.size).toBe(streams.dataset.denseNames.length + 4)
    expect(createEnvironment(respond, {}).observationSpace.size).toBe(respond.dataset.denseNames.length + 6)
  })
})

describe('episodes', () => {
  it('end by themselves at the end of a stream, and are cut with what would have come next, in the same step', () => {
    const env = createEnvironment(streams, { lanes: 40 })
    const find = rowOf(streams)
    const { rows, streamStarts } = streams.dataset.splits.train
    const place = new Map(Array.from(rows, (row, i) => [row, i]))
    const isLast = (row: number) => streamStarts.includes((place.get(row) ?? -2) + 1)
    let { observation } = env.reset({ seed: 1 })
    const age = new Uint8Array(40)
    let [cut, over] = [0, 0]
    for (let t = 0; t < 260; t++) {
      const before = Array.from({ length: 40 }, (_, lane) => find(env, observation, lane)!)
      const step = env.step(new Uint8Array(160))
      for (let lane = 0; lane < 40; lane++) {
        age[lane]++
        const isOver = isLast(before[lane])
        const isCut = !isOver && age[lane] === STEPS_MAX
        expect([step.terminations[lane], step.truncations[lane]]).toEqual([Number(isOver), Number(isCut)])
        const place = step.ended.indexOf(lane)
        expect(place >= 0).toBe(isOver || isCut)
        if (isCut) expect(find(env, step.finalObservation, place)).toBe(rows[rows.indexOf(before[lane]) + 1])
        if (isOver || isCut) age[lane] = 0
        cut += Number(isCut)
        over += Number(isOver)
      }
      observation = step.observation
    }
    expect(Math.min(cut, over)).toBeGreaterThan(0)
    expect(env.state()).toEqual({ seed: 1, steps: 10_400, episodes: cut + over })
  })

  it('of quickest end with the quarantine of their stream', () => {
    const env = createEnvironment(respond, { lanes: 8 })
    env.reset({ seed: 2 })
    const { terminations, teamActions } = env.step(new Uint8Array(8).fill(2))
    expect([Array.from(terminations), Array.from(teamActions)]).toEqual([Array(8).fill(1), Array(8).fill(2)])
  })
})

describe('a seed', () => {
  const play = (env: Environment, first: Float32Array) => {
    const seen = [Array.from(first)]
    for (let t = 0; t < 20; t++) seen.push(Array.from(env.step(new Uint8Array(env.lanes)).observation.values))
    return seen
  }

  it('begins the same episodes, and others follow without one', () => {
    const env = createEnvironment(respond, { lanes: 4 })
    const [first, other, again, third] = [{ seed: 9 }, {}, { seed: 9 }, { seed: 10 }].map((options) =>
      play(env, env.reset(options).observation.values),
    )
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    expect(third).not.toEqual(first)
  })

  it('of the settings is that of the first reset', () => {
    const [one, two] = [createEnvironment(respond, { lanes: 4 }), createEnvironment(respond, { lanes: 4 })]
    expect(play(one, one.reset().observation.values)).toEqual(play(two, two.reset({ seed: 5 }).observation.values))
  })

  it('gives a lane the same episodes whatever runs beside it', () => {
    const [few, many] = [createEnvironment(respond, { lanes: 2 }), createEnvironment(respond, { lanes: 16 })]
    const size = 2 * few.observationSpace.size
    const own = play(few, few.reset({ seed: 4 }).observation.values)
    expect(play(many, many.reset({ seed: 4 }).observation.values).map((seen) => seen.slice(0, size))).toEqual(own)
  })
})

describe('what is refused', () => {
  it.each([
    ['LANES_INVALID', () => createEnvironment(triage, { lanes: 0 })],
    ['LANES_INVALID', () => createEnvironment(triage, { lanes: 1.5 })],
    ['LANES_INVALID', () => createEnvironment(triage, { part: 'all' as 'test' })],
    ['SEED_INVALID', () => createEnvironment(triage, {}).reset({ seed: -1 })],
    ['ACTIONS_INVALID', () => createEnvironment(triage, {}).step([0, 1, 2])],
    ['ACTIONS_INVALID', () => createEnvironment(triage, {}).step([0, 1, 2, 4])],
    ['ACTIONS_INVALID', () => createEnvironment(triage, {}).step([0, 1, 2, 0.5])],
    ['ACTIONS_INVALID', () => createEnvironment(triage, {}).step([0, 1, 2, Number.NaN])],
  ])('%s', (code, work) => expect(work).toThrow(expect.objectContaining({ code })))
})
