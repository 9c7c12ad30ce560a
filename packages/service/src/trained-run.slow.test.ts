/** Recordings from their files to live decisions, with the commands that people use. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type DatasetRequest, loadDataset, loadRecording } from '@vigil/data'
import { readBundle } from '@vigil/runs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecider } from './decider.ts'
import { drawnTeam, evaluated } from './described-team.fixture.ts'
import { replay } from './replay.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const RECORDING = resolve(ROOT, process.env.VIGIL_DATA ?? '../shared/data', 'darpa-tc-trace-e5')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-trained-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Standard output of one of our commands. */
async function command(file: string, ...words: string[]): Promise<string> {
  const options = { cwd: folder, maxBuffer: 2 ** 28 }
  return (await promisify(execFile)(process.execPath, [join(ROOT, 'packages', file), ...words], options)).stdout
}

function describedIn(name: string, description: object): DatasetRequest {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(description))
  return {
    ...{ dataset: 'events', path, features: 'behaviour', split: 'described' },
    ...{ splitSeed: 42, seed: 1, rows: null },
  }
}

type Line = { readonly id: number; readonly action: string; readonly decided: boolean; readonly scores: number[] }

describe('a team that was trained on described events', () => {
  it('decides on the test part of its recording as its evaluation did, bit for bit', async () => {
    await command('data/src/export/export.ts', '--dataset=synthetic', '--raw', '--out=events.parquet')
    const request = describedIn('events.json', {
      files: { all: ['events.parquet'] },
      ...{ label: { column: 'label', threat: [1] }, class: 'class', stream: ['stream'] },
      ...{
        columns: { ignore: ['split'] },
        history: { of: ['activity', 'size'], events: 2 },
        split: { by: 'by-stream' },
      },
    })
    const small = [
      '--iterations=6',
      '--actors=1',
      '--policy=lstm',
      '--episodes=stream',
      '--lstm-hidden=16',
      '--policy-hidden=32',
    ]
    await command('learner/src/cli/train.ts', '--data=events.json', '--out=run', ...small)
    const text = await command('service/src/cli/decide.ts', '--run=run', '--replay=test')
    const lines: Line[] = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

    const evaluation = JSON.parse(readFileSync(join(folder, 'run', 'evaluation.json'), 'utf8'))
    const counts = ['allow', 'block', 'quarantine', 'alert'].map(
      (name) => lines.filter(({ action }) => action === name).length,
    )
    expect(counts).toEqual(Object.values(evaluation.actions))
    expect(lines.filter(({ decided }) => !decided).length).toBe(evaluation.team.undecided)

    const bundle = await readBundle(join(folder, 'run'))
    const { dataset } = await loadDataset({ ...request, pipeline: bundle.pipeline })
    const expected = await evaluated(bundle, dataset)
    const byRow = new Map(lines.map((line) => [line.id - 1, line]))
    const rows = [...dataset.splits.test.rows]
    expect(rows.flatMap((row) => byRow.get(row)?.scores)).toEqual([...expected.votes.scores])
    expect(counts.filter((count) => count > 0).length).toBeGreaterThan(1)
  })
})

describe.runIf(existsSync(RECORDING))('the recording of DARPA, described', () => {
  it('is decided on event by event as in an evaluation, bit for bit', async () => {
    const request = describedIn('darpa.json', {
      files: { all: [RECORDING] },
      label: { column: 'is_suspicious', threat: [true] },
      time: { column: 'timestamp_ns', unit: 'ns' },
      stream: ['thread_id'],
      columns: {
        ignore: ['event_id', 'subject_uuid', 'object_uuid', 'memory_address'],
        leaky: ['protection', 'file_path'],
      },
      history: { of: ['event_type', 'file_size'], events: 4, streams: 1000, forgetAfter: '1h' },
    })
    const team = await drawnTeam(request, { mode: 'iid', lstmHidden: [] })
    try {
      const expected = await team.evaluate()
      const recording = await loadRecording(team.request)
      const decider = await createDecider({ ...team.bundle, pipeline: recording.pipeline })
      const scores = new Float32Array(4 * recording.rowCount)
      const actions = new Uint8Array(recording.rowCount)
      for await (const { row, decision } of replay(decider, recording, 'test')) {
        scores.set(decision.scores, 4 * row)
        actions[row] = decision.action
      }
      const { rows } = team.dataset.splits.test
      expect(rows.length).toBeGreaterThan(70_000)
      expect(Uint8Array.from(rows, (row) => actions[row])).toEqual(expected.actions)
      const found = new Float32Array(4 * rows.length)
      for (const [place, row] of rows.entries()) found.set(scores.subarray(4 * row, 4 * row + 4), 4 * place)
      expect(Buffer.from(found.buffer).equals(Buffer.from(expected.votes.scores.buffer))).toBe(true)
      expect(new Set(expected.actions).size).toBeGreaterThan(1)
    } finally {
      await team.close()
    }
  })
})
