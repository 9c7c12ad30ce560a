import { beforeAll, describe, expect, it } from 'vitest'
import type { Dataset } from '../dataset.ts'
import { loadDataset } from '../load-dataset.ts'
import { activities } from '../synthetic/host-phases.ts'
import { campaignColumn } from './campaign-columns.ts'
import { campaignModel } from './campaign-model.ts'
import { roleNames } from './campaign-phases.ts'
import { type CampaignEvents, campaignClassNames, generateCampaign } from './generate-campaign.ts'

const ROWS = 60_000
const events = generateCampaign(1, ROWS)
const streams = streamsOf(events)

describe('campaignModel', () => {
  it.each(roleNames)('of a role holds distributions: %s', (role) => {
    const { initial, transition, emissions, symbolCounts } = campaignModel(role)
    const sums = [sumOf(initial)]
    for (let state = 0; state < initial.length; state++) {
      sums.push(sumOf(transition.subarray(state * initial.length, (state + 1) * initial.length)))
      for (const [m, count] of symbolCounts.entries())
        sums.push(sumOf(emissions[m].subarray(state * count, (state + 1) * count)))
    }
    for (const sum of sums) expect(sum).toBeCloseTo(1, 12)
  })
})

describe('generateCampaign', () => {
  it('repeats byte for byte, and differs with the seed', () => {
    expect(generateCampaign(1, ROWS)).toEqual(events)
    expect(generateCampaign(2, ROWS).activity).not.toEqual(events.activity)
  })

  it('attacks about one process in six, and few of their events are threats', () => {
    const attacked = streams.filter((rows) => rows.some((row) => events.classes[row] > 0)).length
    expect(streams.length).toBeGreaterThan(250)
    expect(attacked / streams.length).toBeGreaterThan(0.12)
    expect(attacked / streams.length).toBeLessThan(0.22)
    const threats = events.classes.filter((index) => index > 0).length
    expect(threats / ROWS).toBeGreaterThan(0.01)
    expect(threats / ROWS).toBeLessThan(0.06)
  })

  it('takes the stages in their order: none before the one that it needs', () => {
    const lastStages = new Set<number>()
    for (const rows of streams) {
      let reached = 0
      const stages = rows.map((row) => events.classes[row]).filter((stage) => stage > 0)
      for (const stage of stages) {
        expect([reached, reached + 1]).toContain(stage)
        reached = stage
      }
      lastStages.add(reached)
    }
    expect([...lastStages].sort()).toEqual(campaignClassNames.map((_, index) => index))
  })

  it('has ordinary work between the stages of an attacked process', () => {
    let ordinary = 0
    let all = 0
    for (const rows of streams) {
      const attacks = rows.flatMap((row, i) => (events.classes[row] > 0 ? [i] : []))
      if (attacks.length === 0) continue
      const between = rows.slice(attacks[0], attacks[attacks.length - 1])
      all += between.length
      ordinary += between.filter((row) => events.classes[row] === 0).length
    }
    expect(ordinary / all).toBeGreaterThan(0.6)
    expect(ordinary / all).toBeLessThan(0.9)
  })

  it('gives a process one role and one host, and damage by host and stage', () => {
    // Of benign, then of the stages in their order: stated here a second time.
    const stageDamage = [1, 0.5, 0.75, 1, 1.5, 2, 3]
    const [roles, hosts] = [new Set<number>(), new Set<number>()]
    for (const rows of streams) {
      const [role, criticality] = [events.roles[rows[0]], events.criticality[rows[0]]]
      roles.add(role)
      hosts.add(criticality)
      expect(new Set(rows.map((row) => events.roles[row]))).toEqual(new Set([role]))
      expect(new Set(rows.map((row) => events.criticality[row]))).toEqual(new Set([criticality]))
      const damage = rows.map((row) => criticality * stageDamage[events.classes[row]])
      expect(rows.map((row) => events.damage[row])).toEqual(damage)
    }
    expect([...roles].sort()).toEqual([0, 1, 2])
    expect([...hosts].sort()).toEqual([0.25, 1, 3])
  })

  it('leaves single events ambiguous, even to who knows the model and all that came before', () => {
    let best = 0
    for (let threshold = 0.05; threshold < 1; threshold += 0.05) {
      let [hits, alarms, threats] = [0, 0, 0]
      for (let row = 0; row < ROWS; row++) {
        const isThreat = events.classes[row] > 0
        threats += Number(isThreat)
        if (events.posterior[row] <= threshold) continue
        alarms++
        hits += Number(isThreat)
      }
      best = Math.max(best, (2 * hits) / (alarms + threats))
    }
    expect(best).toBeGreaterThan(0.4)
    expect(best).toBeLessThan(0.7)
  })

  it('has a calibrated posterior, by role', () => {
    for (const role of roleNames.keys()) {
      for (const [from, to] of [
        [0, 0.02],
        [0.02, 0.2],
        [0.2, 0.6],
        [0.6, 1.01],
      ]) {
        let [threats, expected, variance] = [0, 0, 0]
        for (let row = 0; row < ROWS; row++) {
          const p = events.posterior[row]
          if (events.roles[row] !== role || p < from || p >= to) continue
          threats += Number(events.classes[row] > 0)
          expected += p
          variance += p * (1 - p)
        }
        expect(expected).toBeGreaterThan(1)
        // Neighbours in a stream are alike: deviations of independent rows are widened threefold; four of these.
        expect(Math.abs(threats - expected)).toBeLessThan(4 * 3 * Math.sqrt(variance))
      }
    }
  })
})

