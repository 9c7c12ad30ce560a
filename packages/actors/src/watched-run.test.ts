/** Specifications on their way through the actors: rollouts and greedy walks against the decisions that they report. */

import { compileConstraints, type EpisodeMode, observedRobustness, signalTrace } from '@vigil/env-wasm'
import { Monitor } from '@vigil/stl'
import { decideBatch } from '@vigil/vote'
import { describe, expect, it } from 'vitest'
import { createActorPool } from './actor-pool.ts'
import type { ActorSettings } from './memory-layout.ts'
import type { ActorPool } from './pool.ts'
import { loudPolicy, smallRun, watchedRun } from './small-run.fixture.ts'

async function withPool<T>(run: ActorSettings, use: (pool: ActorPool) => Promise<T>): Promise<T> {
  const pool = await createActorPool(run, 2)
  try {
    pool.publish(loudPolicy(run, 0).snapshot)
    return await use(pool)
  } finally {
    await pool.close()
  }
}

/** Robustness [n, S] of decisions in a row, from the beginning of an episode, as a trajectory gives it. */
function robustnessOf(run: ActorSettings, rows: readonly number[], actions: Uint8Array): number[][] {
  const { agentCount, rule, faults } = run.environment
  const decided = decideBatch({ actions, agentCount, rule, faults, fallbackAction: 3 })
  const labels = rows.map((row) => run.dataset.labels[row])
  const { programs } = compileConstraints(run.environment)
  const columns = programs.map((program) => {
    const trace = signalTrace({ ...decided, agentCount, labels }, program.signals)
    const monitor = new Monitor(program)
    return rows.map((_, t) => Math.fround(monitor.push(program.signals.map((name) => trace[name][t])) ?? 1e6))
  })
  return rows.map((_, t) => columns.map((column) => column[t]))
}

describe.each(['iid', 'stream'] as EpisodeMode[])('a watched rollout, %s episodes', (mode) => {
  const run = watchedRun(mode)

  it('carries the robustness of every step, and the context that of the step before', async () => {
    const [first, second] = await withPool(run, async (pool) => [await pool.collect(), await pool.collect()])
    const S = run.environment.specifications.length
    let steps = 0
    for (const [shard, { laneCount: E, agentCount: A, contextSize: K, stepCount: T }] of first.entries()) {
      const parts = [first[shard], second[shard]]
      for (let lane = 0; lane < E; lane++) {
        let rows: number[] = []
        let actions: number[] = []
        for (let t = 0; t < 2 * T; t++) {
          const part = parts[t < T ? 0 : 1]
          const event = (t % T) * E + lane
          const before = rows.length === 0 ? null : robustnessOf(run, rows, Uint8Array.from(actions)).at(-1)!
          const context = part.context.subarray(event * K, (event + 1) * K)
          const wantedContext = before === null ? new Array(S).fill(1) : before.map(observedRobustness)
          for (const [s, value] of wantedContext.entries()) expect(context[K - S + s]).toBeCloseTo(value, 6)
          rows.push(part.rows[event])
          actions.push(...part.actions.subarray(event * A, (event + 1) * A))
          const wanted = robustnessOf(run, rows, Uint8Array.from(actions)).at(-1)
          expect([...part.robustness.subarray(event * S, (event + 1) * S)]).toEqual(wanted)
          steps++
          if (part.terminated[event] || part.truncated[event]) {
            rows = []
            actions = []
          }
        }
      }
    }
    expect(steps).toBe(2 * run.shards * run.lanesPerShard * run.stepsPerRollout)
  })
})

describe('a watched evaluation', () => {
  it('shows the team what its own decisions made of the specifications', async () => {
    const run = watchedRun('stream')
    const unseen = {
      ...run,
      environment: { ...run.environment, specifications: ['G (cpu >= 0)', 'cpu < 9', 'cpu < 9'] },
    }
    const decisions = await withPool(run, (pool) => pool.evaluate('test'))
    // All that differs is what the context shows: the others are never near 0.
    const others = await withPool(unseen, (pool) => pool.evaluate('test'))
    expect(others.scores).not.toEqual(decisions.scores)
    // Up to the first decision that puts a specification at risk, both see the same.
    const { rows, streamStarts } = run.dataset.splits.test
    const end = streamStarts[1]
    const robustness = robustnessOf(run, [...rows.subarray(0, end)], decisions.actions.subarray(0, 4 * end))
    const seen = robustnessOf(unseen, [...rows.subarray(0, end)], others.actions.subarray(0, 4 * end))
    const same = robustness.findIndex(
      (values, t) => String(values.map(observedRobustness)) !== String(seen[t].map(observedRobustness)),
    )
    expect(same).toBeGreaterThanOrEqual(0)
    expect(decisions.scores.subarray(0, 4 * (same + 1))).toEqual(others.scores.subarray(0, 4 * (same + 1)))
    const next = 4 * (same + 1)
    if (same + 1 < end) expect(decisions.scores[next]).not.toBe(others.scores[next])
  })
})

describe('specifications that fail', () => {
  const withSpecifications = (...specifications: string[]) => {
    const run = smallRun('iid')
    return { ...run, environment: { ...run.environment, specifications } }
  }

  it('are named when they have no value at some step', async () => {
    await withPool(withSpecifications('cpu < 1', 'G (1 / true_positive > 0)'), async (pool) => {
      const failure = pool.collect()
      await expect(failure).rejects.toMatchObject({ code: 'SPECIFICATION_VALUE' })
      await expect(failure).rejects.toThrow(/specifications\[1\] .* 1 \/ true_positive has no value/)
    })
  })

  it('are refused before a thread is started', async () => {
    await expect(createActorPool(withSpecifications('F threat'), 1)).rejects.toMatchObject({ code: 'SPECIFICATION' })
  })
})
