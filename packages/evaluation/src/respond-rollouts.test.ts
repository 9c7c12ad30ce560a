import { createTeam, VOTES } from '@vigil/actors'
import { loadDataset } from '@vigil/data'
import { CUT_OFF, DEFAULT_RESPONSE, PLAIN_ENVIRONMENT, type ResponseSpec } from '@vigil/env-wasm'
import { fillGaussian, randomStream } from '@vigil/random'
import { returnOf, walk } from '@vigil/response'
import { describe, expect, it } from 'vitest'
import { playSplit } from './play-split.ts'

const A = 4

async function withTeam<T>(spec: Partial<ResponseSpec>, use: (team: Awaited<ReturnType<typeof open>>) => Promise<T>) {
  const opened = await open({ ...DEFAULT_RESPONSE, ...spec })
  try {
    return await use(opened)
  } finally {
    await opened.team.pool.close()
  }
}

/** A team of random weights that plays `quickest`. */
async function open(spec: ResponseSpec) {
  const request = { dataset: 'quickest', path: null, features: 'posterior', split: 'described', splitSeed: 1 } as const
  const { dataset } = await loadDataset({ ...request, seed: 5, rows: 4000 })
  const environment = { ...PLAIN_ENVIRONMENT, mode: 'stream', seed: 7, response: spec, showsBelief: true } as const
  const network = { policyHidden: [8], valueHidden: [8], lstmHidden: [], layerNorm: false, constraintCount: 0 }
  const work = { shards: 2, lanesPerShard: 6, rolloutSteps: 50, actors: 1, sampling: 'natural' } as const
  const team = await createTeam({ environment, network, ...work }, dataset)
  const weights = new Float64Array(team.parameterCount)
  fillGaussian(randomStream(3, 'initialisation'), weights)
  team.publish(Float32Array.from(weights), 0)
  const streamsOf = (part: 'train' | 'validation' | 'test') => {
    const { rows, streamStarts } = dataset.splits[part]
    return { rows, streamStarts, labels: dataset.labels, ...dataset.consequences! }
  }
  return { team, streamsOf, settings: { spec, seed: environment.seed } }
}

const SPECS: [string, Partial<ResponseSpec>][] = [
  ['the usual costs', {}],
  ['an analyst who errs', { analystAccuracy: 0.7, analystDelay: 2 }],
  ['intruders who try again', { block: 'retry' }],
  ['intruders who give up', { block: 'fail-stop' }],
]

describe.each(SPECS)('with %s', (_, spec) => {
  it('a rollout pays in every lane what the definition says of its pilot', async () => {
    await withTeam(spec, async ({ team, streamsOf, settings }) => {
      const streams = streamsOf('train')
      const firstRows = new Map([...streams.streamStarts.slice(0, -1)].map((start, s) => [streams.rows[start], s]))
      const steps: { row: number; action: number; reward: number; over: boolean }[][] = Array.from(
        { length: 12 },
        () => [],
      )
      for (let round = 0; round < 4; round++) {
        for (const { shard, rows, actions, rewards, terminated, laneCount } of await team.pool.collect()) {
          for (const [event, row] of rows.entries()) {
            const own = [...actions.slice(event * A, event * A + A)]
            expect(own).toEqual(Array(A).fill(own[0]))
            expect(new Set(rewards.slice(event * A, event * A + A)).size).toBe(1)
            const lane = shard * laneCount + (event % laneCount)
            steps[lane].push({ row, action: own[0], reward: rewards[event * A], over: terminated[event] === 1 })
          }
        }
      }
      let whole = 0
      for (const lane of steps) {
        const ends = lane.flatMap(({ over }, i) => (over ? [i + 1] : []))
        for (const [i, end] of ends.entries()) {
          const played = lane.slice(i === 0 ? 0 : ends[i - 1], end)
          let next = 0
          const { steps: expected } = walk(
            streams,
            firstRows.get(played[0].row)!,
            settings,
            () => played[next++].action,
          )
          expect(played.map(({ row }) => row)).toEqual(expected.map(({ view }) => view.row))
          for (const [k, { reward }] of expected.entries()) expect(played[k].reward).toBeCloseTo(reward, 4)
          whole++
        }
      }
      expect(whole).toBeGreaterThan(40)
    })
  })

  it('the vote, and each member alone, is paid what the definition says', async () => {
    await withTeam(spec, async ({ team, streamsOf, settings }) => {
      const streams = streamsOf('test')
      const decisions = { agents: A, faults: 1, rule: 'quorum', fallbackAction: 3 } as const
      for (const votes of [
        undefined,
        new Uint8Array(A).fill(VOTES.as + 2),
        Uint8Array.of(VOTES.opposite, 255, 255, 0),
      ]) {
        const { actions, returns, ledgers } = await playSplit(team, decisions, 'test', votes && { votes })
        for (const [stream, start] of streams.streamStarts.slice(0, -1).entries()) {
          // An event that came again has its last action alone: such streams have no other witness.
          if (settings.spec.block === 'retry' && actions.slice(start, streams.streamStarts[stream + 1]).includes(1))
            continue
          const expected = walk(streams, stream, settings, ({ position }) => actions[position])
          expect(expected.actions).toEqual(actions.slice(start, streams.streamStarts[stream + 1]))
          expect(returns[stream]).toBeCloseTo(returnOf(expected.ledger), 6)
          for (const [entry, sum] of expected.ledger.entries()) expect(ledgers[stream * 8 + entry]).toBeCloseTo(sum, 6)
        }
        expect(actions.includes(CUT_OFF)).toBe(true)
      }
    })
  })
})

it('the stop level is on quarantine and alert: a low one leaves neither, a high one hardly anything else', async () => {
  await withTeam({}, async ({ team }) => {
    const decisions = { agents: A, faults: 1, rule: 'quorum', fallbackAction: 0 } as const
    const votes = new Uint8Array(A).fill(VOTES.as)
    const chosen = async (stopFactor: number) => {
      const { actions } = await playSplit(team, decisions, 'test', { votes, stopFactor })
      return [0, 1, 2, 3].map((action) => actions.filter((own) => own === action).length)
    }
    const [, , quarantined, alerted] = await chosen(1e-30)
    expect([quarantined, alerted]).toEqual([0, 0])
    const [allowed, blocked, ...stopped] = await chosen(1e30)
    expect([allowed, blocked]).toEqual([0, 0])
    expect(Math.max(...stopped)).toBeGreaterThan(0)
  })
})
