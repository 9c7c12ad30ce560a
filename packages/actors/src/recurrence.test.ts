/** What a recurrent team remembers, and when it forgets: rollouts and evaluations against one row at a time. */

import { writeBlock } from '@vigil/blocks'
import type { EpisodeMode } from '@vigil/env-wasm'
import { VigilError } from '@vigil/errors'
import {
  ACTING,
  compilePolicy,
  instantiatePolicy,
  networkPlanBytes,
  parameterLayout,
  recurrentStateSize,
  scratchBytes,
  writeNetworkPlan,
} from '@vigil/policy-wasm'
import { beforeAll, describe, expect, it } from 'vitest'
import { createActorPool } from './actor-pool.ts'
import type { ActorSettings } from './memory-layout.ts'
import type { ActorPool } from './pool.ts'
import { loudPolicy, recurrentRun } from './small-run.fixture.ts'

let policyModule: WebAssembly.Module
beforeAll(async () => {
  policyModule = await compilePolicy()
})

/** The policy module on single rows, with the state [A, H] in the test's own hands. */
function singleRows(run: ActorSettings, parameters: Float32Array) {
  const { network, dataset } = run
  const A = network.agentCount
  const D = dataset.denseNames.length
  const C = dataset.categoricalColumns.length
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 64, shared: true })
  const policy = instantiatePolicy(policyModule, memory)
  let next = 65536
  const place = <V>(
    type: new (buffer: ArrayBufferLike, at: number, length: number) => V,
    length: number,
    bytes = 4,
  ) => {
    const at = next
    next += Math.ceil((length * bytes) / 64) * 64
    return { at, view: new type(memory.buffer, at, length) }
  }
  const plan = place(Uint8Array, networkPlanBytes(network), 1)
  const weights = place(Float32Array, A * parameterLayout(network).parametersPerAgent)
  const x = place(Float32Array, network.denseSize)
  const categories = place(Uint16Array, C, 2)
  const scratch = place(Uint8Array, scratchBytes(network), 1)
  const recurrentState = place(Float32Array, A * recurrentStateSize(network))
  const steps = place(Uint32Array, 2)
  const actions = place(Uint8Array, A, 1)
  const floats = place(Float32Array, A)
  const probabilities = place(Float32Array, 4 * A)
  const values = place(Float32Array, A)
  writeNetworkPlan(network, { buffer: memory.buffer, at: plan.at })
  weights.view.set(parameters)
  const job = place(Uint8Array, ACTING.bytes, 1)
  writeBlock(
    ACTING,
    { buffer: memory.buffer, at: job.at },
    {
      plan: plan.at,
      parameters: weights.at,
      x: x.at,
      categories: categories.at,
      rows: 1,
      scratch: scratch.at,
      recurrentState: recurrentState.at,
      actions: actions.at,
      logProbs: floats.at,
      scores: floats.at,
      probabilities: probabilities.at,
      values: values.at,
      seed: 1,
      laneBase: 0,
      steps: steps.at,
      stepStride: 8,
      hasPilots: 0,
      stopFactor: 1,
    },
  )
  const show = (row: number, context: Float32Array) => {
    x.view.set(dataset.dense.subarray(row * D, (row + 1) * D))
    x.view.set(context, D)
    categories.view.set(dataset.categorical.subarray(row * C, (row + 1) * C))
  }
  return {
    state: recurrentState.view,
    act(row: number, context: Float32Array) {
      show(row, context)
      policy.act(job.at)
      return { probabilities: [...probabilities.view], values: [...values.view] }
    },
    actGreedily(row: number) {
      show(row, new Float32Array(0))
      policy.actGreedily(job.at)
      return { actions: [...actions.view], scores: [...floats.view] }
    },
  }
}

async function withPool(run: ActorSettings, use: (pool: ActorPool) => Promise<void>): Promise<void> {
  const pool = await createActorPool(run, 2)
  try {
    await use(pool)
  } finally {
    await pool.close()
  }
}

