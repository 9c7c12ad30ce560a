/** A team on described events whose weights are drawn: what it decides is arbitrary, and the same wherever it is computed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTeam } from '@vigil/actors'
import { type Dataset, type DatasetRequest, loadDataset } from '@vigil/data'
import { type EnvironmentSpec, PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import { decideSplit, learntBelief, playSplit, streamModelBelief } from '@vigil/evaluation'
import { initialiseParameters } from '@vigil/policy-wasm'
import { type Bundle, referenceOf } from '@vigil/runs'
import type { LiveDecision } from './decider.ts'
import type { ReplayedDecision } from './replay.ts'

/** Events of 20 hosts, some without one, in the order of neither time nor host; times and sizes are missing now and then. */
function eventsCsv(rows = 400): string {
  const lines = ['ts,host,proto,bytes,port,note,attack']
  for (let row = 0; row < rows; row++) {
    const drawn = (salt: number, count: number) =>
      Math.floor(Math.abs(Math.sin(row * 12.9898 + salt) * 43758.5453)) % count
    const time =
      drawn(1, 50) === 0 ? '-' : new Date(1_700_000_000_000 + drawn(2, 90_000) * 1000 + drawn(3, 1000)).toISOString()
    const host = drawn(4, 30) === 0 ? '' : `h${drawn(5, 20)}`
    const proto = ['tcp', 'udp', 'icmp', '"a,b"', 'ünïcode', '-'][drawn(6, 6)]
    const bytes = drawn(7, 12) === 0 ? 'n/a' : (drawn(8, 100_000) / 7).toFixed(3)
    lines.push(
      `${time},${host},${proto},${bytes},${drawn(9, 5) * 1111},${row % 3 === 0 ? 'x' : ''},${drawn(10, 4) === 0 ? 1 : 0}`,
    )
  }
  return `${lines.join('\n')}\n`
}

const DESCRIPTION = `
files: { all: [events.csv] }
label: { column: attack, threat: [1] }
time: { column: ts }
stream: [host]
missing: ["", "-", "n/a"]
columns: { ignore: [note] }
history: { events: 3, of: [proto, bytes] }
`

/** Decisions by row, in the order in which they came. */
export async function byRow(decisions: AsyncIterable<ReplayedDecision>): Promise<Map<number, LiveDecision>> {
  const found = new Map<number, LiveDecision>()
  for await (const { row, decision } of decisions) found.set(row, decision)
  return found
}

/** A folder with events and their description; `remove` it. */
export function eventsFolder() {
  const path = mkdtempSync(join(tmpdir(), 'vigil-service-'))
  writeFileSync(join(path, 'events.csv'), eventsCsv())
  writeFileSync(join(path, 'events.yaml'), DESCRIPTION)
  return { path, description: join(path, 'events.yaml'), remove: () => rmSync(path, { recursive: true }) }
}

/** Those events as a training asks for them. */
export function describedRequest({ description }: { readonly description: string }): DatasetRequest {
  return {
    ...{ dataset: 'events', path: description, features: 'behaviour', split: 'described' },
    ...{ splitSeed: 42, seed: 1, rows: null },
  }
}

/** Which inputs of these events a hidden Markov model reads, or how trees judge them. */
type Believes = 'learnt' | 'filtered' | 'event' | { readonly present: readonly string[] }

async function beliefOf(dataset: Dataset, believes: Believes) {
  if (typeof believes === 'string') return await learntBelief(dataset, believes)
  return await streamModelBelief(dataset, { present: { inputs: believes.present, kind: null, constants: [] }, seed: 1 })
}

/** What an evaluation needs and what a bundle holds of a team. */
export async function drawnTeam(
  request: Omit<DatasetRequest, 'pipeline'>,
  {
    lstmHidden,
    policyHidden = [16],
    believes = 'learnt',
    ...changes
  }: Partial<EnvironmentSpec> & {
    readonly lstmHidden: readonly number[]
    readonly policyHidden?: readonly number[]
    readonly believes?: Believes
  },
) {
  const { dataset: loaded, pipeline } = await loadDataset(request)
  const environment: EnvironmentSpec = { ...PLAIN_ENVIRONMENT, ...changes }
  const learnt = environment.showsBelief ? await beliefOf(loaded, believes) : null
  const consequences =
    environment.response === null
      ? null
      : { ratios: learnt?.ratios ?? null, hazard: learnt?.belief.hazard ?? 0, damage: null }
  const dataset = { ...loaded, consequences }
  const network = { policyHidden, valueHidden: [8], layerNorm: true, lstmHidden, constraintCount: 0 }
  const team = await createTeam(
    { environment, network, sampling: 'natural', shards: 2, lanesPerShard: 8, rolloutSteps: 2, actors: 1 },
    dataset,
  )
  // Ten times as large as at the start of a training: the agents disagree.
  const parameters = initialiseParameters(team.network, 3).map((weight) => 10 * weight)
  team.publish(parameters, 0)
  const { agentCount, faults } = environment
  const fallbackAction = 3
  const settings = { agents: agentCount, rule: 'quorum', faults, fallbackAction } as const
  const bundle: Bundle = {
    ...{ iteration: 1, configFingerprint: 'c0'.repeat(32), datasetFingerprint: 'da'.repeat(32) },
    ...{ pipeline, network: team.network, environment, specifications: [], parameters },
    ...{ stopFactor: 1, belief: learnt?.belief ?? null },
    reference: referenceOf(loaded, loaded.splits.train.rows),
    vote: { rule: 'quorum', faults, fallbackAction, weights: new Uint32Array(agentCount).fill(1) },
  }
  return {
    bundle,
    dataset,
    request: { ...request, pipeline },
    /** By row of the dataset, on the test split, by the worker threads. */
    evaluate: async () => await decideSplit(team, settings, 'test'),
    /** By position in the test split, where actions have consequences. */
    playOut: async () => (await playSplit(team, settings, 'test')).actions,
    close: async () => await team.pool.close(),
  }
}

/** What a bundle's team decides on the test split of a dataset, by the worker threads. */
export async function evaluated(bundle: Bundle, dataset: Dataset) {
  const { environment, network, vote, parameters } = bundle
  const team = await createTeam(
    { environment, network, sampling: 'natural', shards: 1, lanesPerShard: 8, rolloutSteps: 2, actors: 1 },
    dataset,
  )
  try {
    team.publish(parameters, 0)
    return await decideSplit(team, { agents: environment.agentCount, ...vote }, 'test')
  } finally {
    await team.pool.close()
  }
}