describe('the inputs of campaign', () => {
  const request = { dataset: 'campaign', path: null, features: 'behaviour', split: 'by-stream' } as const
  let dataset: Dataset
  let sources: string[]

  beforeAll(async () => {
    const loaded = await loadDataset({ ...request, splitSeed: 42, seed: 1, rows: 20_000 })
    dataset = loaded.dataset
    sources = loaded.pipeline.columns.map(({ source }) => source)
  })

  it('show role and criticality, and have their damage beside them', () => {
    expect(dataset.denseNames).toContain('criticality')
    expect(dataset.categoricalColumns).toContainEqual({ name: 'role', vocabularySize: 4 })
    expect(dataset.consequences).toMatchObject({ ratios: null, damage: generateCampaign(1, 20_000).damage })
  })

  it('are the same with features posterior, where the environment knows a ratio for each event', async () => {
    const loaded = await loadDataset({ ...request, features: 'posterior', splitSeed: 42, seed: 1, rows: 20_000 })
    expect(loaded.dataset.dense).toEqual(dataset.dense)
    expect(loaded.dataset.categorical).toEqual(dataset.categorical)
    const { ratios, hazard } = loaded.dataset.consequences!
    expect(hazard).toBe(dataset.consequences!.hazard)
    expect(ratios!.every((ratio) => ratio > 0 && Number.isFinite(ratio))).toBe(true)
    expect(loaded.dataset.fingerprint).not.toEqual(dataset.fingerprint)
  })

  it('do not know what the label, the damage or the future is', () => {
    const own = generateCampaign(3, 4000)
    // What is not to be seen becomes something else on every row, and from row 2000 on everything.
    const changed: CampaignEvents = {
      ...own,
      classes: own.classes.map((index) => (index + 1) % 7),
      posterior: own.posterior.map((p) => 1 - p),
      damage: own.damage.map((damage) => damage + 1),
      activity: own.activity.map((activity, row) => (row < 2000 ? activity : (activity + 7) % 41)),
      size: own.size.map((size, row) => (row < 2000 ? size : size + 100)),
      gapMs: own.gapMs.map((gap, row) => (row < 2000 ? gap : gap + 1)),
    }
    for (const source of sources) {
      const [before, after] = [own, changed].map((from) => valuesOf(campaignColumn(from, source)))
      expect(after.slice(0, 2000)).toEqual(before.slice(0, 2000))
      if (source !== 'role' && source !== 'criticality') expect(after).not.toEqual(before)
    }
  })

  it('do not know how much of a stream is left', () => {
    const own = generateCampaign(3, 4000)
    // One process ends in its middle: nothing else may move.
    const [stream] = streamsOf(own)
    const half = stream.slice(0, stream.length >> 1)
    const rest = new Set(stream.slice(half.length))
    const kept = Array.from(own.streams.keys()).filter((row) => !rest.has(row))
    const cut = rowsOf(own, kept)
    for (const source of sources) {
      const [before, after] = [own, cut].map((from) => valuesOf(campaignColumn(from, source)))
      expect(after).toEqual(kept.map((row) => before[row]))
    }
  })
})

describe('campaignColumn', () => {
  it('computes the averages by their sums', () => {
    const values = valuesOf(campaignColumn(events, 'average_peer'))
    const isPeer = Array.from(events.activity, (code) => activities[code].endsWith(' peer'))
    for (const rows of streams.slice(0, 20)) {
      for (const [i, row] of rows.entries()) {
        let sum = 0
        for (let past = 0; past < i; past++) sum += isPeer[rows[past]] ? 0.03 * 0.97 ** (i - 1 - past) : 0
        expect(values[row]).toBeCloseTo(sum, 12)
      }
    }
  })

  it.each(['', 'average_', 'average_constructor', 'damage', 'classes', 'posterior', '__proto__'])(
    'has no column %j',
    (name) => {
      expect(campaignColumn(events, name)).toBeNull()
    },
  )
})

/** Rows of each process, in time order. */
function streamsOf({ streams: numbers }: CampaignEvents): number[][] {
  const found: number[][] = []
  for (const [row, stream] of numbers.entries()) {
    found[stream] ??= []
    found[stream].push(row)
  }
  return found
}

/** The same events without the rows that are not kept. */
function rowsOf(all: CampaignEvents, kept: readonly number[]): CampaignEvents {
  const place = new Map(kept.map((row, i) => [row, i]))
  const pick = <A extends Uint8Array | Uint32Array | Float32Array | Float64Array>(array: A) =>
    array.filter((_, row) => place.has(row)) as A
  return {
    rowCount: kept.length,
    streams: pick(all.streams),
    processes: pick(all.processes),
    activity: pick(all.activity),
    size: pick(all.size),
    gapMs: pick(all.gapMs),
    classes: pick(all.classes),
    posterior: pick(all.posterior),
    roles: pick(all.roles),
    criticality: pick(all.criticality),
    damage: pick(all.damage),
    previous: Int32Array.from(kept, (row) => (all.previous[row] < 0 ? -1 : place.get(all.previous[row])!)),
  }
}

function valuesOf(column: ReturnType<typeof campaignColumn>): number[] {
  if (column === null) throw new Error('no such column')
  return Array.from(column.kind === 'token' ? column.codes : column.values)
}

function sumOf(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0)
}
