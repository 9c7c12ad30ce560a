/**
 * Recordings sent to a service over HTTP, a request for each event in the order of time: the decisions of their evaluation. With VIGIL_PARITY=part
 * a fifth of each.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { loadRecording } from '@vigil/data'
import { describe, expect, it } from 'vitest'
import { drawnTeam } from '../described-team.fixture.ts'
import { writtenDecision } from '../written-decision.ts'
import { createByteClient, post } from './byte-client.fixture.ts'
import { serveTeam } from './served-team.fixture.ts'

const repository = new URL('../../../../', import.meta.url).pathname
const data = resolve(repository, process.env.VIGIL_DATA ?? '../shared/data')

const darpa = join(data, 'darpa-tc-trace-e5')
const ait = join(data, 'ait-ads')
for (const folder of [darpa, ait]) if (!existsSync(folder)) console.warn(`Skipped: ${folder} is not there.`)

/** A service of one process that nobody shares: nothing but the requests of this test may decide how it ends. */
const PATIENT = { patienceMs: 600_000, idsRemembered: 1 }

/** Requests on the one connection that wait for their answers, in their order. */
const PIPELINED = 64

const isPart = process.env.VIGIL_PARITY === 'part'
const chunks = isPart ? [`${darpa}/chunk_0000.parquet`, `${darpa}/chunk_0009.parquet`] : [`${darpa}/*.parquet`]
const beds = isPart ? ['wardbeck'] : ['santos', 'wardbeck', 'harrison', 'wheeler']
const testBed = isPart ? 'russellmitchell' : 'fox'

const RECORDINGS = [
  {
    name: 'DARPA TC, TRACE of engagement 5',
    folder: darpa,
    description: `
files: { all: ${JSON.stringify(chunks)} }
label: { column: is_suspicious, threat: [true] }
time: { column: timestamp_ns, unit: ns }
stream: [thread_id]
split: { by: temporal, seed: 42 }
columns: { default: ignore, categorical: [record_type, source], numeric: [file_size] }
history: { events: 3, of: [event_type, protection], gaps: true, counts: true }
`,
  },
  {
    name: 'AIT-ADS, one testbed held out',
    folder: ait,
    description: `
files: { train: ${JSON.stringify(beds.map((bed) => `${ait}/${bed}.csv.gz`))}, test: ["${ait}/${testBed}.csv.gz"] }
where: 'short != "S-Dns-Qry3"'
label:
  expression: 'event_label != null && time_label != "false_positive"'
  unknown: 'time_label != "false_positive"'
class: time_label
time: { column: time, unit: s }
stream: [file, host]
split: { by: files, validation: 0.15, seed: 42 }
columns: { default: ignore, categorical: [short, ip] }
history: { events: 3, of: [short], gaps: true, counts: true }
`,
  },
]

describe.each(RECORDINGS)('$name', ({ folder, description }) => {
  it.skipIf(!existsSync(folder))('is decided on over HTTP as in its evaluation, to the bit', async () => {
    const own = mkdtempSync(join(tmpdir(), 'vigil-parity-'))
    try {
      const path = join(own, 'events.yaml')
      writeFileSync(path, description)
      const request = { dataset: 'events', path, features: 'behaviour', split: 'described' } as const
      const team = await drawnTeam({ ...request, splitSeed: 42, seed: 1, rows: null }, { mode: 'iid', lstmHidden: [] })
      const expected = await team.evaluate()
      await team.close()
      const places = new Map(Array.from(team.dataset.splits.test.rows, (row, place) => [row, place]))
      const { rowCount, order, event, pipeline } = await loadRecording(team.request)
      const served = await serveTeam({ ...team.bundle, pipeline }, PATIENT)
      const client = createByteClient(served.port)
      const { agentCount } = team.bundle.network
      const counts = { events: 0, test: 0, equal: 0 }
      const actions = new Set<number>()
      const check = (row: number, body: string) => {
        counts.events++
        const place = places.get(row)
        if (place === undefined) return
        counts.test++
        const from = place * agentCount
        const { votes } = expected
        const decision = {
          ...{ action: expected.actions[place], decided: expected.decided[place] === 1, margin: marginIn(body) },
          ...{ score: expected.scores[place], why: null, robustness: null, shield: null },
          votes: votes.actions.subarray(from, from + agentCount),
          scores: votes.scores.subarray(from, from + agentCount),
        }
        if (body === writtenDecision(row, decision)) counts.equal++
        actions.add(decision.action)
      }
      for (let at = 0; at < order.length; at += PIPELINED) {
        const rows = Array.from(order.slice(at, at + PIPELINED))
        const answers = await client.sendAll(
          rows.map((row) => post('/v1/decide', JSON.stringify({ ...event(row), id: row }))),
        )
        for (const [i, row] of rows.entries()) check(row, answers[i]!.body)
      }
      client.close()
      await served.close()
      console.log(`${counts.equal} of ${counts.test} decisions on test rows, of ${counts.events} events`)
      expect(counts).toEqual({ events: rowCount, test: places.size, equal: places.size })
      expect(actions.size).toBeGreaterThan(1)
    } finally {
      rmSync(own, { recursive: true })
    }
  })
})

/** An evaluation does not keep how clear votes were. */
const marginIn = (text: string) => (JSON.parse(text) as { margin: number }).margin
