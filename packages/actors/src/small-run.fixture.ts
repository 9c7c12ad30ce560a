/** Test support: a small dataset of random rows, and a run over it. */
import type { Dataset, Split } from '@vigil/data'
import { contextSize, type EnvironmentSpec, type EpisodeMode, PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import { initialiseParameters, type NetworkSpec, parameterLayout } from '@vigil/policy-wasm'
import { encodePolicySnapshot } from '@vigil/proto'
import { randomUnit } from '@vigil/random'
import type { ActorSettings } from './memory-layout.ts'

const ROWS = 600
const VOCABULARIES = [5, 9]
const DENSE = 6

function smallDataset(seed = 1): Dataset {
  const draw = (i: number, lane: number) => randomUnit({ seed, stream: 77 }, i, lane)
  const rows = (from: number, to: number): Split => {
    const starts = [0]
    for (let row = from; row < to; row++) if (draw(row, 3) < 0.05 && row > from) starts.push(row - from)
    return {
      rows: Uint32Array.from({ length: to - from }, (_, i) => from + i),
      streamStarts: Uint32Array.from([...starts, to - from]),
    }
  }
  return {
    name: 'small',
    rowCount: ROWS,
    dense: Float32Array.from({ length: ROWS * DENSE }, (_, i) => 2 * draw(i, 0) - 1),
    categorical: Uint16Array.from({ length: ROWS * VOCABULARIES.length }, (_, i) =>
      Math.floor(draw(i, 1) * VOCABULARIES[i % VOCABULARIES.length]),
    ),
    denseNames: Array.from({ length: DENSE }, (_, i) => `x${i}`),
    categoricalColumns: VOCABULARIES.map((vocabularySize, i) => ({ name: `c${i}`, vocabularySize })),
    labels: Uint8Array.from({ length: ROWS }, (_, i) => (draw(i, 2) < 0.2 ? 1 : 0)),
    classes: new Uint8Array(ROWS),
    classNames: ['benign'],
    splits: { train: rows(0, 400), validation: rows(400, 500), test: rows(500, 600) },
    posterior: null,
    consequences: null,
    timeline: null,
    eventsPerDay: null,
    fingerprint: new Uint8Array(32).fill(seed),
  }
}

export function smallRun(mode: EpisodeMode, change: Partial<ActorSettings> = {}): ActorSettings {
  const environment: EnvironmentSpec = { ...PLAIN_ENVIRONMENT, mode, seed: 11, episodeSteps: 7 }
  const network: NetworkSpec = {
    agentCount: 4,
    denseSize: DENSE + contextSize(environment),
    vocabularySizes: VOCABULARIES,
    policyHidden: [16, 8],
    valueHidden: [8],
    layerNorm: false,
    lstmHidden: [],
    constraintCount: 0,
  }
  return {
    dataset: smallDataset(),
    network,
    environment,
    shards: 3,
    lanesPerShard: 5,
    stepsPerRollout: 12,
    ...change,
  }
}

/** The same with specifications that the context shows and the critics learn, one of them over the last ten decisions. */
export function watchedRun(mode: EpisodeMode, change: Partial<ActorSettings> = {}): ActorSettings {
  const run = smallRun(mode, change)
  const specifications = ['G (detection_rate[10] >= 0.5)', 'G (threat > 0.5 -> F[0,2] action > 0.5)', 'cpu <= memory']
  const environment = { ...run.environment, specifications, observeConstraints: true }
  const denseSize = DENSE + contextSize(environment)
  return { ...run, environment, network: { ...run.network, denseSize, constraintCount: specifications.length } }
}

/** A small run with a team that remembers, in normalised layers of odd widths. */
export function recurrentRun(mode: EpisodeMode, change: Partial<ActorSettings> = {}): ActorSettings {
  const run = smallRun(mode, change)
  return { ...run, network: { ...run.network, policyHidden: [12], layerNorm: true, lstmHidden: [10, 7] } }
}

/** Weights loud enough that the policies prefer some actions, and their snapshot. */
export function loudPolicy(
  run: ActorSettings,
  policyVersion: number,
): { parameters: Float32Array; snapshot: Uint8Array } {
  const parameters = initialiseParameters(run.network, policyVersion + 1).map((w) => (Math.abs(w) < 0.02 ? 60 * w : w))
  const snapshot = encodePolicySnapshot({
    policyVersion,
    datasetFingerprint: run.dataset.fingerprint,
    agentCount: run.network.agentCount,
    parametersPerAgent: parameterLayout(run.network).parametersPerAgent,
    parameters,
  })
  return { parameters, snapshot }
}
