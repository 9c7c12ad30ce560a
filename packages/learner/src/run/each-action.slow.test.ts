import { createTeam, type Team } from '@vigil/actors'
import { type LabConfigInput, resolveLabConfig } from '@vigil/config'
import type { Dataset, Split } from '@vigil/data'
import { createEngine, type Engine } from '@vigil/engine'
import { DEFAULT_RESPONSE } from '@vigil/env-wasm'
import { chooseStopLevel, playSplit } from '@vigil/evaluation'
import { initialState, train } from '@vigil/ppo'
import { expect, it } from 'vitest'
import { engineSettingsOf, evaluationSettingsOf, ppoSettingsOf, teamSettingsOf } from '../settings.ts'

/** Four kinds of streams, in each of which another action is best: how many of a hundred are hostile, and how long they are. */
const KINDS = [
  { threatProbability: 0.01, eventsLeft: 50 },
  { threatProbability: 0.6, eventsLeft: 2 },
  { threatProbability: 0.95, eventsLeft: 50 },
  { threatProbability: 0.4, eventsLeft: 50 },
]
const STREAMS_OF_A_KIND = 200

/** Streams of the four kinds by turns. A stream shows its kind; whether it is hostile, all of it or nothing, it does not. */
function fourKinds(): Dataset {
  const labels: number[] = []
  const dense: number[] = []
  const streamStarts = [0]
  for (let nth = 0; nth < STREAMS_OF_A_KIND; nth++) {
    for (const [kind, { threatProbability, eventsLeft }] of KINDS.entries()) {
      const hostile = Math.floor((nth + 1) * threatProbability + 1e-9) - Math.floor(nth * threatProbability + 1e-9)
      for (let event = 0; event < eventsLeft; event++) {
        labels.push(hostile)
        dense.push(...KINDS.map((_, k) => (k === kind ? 1 : 0)))
      }
      streamStarts.push(labels.length)
    }
  }
  const rows = Uint32Array.from(labels.keys())
  const all: Split = { rows, streamStarts: Uint32Array.from(streamStarts) }
  return {
    name: 'four kinds',
    rowCount: labels.length,
    dense: Float32Array.from(dense),
    categorical: new Uint16Array(0),
    denseNames: KINDS.map((_, k) => `kind ${k}`),
    categoricalColumns: [],
    labels: Uint8Array.from(labels),
    classes: Uint8Array.from(labels),
    classNames: ['benign', 'threat'],
    splits: { train: all, validation: all, test: all },
    posterior: null,
    consequences: null,
    timeline: null,
    eventsPerDay: null,
    fingerprint: new Uint8Array(32).fill(7),
  }
}

/** Expected returns of a stream that is allowed, blocked, quarantined at once, or alerted on once and else allowed. */
function returnsOf({ threatProbability: p, eventsLeft }: (typeof KINDS)[number]): number[] {
  const cost = DEFAULT_RESPONSE
  const benign = (1 - p) * eventsLeft
  const untilVerdict = Math.min(eventsLeft, cost.analystDelay + 1)
  const containment = eventsLeft > untilVerdict ? cost.containment : 0
  return [
    benign * cost.allowedBenign - p * eventsLeft * (cost.damage + cost.dwell),
    -benign * cost.blockedBenign - p * eventsLeft * cost.dwell,
    -cost.containment - (1 - p) * cost.falseContainment - benign * cost.cutOffBenign,
    benign * cost.allowedBenign - p * (untilVerdict * (cost.damage + cost.dwell) + containment) - cost.alertCost,
  ]
}

const SETTINGS: LabConfigInput = {
  ...({ environment: 'respond', belief: 'none', engine: 'portable', seed: 1 } as const),
  ...{ iterations: 40, policyHidden: [16], valueHidden: [16], rowsPerIteration: 16_384, minibatchSize: 2048 },
}

it('a trained team begins each of four kinds of streams with the action that is best in closed form', async () => {
  const best = KINDS.map((kind) => {
    const returns = returnsOf(kind)
    return returns.indexOf(Math.max(...returns))
  })
  expect(best).toEqual([0, 1, 2, 3])

  const config = resolveLabConfig(SETTINGS, 'kinds')
  const settings = ppoSettingsOf(config)
  const team: Team = await createTeam(teamSettingsOf(config), fourKinds())
  const engine: Engine = await createEngine(engineSettingsOf(config), team.network, null)
  try {
    const begun = initialState(settings, team, null)
    engine.loadParameters(begun.parameters)
    let trained = begun.parameters
    for await (const { state } of train({ team, engine, settings }, begun)) trained = state.parameters
    team.publish(trained, 0)
    const judging = { ...evaluationSettingsOf(config), stlMode: config.stlMode }
    const { stopFactor } = await chooseStopLevel(team, judging)
    const { actions } = await playSplit(team, judging, 'test', { stopFactor })
    const { streamStarts } = team.dataset.splits.test
    expect(KINDS.map((_, kind) => actions[streamStarts[kind]])).toEqual(best)
  } finally {
    engine.dispose()
    await team.pool.close()
  }
})
