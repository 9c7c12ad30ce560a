/** A team whose weights are drawn, on events with missing and unknown cells: what it decides is arbitrary, and must be the same anywhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DatasetRequest, loadDataset, loadRaw, loadRecording } from '@vigil/data'
import { contextSize, type EnvironmentSpec, PLAIN_ENVIRONMENT } from '@vigil/env-wasm'
import type { RawColumn } from '@vigil/features'
import { initialiseParameters } from '@vigil/policy-wasm'
import type { Bundle } from '@vigil/runs'
import { createDecider, type LiveDecision } from '@vigil/service'
import type { Feed } from './onnx/runtime.fixture.ts'

const ROWS = 600

/** Events of 20 hosts; some cells are missing, and the last third has protocols that no training row has. */
function eventsCsv(): string {
  const lines = ['ts,host,proto,bytes,port,attack']
  for (let row = 0; row < ROWS; row++) {
    const drawn = (salt: number, count: number) =>
      Math.floor(Math.abs(Math.sin(row * 12.9898 + salt) * 43758.5453)) % count
    const proto = row > 400 && drawn(6, 3) === 0 ? `new${row}` : ['tcp', 'udp', 'icmp', 'ünïcode', '-'][drawn(7, 5)]
    const bytes = drawn(8, 12) === 0 ? 'n/a' : (drawn(9, 100_000) / 7).toFixed(3)
    const time = new Date(1_700_000_000_000 + row * 60_000 + drawn(2, 50_000)).toISOString()
    lines.push(`${time},h${drawn(5, 20)},${proto},${bytes},${drawn(10, 5) * 1111},${drawn(11, 4) === 0 ? 1 : 0}`)
  }
  return `${lines.join('\n')}\n`
}

const DESCRIPTION = `
files: { all: [events.csv] }
label: { column: attack, threat: [1] }
time: { column: ts }
stream: [host]
missing: ["", "-", "n/a"]
history: { events: 3, of: [proto, bytes] }
`

/** Those events in a folder, as a training asks for them. */
export function describedEvents() {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-export-'))
  writeFileSync(join(folder, 'events.csv'), eventsCsv())
  writeFileSync(join(folder, 'events.yaml'), DESCRIPTION)
  const request: DatasetRequest = {
    ...{ dataset: 'events', path: join(folder, 'events.yaml'), features: 'behaviour', split: 'temporal' },
    ...{ splitSeed: 42, seed: 1, rows: null },
  }
  return { folder, request, remove: () => rmSync(folder, { recursive: true }) }
}

/** What a run folder remembers of its data. */
export function writeRequest(folder: string, request: DatasetRequest, { pipeline }: Pick<Bundle, 'pipeline'>): void {
  const { path, ...settings } = request
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...settings, data: path }))
  writeFileSync(join(folder, 'pipeline.json'), JSON.stringify(pipeline))
}

/** What differs from a plain team of four. */
export type DrawnSettings = {
  readonly environment?: Partial<EnvironmentSpec>
  readonly network?: Partial<Bundle['network']>
  readonly vote?: Partial<Bundle['vote']>
  readonly stopFactor?: number
  readonly belief?: Bundle['belief']
}

/** The bundle of a team on the events of a request. */
export async function drawnBundle(request: DatasetRequest, drawn: DrawnSettings = {}): Promise<Bundle> {
  const { dataset, pipeline } = await loadDataset(request)
  const { faults = 1, fallbackAction = 3 } = drawn.vote ?? {}
  const environment: EnvironmentSpec = { ...PLAIN_ENVIRONMENT, ...drawn.environment, faults, fallbackAction }
  const network = {
    ...{ agentCount: environment.agentCount, policyHidden: [13, 16], valueHidden: [9], lstmHidden: [] },
    ...{ layerNorm: true, constraintCount: 0, ...drawn.network },
    denseSize: dataset.denseNames.length + contextSize(environment),
    vocabularySizes: dataset.categoricalColumns.map(({ vocabularySize }) => vocabularySize),
  }
  return {
    ...{ iteration: 3, configFingerprint: 'c0'.repeat(32), datasetFingerprint: 'da'.repeat(32) },
    ...{ pipeline, network, environment, specifications: [], belief: drawn.belief ?? null, reference: null },
    // Ten times as large as at the start of a training: the agents disagree.
    parameters: initialiseParameters(network, 3).map((weight) => 10 * weight),
    vote: {
      ...{ rule: 'majority', ...drawn.vote, faults, fallbackAction },
      weights: drawn.vote?.weights ?? new Uint32Array(environment.agentCount).fill(1),
    },
    stopFactor: drawn.stopFactor ?? 1,
  }
}

/** The service's decisions on the test split by row, in the order of time; the other rows are the past. */
export async function serviceDecisions(request: DatasetRequest, bundle: Bundle): Promise<Map<number, LiveDecision>> {
  const recording = await loadRecording({ ...request, pipeline: bundle.pipeline })
  const decider = await createDecider({ ...bundle, pipeline: recording.pipeline })
  const judged = new Set(recording.splits.test.rows)
  const decisions = new Map<number, LiveDecision>()
  for (const row of recording.order) {
    const event = decider.read(recording.event(row))
    if (judged.has(row)) decisions.set(row, decider.decide([event])[0])
    else decider.remember(event)
  }
  return decisions
}

/** The raw columns of a request, as `data:export --raw` writes them, and the stream of each row. */
export async function rawEvents(request: DatasetRequest, { pipeline }: Pick<Bundle, 'pipeline'>) {
  const { columns, streams } = await loadRaw(request)
  const sources = new Set(pipeline.columns.map(({ source }) => source))
  return {
    streams,
    feedsOf: (rows: readonly number[]): Record<string, Feed> =>
      Object.fromEntries(Array.from(sources, (name) => [name, feedOf(columns.get(name) as RawColumn, rows)])),
  }
}

function feedOf(column: RawColumn, rows: readonly number[]): Feed {
  const shape = [rows.length, 1]
  if (column.kind === 'number') return { data: Float64Array.from(rows, (row) => column.values[row]), shape }
  return { data: rows.map((row) => column.dictionary[column.codes[row]] ?? ''), shape }
}
