import { recurrentStateSize } from '@vigil/policy-wasm'
import { describe, expect, it } from 'vitest'
import type { Engine, LearningBatch, Selection } from './engine.ts'
import { createNativeEngine, hasNativeEngine } from './native/native-engine.ts'
import { createPortableEngine } from './portable/portable-engine.ts'
import { minibatchOf } from './selection.ts'
import {
  CONSTRAINED_TEAM,
  RECURRENT_TEAM,
  randomDirect,
  randomMinibatch,
  randomParameters,
  SETTINGS,
  SMALL_TEAM,
} from './team.fixture.ts'
import { createTfjsEngine } from './tfjs/tfjs-engine.ts'

type Spec = typeof SMALL_TEAM

/** Two shards of three lanes and four steps; without a memory, 24 events. */
function randomBatch(spec: Spec, seed: number): LearningBatch {
  const eventCount = 24
  const { dense, categorical, ...drawn } = randomMinibatch(spec, { stepCount: 4, laneCount: 6 }, seed)
  const entries = drawn.actions.length
  return {
    eventCount,
    dense,
    categorical,
    actions: drawn.actions,
    oldLogProbs: drawn.oldLogProbs,
    advantages: drawn.advantages,
    valueTargets: drawn.valueTargets,
    weights: drawn.weights,
    costTargets:
      drawn.constraints &&
      Array.from({ length: spec.constraintCount }, (_, s) =>
        drawn.constraints!.costTargets.slice(s * entries, (s + 1) * entries),
      ),
    direct: randomDirect(spec, eventCount, seed + 1),
    recurrence: drawn.recurrence && {
      stepCount: 4,
      lanesPerShard: 3,
      resets: drawn.recurrence.resets,
      recurrentState: drawn.recurrence.recurrentState,
    },
  }
}

const ENGINES: readonly (readonly [string, (spec: Spec) => Engine | Promise<Engine>])[] = [
  ['portable', (spec) => createPortableEngine({ spec, threads: 2 })],
  ['tfjs', (spec) => createTfjsEngine({ spec, backend: 'cpu' })],
  ...(hasNativeEngine() ? [['native', (spec: Spec) => createNativeEngine({ spec, threads: 2 })] as const] : []),
]

const TEAMS = [
  ['feed-forward', SMALL_TEAM],
  ['with specifications', CONSTRAINED_TEAM],
  ['recurrent', RECURRENT_TEAM],
] as const

describe.each(ENGINES)('an update of the engine %s by a selection', (_, create) => {
  it.each(TEAMS)('learns what the same events as a minibatch teach, bit by bit: %s', async (_, spec) => {
    const whole = randomBatch(spec, 1)
    const plain = { ...randomBatch(spec, 5), weights: null, direct: null }
    const engines = [await create(spec), await create(spec)]
    for (const engine of engines) engine.loadParameters(randomParameters(spec, 2))
    const learn = async (batch: LearningBatch, ...lanes: number[]) => {
      const selection: Selection = { batch, lanes: Uint32Array.from(lanes) }
      const stats = await engines[0].update(selection, SETTINGS)
      expect(stats).toEqual(await engines[1].update(minibatchOf(selection), SETTINGS))
    }
    await learn(whole, 5, 0, 3)
    await learn(whole, 4, 1)
    await learn(plain, 1, 4)
    await learn(whole, 2, 2, 2, 4, 1)
    // Segments of another length are worked on where the batch lay.
    const others = randomMinibatch(spec, { stepCount: 8, laneCount: 3 }, 3)
    for (const engine of engines) await engine.update(others, SETTINGS)
    await learn(whole, 0, 5)
    await learn(whole, 3)
    expect(await engines[0].storeParameters()).toEqual(await engines[1].storeParameters())
    for (const engine of engines) engine.dispose()
  })
})

