import { createTeam, type Team } from '@vigil/actors'
import { type LabConfigInput, resolveLabConfig } from '@vigil/config'
import type { Dataset, Split } from '@vigil/data'
import { ACCEPTED, createEngine, type Engine } from '@vigil/engine'
import { bestAction, meanReward } from '@vigil/env-wasm'
import { decideSplit, trainByCrossEntropy } from '@vigil/evaluation'
import { initialState } from '@vigil/ppo'
import { randomUnit } from '@vigil/random'
import { countConfusion } from '@vigil/runs'
import { describe, expect, it } from 'vitest'
import { engineSettingsOf, evaluationSettingsOf, ppoSettingsOf, teamSettingsOf } from '../settings.ts'
import type { RunState } from './run-state.ts'
import { validatedTraining } from './validated-training.ts'

const STREAM_ROWS = 20
const STREAMS = 150
const THREAT_ABOVE = 0.5

/**
 * Streams in which an event is a threat if the event before it had a large first input; its own inputs say nothing. A
 * quarter of the events are threats, too few for blocking without knowledge to pay.
 */
function memoryTask(): Dataset {
  const rowCount = STREAMS * STREAM_ROWS
  const draw = (row: number, input: number) => 2 * randomUnit({ seed: 5, stream: 99 }, row, input) - 1
  const isThreat = (row: number) => row % STREAM_ROWS > 0 && draw(row - 1, 0) > THREAT_ABOVE
  const split = (first: number, end: number): Split => ({
    rows: Uint32Array.from({ length: (end - first) * STREAM_ROWS }, (_, i) => first * STREAM_ROWS + i),
    streamStarts: Uint32Array.from({ length: end - first + 1 }, (_, i) => i * STREAM_ROWS),
  })
  const labels = Uint8Array.from({ length: rowCount }, (_, row) => (isThreat(row) ? 1 : 0))
  return {
    name: 'memory',
    rowCount,
    dense: Float32Array.from({ length: 2 * rowCount }, (_, i) => draw(Math.floor(i / 2), i % 2)),
    categorical: new Uint16Array(0),
    denseNames: ['shown', 'noise'],
    categoricalColumns: [],
    labels,
    classes: labels,
    classNames: ['benign', 'threat'],
    splits: { train: split(0, 100), validation: split(100, 125), test: split(125, 150) },
    posterior: null,
    consequences: null,
    timeline: null,
    eventsPerDay: null,
    fingerprint: new Uint8Array(32).fill(7),
  }
}

const dataset = memoryTask()
const SETTINGS: LabConfigInput = {
  episodes: 'stream',
  gamma: 0,
  iterations: 30,
  validateEvery: 30,
  policyHidden: [16],
  valueHidden: [16],
  lstmHidden: [16],
  rowsPerIteration: 2048,
  minibatchSize: 256,
  learningRate: 1e-2,
  actors: 1,
  engine: 'portable',
  engineThreads: 1,
}

async function withTeam<T>(input: LabConfigInput, use: (team: Team, engine: Engine) => Promise<T>): Promise<T> {
  const config = resolveLabConfig({ ...SETTINGS, ...input }, 'test')
  const team = await createTeam(teamSettingsOf(config), dataset)
  const engine = await createEngine(engineSettingsOf(config), team.network, null)
  try {
    return await use(team, engine)
  } finally {
    engine.dispose()
    await team.pool.close()
  }
}

/** Reward per validation event of the greedy team after training. */
async function trained(input: LabConfigInput): Promise<number> {
  const config = resolveLabConfig({ ...SETTINGS, ...input }, 'test')
  return await withTeam(input, async (team, engine) => {
    const from = { ...initialState(ppoSettingsOf(config), team, null), best: null }
    engine.loadParameters(from.parameters)
    let { best }: RunState = from
    for await (const { state } of validatedTraining({ config, team, engine }, from)) best = state.best
    return best!.rewardMean
  })
}

/** Reward per validation event of one fixed rule. */
function rewardOf(decide: (row: number) => number): number {
  const { rows } = dataset.splits.validation
  const labels = Uint8Array.from(rows, (row) => dataset.labels[row])
  return meanReward(countConfusion(Uint8Array.from(rows, decide), labels), resolveLabConfig({}, 'test').rewards)
}
/** The best action that does not look: with a quarter of threats an alert on every event. */
const bestConstant = Math.max(...[0, 1, 3].map((action) => rewardOf(() => action)))
const allKnowing = rewardOf((row) => dataset.labels[row])

describe('a task that only memory can solve', () => {
  it('is learnt by a recurrent team', async () => {
    const reward = await trained({ policy: 'lstm' })
    expect(reward).toBeGreaterThan(bestConstant + 0.8 * (allKnowing - bestConstant))
  })

  it('is beyond a feed-forward team', async () => {
    const reward = await trained({ policy: 'mlp', lstmHidden: undefined, iterations: 15, validateEvery: 15 })
    expect(reward).toBeLessThan(bestConstant + 0.1)
  })

  it('is learnt by the recurrent cross-entropy baseline, which walks streams from a state of zero', async () => {
    const input = { policy: 'lstm', iterations: 8 } as const
    const config = resolveLabConfig({ ...SETTINGS, ...input }, 'test')
    const segments: { resets: number; broken: number; labels: number }[] = []
    const reward = await withTeam(input, async (team, engine) => {
      const watched: Engine = {
        ...engine,
        supervisedUpdate(batch, learningRate) {
          segments.push(readSegments(batch, team.network.denseSize))
          return engine.supervisedUpdate(batch, learningRate)
        },
      }
      team.publish(await trainByCrossEntropy({ ...config, ...ppoSettingsOf(config) }, team, watched), 0)
      const best = (_: Uint8Array, scores: Float32Array) =>
        Uint8Array.from(scores, (score) => bestAction(score, config.rewards))
      const { actions, labels } = await decideSplit(team, evaluationSettingsOf(config), 'validation', best)
      return meanReward(countConfusion(actions, labels), config.rewards)
    })
    expect(reward).toBeGreaterThan(bestConstant + 0.8 * (allKnowing - bestConstant))
    expect(segments.length).toBe((8 * 4 * 2048) / 256)
    const total = (part: keyof (typeof segments)[number]) => segments.reduce((sum, own) => sum + own[part], 0)
    expect(total('broken')).toBe(0)
    expect(total('resets')).toBeGreaterThan(segments.length)
    expect(total('labels')).toBeGreaterThan(0)
  })
})

/** Rows of a batch that do not follow the one before them in the dataset, though no reset says so. */
function readSegments(
  { dense, accepted, recurrence }: Parameters<Engine['supervisedUpdate']>[0],
  denseSize: number,
): { resets: number; broken: number; labels: number } {
  const { stepCount, laneCount, resets, recurrentState } = recurrence!
  expect(recurrentState.every((value) => value === 0)).toBe(true)
  let broken = 0
  for (let t = 1; t < stepCount; t++) {
    for (let lane = 0; lane < laneCount; lane++) {
      const b = t * laneCount + lane
      const follows = dense[(b - laneCount) * denseSize] > THREAT_ABOVE && resets[b] === 0
      if ((accepted[b] === ACCEPTED[1]) !== follows) broken++
    }
  }
  const sum = (values: Uint8Array) => values.reduce((total, value) => total + value, 0)
  return { resets: sum(resets), broken, labels: accepted.filter((actions) => actions === ACCEPTED[1]).length }
}
