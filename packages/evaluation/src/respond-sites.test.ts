import { createTeam } from '@vigil/actors'
import { loadDataset } from '@vigil/data'
import { CUT_OFF, DEFAULT_RESPONSE, PLAIN_ENVIRONMENT, type ResponseSpec } from '@vigil/env-wasm'
import { fillGaussian, randomStream } from '@vigil/random'
import { type SiteStep, walkSites } from '@vigil/response'
import { expect, it } from 'vitest'
import { playSplit } from './play-split.ts'
import { streamsOf } from './response/streams-of.ts'

const A = 4
const SPEC: ResponseSpec = {
  ...DEFAULT_RESPONSE,
  ...{ layout: 'site', analystDelay: 20, tickets: 2, alertsPerShift: 5, shift: 300 },
}

/** A team of random weights that plays `campaign` as a site, with a belief that tells something. */
async function open({ actors, shards, lanesPerShard }: { actors: number; shards: number; lanesPerShard: number }) {
  const request = { dataset: 'campaign', path: null, features: 'behaviour', split: 'described', splitSeed: 1 } as const
  const loaded = await loadDataset({ ...request, seed: 5, rows: 12_000 })
  const ratios = loaded.dataset.labels.map((label, row) => (label === 1 || row % 7 === 0 ? 1 : 0))
  const consequences = { ...loaded.dataset.consequences!, ratios: Float32Array.from(ratios, (r) => 0.05 + 2 * r) }
  const dataset = { ...loaded.dataset, consequences, timeline: loaded.timeline }
  const environment = { ...PLAIN_ENVIRONMENT, mode: 'stream', seed: 7, response: SPEC, showsBelief: true } as const
  const network = { policyHidden: [8], valueHidden: [8], lstmHidden: [], layerNorm: false, constraintCount: 0 }
  const work = { shards, lanesPerShard, rolloutSteps: 50, actors, sampling: 'natural' } as const
  const team = await createTeam({ environment, network, ...work }, dataset)
  const weights = new Float64Array(team.parameterCount)
  fillGaussian(randomStream(3, 'initialisation'), weights)
  team.publish(Float32Array.from(weights), 0)
  return { team, dataset, settings: { spec: SPEC, seed: environment.seed } }
}

type Seen = { row: number; action: number; reward: number; isOver: boolean; isLast: boolean }

/** [lanes] what each lane did in some rollouts. */
async function lanesOf({ pool }: Awaited<ReturnType<typeof open>>['team'], rounds: number): Promise<Seen[][]> {
  const lanes: Seen[][] = []
  for (let round = 0; round < rounds; round++) {
    for (const { shard, rows, actions, rewards, terminated, truncated, laneCount } of await pool.collect()) {
      for (const [event, row] of rows.entries()) {
        const lane = shard * laneCount + (event % laneCount)
        lanes[lane] ??= []
        const flags = { isOver: terminated[event] === 1, isLast: truncated[event] === 1 }
        lanes[lane].push({ row, action: actions[event * A], reward: rewards[event * A], ...flags })
      }
    }
  }
  return lanes
}

it('a lane plays windows of the recording as the definition says, whatever the threads and the shards', async () => {
  const { team, dataset, settings } = await open({ actors: 1, shards: 2, lanesPerShard: 6 })
  const other = await open({ actors: 2, shards: 4, lanesPerShard: 3 })
  try {
    const lanes = await lanesOf(team, 12)
    expect(await lanesOf(other.team, 12)).toEqual(lanes)
    const { splits, labels, timeline, consequences } = dataset
    const { order } = streamsOf({ ...dataset, splits: { ...splits, test: splits.train } }, 'test')
    const streams = { ...splits.train, labels, ...consequences!, order: order! }
    const tickOf = new Map(Array.from(order!.positions, (position, tick) => [splits.train.rows[position], tick]))
    expect(timeline).not.toBeNull()
    let windows = 0
    for (const lane of lanes) {
      for (let first = 0; first < lane.length; ) {
        const last = lane.findIndex(({ isLast }, i) => i >= first && isLast)
        const played = lane.slice(first, last < 0 ? undefined : last + 1)
        const expected: SiteStep[] = []
        let next = 0
        const policy = () => played[next++]?.action ?? 0
        walkSites(streams, settings, policy, (step) => expected.push(step), tickOf.get(played[0].row))
        for (const [i, { row, reward, isOver }] of played.entries()) {
          expect(row).toBe(expected[i].view.row)
          expect(reward).toBeCloseTo(expected[i].reward, 4)
          expect(isOver).toBe(expected[i].isOver)
        }
        if (last >= 0) expect(expected.length).toBe(played.length)
        windows += last < 0 ? 0 : 1
        first += played.length
      }
    }
    expect(windows).toBeGreaterThan(3)
  } finally {
    await Promise.all([team.pool.close(), other.team.pool.close()])
  }
})

it('the vote is paid what the definition says, and lanes that are saved go on where they were', async () => {
  const { team, dataset, settings } = await open({ actors: 1, shards: 2, lanesPerShard: 6 })
  try {
    const streams = streamsOf(dataset, 'test')
    const decisions = { agents: A, faults: 1, rule: 'quorum', fallbackAction: 3 } as const
    const { actions, ledgers } = await playSplit(team, decisions, 'test')
    const walked = walkSites({ ...streams, order: streams.order! }, settings, ({ position }) => actions[position])
    expect(walked.actions).toEqual(actions)
    for (const [i, entry] of walked.ledgers.entries()) expect(ledgers[i]).toBeCloseTo(entry, 6)
    expect(actions.includes(CUT_OFF)).toBe(true)

    await lanesOf(team, 2)
    const saved = team.pool.saveShards()
    const next = await lanesOf(team, 2)
    team.pool.restoreShards(saved)
    expect(await lanesOf(team, 2)).toEqual(next)
    // A place beyond the table, of which WebAssembly would read elsewhere.
    const damaged = saved.slice()
    damaged.fill(255, 0, 200)
    expect(() => team.pool.restoreShards(damaged)).toThrow(/The saved state of lane 0/)
  } finally {
    await team.pool.close()
  }
})