describe('minibatchOf', () => {
  it.each([
    [3, 4, 16],
    [40, 7, 64],
    [49, 4, 512],
  ])(
    'finds the steps and the state of whole lanes: segments of %i, %i agents, states of %i',
    (stepCount, agents, stateSize) => {
      const [laneCount, lanesPerShard] = [12, 4]
      const eventCount = stepCount * laneCount
      const numbered = (count: number) => Float32Array.from({ length: count }, (_, i) => i)
      const decisions = numbered(eventCount * agents)
      const batch: LearningBatch = {
        ...{
          eventCount,
          dense: numbered(eventCount),
          categorical: new Uint16Array(),
          actions: new Uint8Array(decisions.length),
        },
        ...{
          oldLogProbs: decisions,
          advantages: decisions,
          valueTargets: decisions,
          weights: null,
          costTargets: null,
          direct: null,
        },
        recurrence: {
          ...{ stepCount, lanesPerShard, resets: new Uint8Array(eventCount) },
          recurrentState: numbered(laneCount * agents * stateSize),
        },
      }
      const lanes = [9, 0, 6]
      const { size, dense, recurrence } = minibatchOf({ batch, lanes: Uint32Array.from(lanes) })
      expect(size).toBe(3 * stepCount)
      const expected = { dense: [] as number[], states: [] as number[] }
      for (let t = 0; t < stepCount; t++) {
        // Four lanes of a shard lie side by side, the steps of a shard one after another.
        for (const lane of lanes) expected.dense.push(Math.floor(lane / 4) * 4 * stepCount + 4 * t + (lane % 4))
      }
      for (let agent = 0; agent < agents; agent++) {
        for (const lane of lanes) {
          for (let i = 0; i < stateSize; i++) expected.states.push(lane * agents * stateSize + agent * stateSize + i)
        }
      }
      expect([...dense]).toEqual(expected.dense)
      expect([...recurrence!.recurrentState]).toEqual(expected.states)
    },
  )
})

describe('a selection that does not fit', () => {
  const batch = randomBatch(RECURRENT_TEAM, 1)
  const recurrence = batch.recurrence!
  const shorter = (array: Float32Array) => array.subarray(1)
  it.each<[string, Partial<LearningBatch>, readonly number[], RegExp]>([
    ['a lane that the batch does not have', {}, [0, 6], /lanes must be below 6, but one is 6/],
    ['no lanes', {}, [], /at least one lane/],
    ['an action that there is not', { actions: batch.actions.slice().fill(4) }, [0], /actions must be 0 to 3/],
    ['weights of another shape', { weights: shorter(batch.weights!) }, [0], /weights must have the shape \[N, A\]/],
    ['direct gains of another shape', { direct: shorter(batch.direct!) }, [0], /direct must have the shape/],
    ['targets of no specification', { costTargets: [batch.advantages] }, [0], /costTargets must have the shape \[S\]/],
    ['shards that do not fit', { recurrence: { ...recurrence, lanesPerShard: 4 } }, [0], /must divide the 6 lanes/],
    ['steps that do not fit', { recurrence: { ...recurrence, stepCount: 5 } }, [0], /stepCount and laneCount/],
    ['no recurrence', { recurrence: null }, [0], /recurrence must say/],
  ])('is refused: %s', async (_, changes, lanes, message) => {
    const engine = await createPortableEngine({ spec: RECURRENT_TEAM, threads: 1 })
    engine.loadParameters(randomParameters(RECURRENT_TEAM, 1))
    expect(batch.recurrence!.recurrentState.length).toBe(2 * 6 * recurrentStateSize(RECURRENT_TEAM))
    const selection = { batch: { ...batch, ...changes }, lanes: Uint32Array.from(lanes) }
    const error = expect.objectContaining({ code: 'MINIBATCH_SHAPE', message: expect.stringMatching(message) })
    await expect(engine.update(selection, SETTINGS)).rejects.toEqual(error)
    engine.dispose()
  })
})