describe.each(['iid', 'stream'] as EpisodeMode[])('a recurrent rollout, %s episodes', (mode) => {
  const run = recurrentRun(mode)

  it('acts as the steps of each lane one by one, from its stored state, forgetting where an episode ends', async () => {
    const { parameters, snapshot } = loudPolicy(run, 0)
    await withPool(run, async (pool) => {
      pool.publish(snapshot)
      const trajectories = [...(await pool.collect()), ...(await pool.collect())]
      let ends = 0
      let cuts = 0
      for (const t of trajectories) {
        const stateLength = t.agentCount * t.stateSize
        for (let lane = 0; lane < t.laneCount; lane++) {
          const alone = singleRows(run, parameters)
          alone.state.set(t.recurrentState.subarray(lane * stateLength, (lane + 1) * stateLength))
          for (let step = 0; step < t.stepCount; step++) {
            const event = step * t.laneCount + lane
            const context = t.context.subarray(event * t.contextSize, (event + 1) * t.contextSize)
            const { probabilities, values } = alone.act(t.rows[event], context)
            const own = (array: Float32Array) => [...array.subarray(event * t.agentCount, (event + 1) * t.agentCount)]
            expect(own(t.values)).toEqual(values)
            for (const [agent, logProb] of own(t.logProbs).entries()) {
              const action = t.actions[event * t.agentCount + agent]
              expect(logProb).toBeCloseTo(Math.log(probabilities[4 * agent + action]), 5)
            }
            // Independent rows have no context, so what would have followed the cut is the next row, seen by the old state.
            if (t.truncated[event] && mode === 'iid' && step + 1 < t.stepCount) {
              expect(own(t.nextValues)).toEqual(alone.act(t.rows[event + t.laneCount], context).values)
              cuts++
            }
            if (t.terminated[event] || t.truncated[event]) {
              alone.state.fill(0)
              ends++
            }
          }
        }
      }
      expect(ends).toBeGreaterThan(run.shards * run.lanesPerShard)
      expect(cuts > 0).toBe(mode === 'iid')
    })
  })

  it('goes on from the state that the last rollout left', async () => {
    await withPool(run, async (pool) => {
      pool.publish(loudPolicy(run, 0).snapshot)
      const before = await pool.collect()
      const after = await pool.collect()
      let remembered = 0
      for (const [shard, first] of before.entries()) {
        expect(first.recurrentState.every((value) => value === 0)).toBe(true)
        const { laneCount: E, agentCount: A, stateSize: S, stepCount: T, recurrentState, values } = after[shard]
        for (let lane = 0; lane < E; lane++) {
          const last = (T - 1) * E + lane
          const state = recurrentState.subarray(lane * A * S, (lane + 1) * A * S)
          if (first.terminated[last] || first.truncated[last]) {
            expect(state.every((value) => value === 0)).toBe(true)
          } else {
            remembered++
            expect(state.some((value) => value !== 0)).toBe(true)
            // The same policy values the same observation with the same memory: the bootstrap of before, bit for bit.
            expect(first.nextValues.subarray(last * A, (last + 1) * A)).toEqual(
              values.subarray(lane * A, (lane + 1) * A),
            )
          }
        }
      }
      expect(remembered).toBeGreaterThan(0)
    })
  })
})

describe('a recurrent evaluation', () => {
  it('carries the state along a segment, from zero at its start', async () => {
    const run = recurrentRun('iid')
    const { parameters, snapshot } = loudPolicy(run, 0)
    await withPool(run, async (pool) => {
      pool.publish(snapshot)
      const together = await pool.evaluate('validation')
      const { rows } = run.dataset.splits.validation
      const alone = singleRows(run, parameters)
      const scores: number[] = []
      const actions: number[] = []
      for (const [position, row] of rows.entries()) {
        if (position % 64 === 0) alone.state.fill(0) // segments of 64 rows where rows are independent
        const step = alone.actGreedily(row)
        actions.push(...step.actions)
        scores.push(...step.scores)
      }
      expect([...together.actions]).toEqual(actions)
      expect([...together.scores]).toEqual(scores)
      alone.state.fill(0)
      const forgetful = alone.actGreedily(rows[1])
      expect(forgetful.scores).not.toEqual(scores.slice(4, 8))
    })
  })
})

describe('saved states of a recurrent team', () => {
  const run = recurrentRun('stream')

  it('are refused when they are damaged, and then nothing changes', async () => {
    await withPool(run, async (pool) => {
      pool.publish(loudPolicy(run, 0).snapshot)
      await pool.collect()
      const saved = pool.saveShards()
      const codeOf = (state: Uint8Array) => {
        try {
          pool.restoreShards(state)
        } catch (error) {
          if (error instanceof VigilError) return error.code
          throw error
        }
        return 'accepted'
      }
      const withFloat = (value: number) => {
        const state = saved.slice()
        new DataView(state.buffer).setFloat32(state.byteLength - 4, value, true)
        return state
      }
      expect(codeOf(saved.subarray(0, -4))).toBe('RECURRENT_STATE')
      expect(codeOf(saved.subarray(0, 40))).toBe('LANE_STATE')
      expect(codeOf(new Uint8Array([...saved, 0, 0, 0, 0]))).toBe('RECURRENT_STATE')
      expect(codeOf(withFloat(Number.NaN))).toBe('RECURRENT_STATE')
      expect(codeOf(withFloat(Number.NEGATIVE_INFINITY))).toBe('RECURRENT_STATE')
      expect(pool.saveShards()).toEqual(saved)
      // From any offset in a larger buffer.
      const shifted = new Uint8Array(saved.length + 1)
      shifted.set(saved, 1)
      expect(codeOf(shifted.subarray(1))).toBe('accepted')
      expect(pool.saveShards()).toEqual(saved)
    })
  })
})
